// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What an isolate answers value by value, each made when it is asked for. For one subscriber; safe on any thread. */
final class Items implements Flow.Publisher<Body>, Flow.Subscription {

    private final Isolate isolate;
    private final int number;
    private final AtomicReference<Flow.@Nullable Subscriber<? super Body>> subscriber = new AtomicReference<>();
    private final AtomicLong wanted = new AtomicLong();

    Items(Isolate isolate, int number) {
        this.isolate = isolate;
        this.number = number;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Body> asking) {
        if (!subscriber.compareAndSet(null, asking)) {
            throw new IllegalStateException("a stream is read once");
        }
        asking.onSubscribe(this);
    }

    @Override
    public void request(long more) {
        if (more <= 0) {
            fail(new IllegalArgumentException("asked for " + more));
            return;
        }
        long before = wanted.getAndAccumulate(more, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
        if (before == 0) {
            pull();
        }
    }

    private void pull() {
        if (!isolate.alive()) {
            fail(new Failure(Failure.Code.UNAVAILABLE, "the application was ended"));
            return;
        }
        isolate.hand(() -> isolate.function("pull").execute(number));
    }

    @Override
    public void cancel() {
        if (subscriber.getAndSet(null) != null) {
            isolate.closed(this);
            isolate.hand(() -> isolate.function("cancel").execute(number));
        }
    }

    /** One more value; in the isolate. */
    void next(Body body) {
        Flow.Subscriber<? super Body> asking = subscriber.get();
        if (asking != null) {
            asking.onNext(body);
            if (wanted.decrementAndGet() > 0) {
                pull();
            }
        }
    }

    void complete() {
        Flow.Subscriber<? super Body> asking = subscriber.getAndSet(null);
        if (asking != null) {
            asking.onComplete();
        }
    }

    void fail(Throwable failure) {
        Flow.Subscriber<? super Body> asking = subscriber.getAndSet(null);
        if (asking != null) {
            asking.onError(failure);
        }
    }

    Isolate isolate() {
        return isolate;
    }
}
