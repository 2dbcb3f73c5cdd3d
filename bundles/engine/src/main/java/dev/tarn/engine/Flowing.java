// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What logic answers in several values, perhaps over a connection that it took over, and what comes in there. Logic is called
 * on its own threads, one call at a time. Counts as a call of the logic until it ends; a connection ends when the logic is
 * replaced. Safe on any thread.
 */
final class Flowing implements Flow.Publisher<Body>, Flow.Subscription {

    /** Values beyond those that were asked for, after which a publisher is taken to be broken. */
    private static final long EXCESS = 1_000;

    private final Errands.Place place;
    private final Serial serial;
    private final AtomicReference<Flow.@Nullable Publisher<Body>> from = new AtomicReference<>();
    private final AtomicReference<Flow.@Nullable Subscriber<? super Body>> to = new AtomicReference<>();
    private final AtomicBoolean left = new AtomicBoolean();

    /** What was asked for and has not come. */
    private final AtomicLong wanted = new AtomicLong();

    // Within the serial only.
    private Flow.@Nullable Subscription source;
    private long early;
    private boolean over;

    /** For one request. */
    Flowing(Errands.Place place, ApplicationThreads threads) {
        this.place = place;
        this.serial = new Serial(threads, place.mounted(), this::fail);
    }

    /** Whether it ends when the logic is replaced, instead of going on to its own end. */
    boolean taken() {
        return place.action() == Action.CONNECT;
    }

    /** What comes in, as the logic gets it: the last one who subscribes. */
    Flow.@Nullable Publisher<Body> incoming(Flow.@Nullable Publisher<Body> messages) {
        return messages == null ? null : asking -> messages.subscribe(new Incoming(asking));
    }

    /** The answer, with this in the place of what the logic says value by value. */
    Answer answer(Answer answer) {
        if (answer.said() instanceof Answer.Items items && from.compareAndSet(null, items.items())) {
            return new Answer(answer.status(), answer.headers(), new Answer.Items(this));
        }
        return answer;
    }

    /** Lets go of an answer that nobody will hear. */
    static void drop(Answer answer) {
        if (answer.said() instanceof Answer.Items items) {
            items.items().subscribe(new Dropping());
        }
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Body> asking) {
        if (!to.compareAndSet(null, asking)) {
            throw new IllegalStateException("a stream is read once");
        }
        boolean served = place.mounted().opened(this);
        asking.onSubscribe(this);
        if (served) {
            serial.execute(this::begin);
        } else {
            left.set(true);
            replaced();
        }
    }

    private void begin() {
        Flow.Publisher<Body> publisher = from.get();
        if (publisher != null && !over) {
            publisher.subscribe(new Outgoing());
        }
    }

    @Override
    public void request(long count) {
        wanted.accumulateAndGet(count, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
        serial.execute(() -> {
            if (source == null) {
                early += count;
            } else if (!over) {
                source.request(count);
            }
        });
    }

    @Override
    public void cancel() {
        to.set(null);
        serial.execute(this::end);
    }

    /** Within the serial. */
    private void end() {
        over = true;
        try {
            if (source != null) {
                source.cancel();
            }
        } finally {
            leave();
        }
    }

    private void leave() {
        if (left.compareAndSet(false, true)) {
            place.mounted().closed(this);
        }
    }

    /** Another version serves. */
    void replaced() {
        fail(new Failure(Failure.Code.UNAVAILABLE, "the application was replaced; connect again"));
    }

    private void fail(Throwable thrown) {
        Flow.Subscriber<? super Body> asking = to.getAndSet(null);
        if (asking != null) {
            asking.onError(Mishap.of(place, thrown));
            serial.execute(this::end);
        } else if (thrown instanceof Failure) {
            // Nobody listens any more, and perhaps no thread will come to end it.
            leave();
        }
    }

    /** What the logic says. */
    private final class Outgoing implements Flow.Subscriber<Body> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            serial.execute(() -> {
                source = subscription;
                if (over) {
                    subscription.cancel();
                } else if (early > 0) {
                    subscription.request(early);
                }
            });
        }

        @Override
        public void onNext(Body body) {
            Flow.Subscriber<? super Body> asking = to.get();
            if (wanted.decrementAndGet() < -EXCESS) {
                fail(new Failure(Failure.Code.BUSY, "the application sends faster than the client reads"));
            } else if (asking != null) {
                asking.onNext(body);
            }
        }

        @Override
        public void onError(Throwable failure) {
            fail(failure);
        }

        @Override
        public void onComplete() {
            Flow.Subscriber<? super Body> asking = to.getAndSet(null);
            leave();
            if (asking != null) {
                asking.onComplete();
            }
        }
    }

    /** What comes in. */
    private final class Incoming implements Flow.Subscriber<Body> {
        private final Flow.Subscriber<? super Body> logic;

        Incoming(Flow.Subscriber<? super Body> logic) {
            this.logic = logic;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            serial.execute(() -> logic.onSubscribe(subscription));
        }

        @Override
        public void onNext(Body body) {
            serial.execute(() -> logic.onNext(body));
        }

        @Override
        public void onError(Throwable failure) {
            serial.execute(() -> logic.onError(failure));
        }

        @Override
        public void onComplete() {
            serial.execute(logic::onComplete);
        }
    }

    /** Wants nothing. */
    private static final class Dropping implements Flow.Subscriber<Body> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.cancel();
        }

        @Override
        public void onNext(Body body) {
            // It came before the cancelling did.
        }

        @Override
        public void onError(Throwable failure) {
            // Nobody asked.
        }

        @Override
        public void onComplete() {
            // Nobody asked.
        }
    }
}
