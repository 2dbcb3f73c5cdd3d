// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Row;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/** One row that is known already. Signals come on the executor. */
record One(Executor executor, Row row) implements Flow.Publisher<Row> {

    @Override
    public void subscribe(Flow.Subscriber<? super Row> subscriber) {
        AtomicBoolean over = new AtomicBoolean();
        subscriber.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long rows) {
                if (over.compareAndSet(false, true)) {
                    executor.execute(() -> {
                        subscriber.onNext(row);
                        subscriber.onComplete();
                    });
                }
            }

            @Override
            public void cancel() {
                over.set(true);
            }
        });
    }
}
