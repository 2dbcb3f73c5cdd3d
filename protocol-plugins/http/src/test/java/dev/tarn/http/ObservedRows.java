// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Resources;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The real resources, where it is counted how many rows lists ask for and get, and where a list can be made to fail. */
final class ObservedRows implements UnaryOperator<Resources> {
    private volatile Semaphore given = new Semaphore(0);
    private volatile CountDownLatch canceled = new CountDownLatch(1);
    private volatile int left = Integer.MAX_VALUE;
    private volatile @Nullable Failure failure;
    private final AtomicLong underway = new AtomicLong();
    private final AtomicLong most = new AtomicLong();

    void reset() {
        given = new Semaphore(0);
        canceled = new CountDownLatch(1);
        left = Integer.MAX_VALUE;
        underway.set(0);
        most.set(0);
    }

    /** From now on every list fails after so many rows. */
    void failAfter(int rows, Failure with) {
        failure = with;
        left = rows;
    }

    /** How many rows were given when none more came for a while. */
    int givenUntilQuiet() throws InterruptedException {
        int rows = 0;
        while (given.tryAcquire(rows == 0 ? 10_000 : 300, TimeUnit.MILLISECONDS)) {
            rows++;
        }
        return rows;
    }

    /** The most rows that were asked for and not given at any time. */
    long mostUnderway() {
        return most.get();
    }

    boolean canceled(long time, TimeUnit unit) throws InterruptedException {
        return canceled.await(time, unit);
    }

    @Override
    public Resources apply(Resources real) {
        return (Resources) Proxy.newProxyInstance(
                Resources.class.getClassLoader(), new Class<?>[] {Resources.class}, (proxy, method, arguments) -> {
                    try {
                        Object answer = method.invoke(real, arguments);
                        return method.getName().equals("search") ? observed(answer) : answer;
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    @SuppressWarnings("unchecked") // What search returns.
    private CompletionStage<Found> observed(Object stage) {
        return ((CompletionStage<Found>) stage).thenApply(this::observed);
    }

    private Found observed(Found found) {
        return (Found) Proxy.newProxyInstance(
                Found.class.getClassLoader(), new Class<?>[] {Found.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("rows")) {
                        Flow.Publisher<Row> rows = subscriber -> found.rows().subscribe(new Observer(subscriber));
                        return rows;
                    }
                    return method.invoke(found, arguments);
                });
    }

    private final class Observer implements Flow.Subscriber<Row>, Flow.Subscription {
        private final Flow.Subscriber<? super Row> to;
        private final int most = left;
        private Flow.@Nullable Subscription from;
        private int seen;

        Observer(Flow.Subscriber<? super Row> to) {
            this.to = to;
        }

        @Override
        public void onSubscribe(Flow.Subscription rows) {
            from = rows;
            to.onSubscribe(this);
        }

        @Override
        public void request(long rows) {
            long now = underway.addAndGet(rows);
            ObservedRows.this.most.accumulateAndGet(now, Math::max);
            Objects.requireNonNull(from).request(rows);
        }

        @Override
        public void cancel() {
            Objects.requireNonNull(from).cancel();
            canceled.countDown();
        }

        @Override
        public void onNext(Row row) {
            if (seen == most) {
                seen++;
                Objects.requireNonNull(from).cancel();
                to.onError(Objects.requireNonNull(failure));
            } else if (seen < most) {
                seen++;
                underway.decrementAndGet();
                given.release();
                to.onNext(row);
            }
        }

        @Override
        public void onError(Throwable thrown) {
            to.onError(thrown);
        }

        @Override
        public void onComplete() {
            to.onComplete();
        }
    }
}
