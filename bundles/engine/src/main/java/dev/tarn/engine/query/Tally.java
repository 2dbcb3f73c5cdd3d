// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Row;
import java.util.Collections;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Counts rows, and answers none. */
final class Tally implements Gathering {

    private long rows;

    @Override
    public long add(Item item) {
        rows++;
        return 0;
    }

    @Override
    public boolean counts() {
        return true;
    }

    @Override
    public void count(long more) {
        rows += more;
    }

    @Override
    public Iterator<Answered> finish() {
        return Collections.emptyIterator();
    }

    /** A subscriber that lets the run go to its end, and then tells the count. */
    Flow.Subscriber<Row> subscriber(CompletableFuture<Long> counted) {
        return new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(1);
            }

            @Override
            public void onNext(Row row) {
                throw new IllegalStateException("a count has no rows");
            }

            @Override
            public void onError(Throwable failure) {
                counted.completeExceptionally(failure);
            }

            @Override
            public void onComplete() {
                counted.complete(rows);
            }
        };
    }
}
