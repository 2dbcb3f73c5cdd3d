// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** Reads the rows that a search finds. */
final class Rows {
    private Rows() {}

    /** All of them; throws what the search fails with. */
    static List<Row> of(Found found) {
        return of(found.rows());
    }

    /** All of them; throws what the publisher fails with. */
    static List<Row> of(Flow.Publisher<Row> found) {
        CompletableFuture<List<Row>> all = new CompletableFuture<>();
        found.subscribe(new Flow.Subscriber<>() {
            private final List<Row> rows = new ArrayList<>();

            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(Row row) {
                rows.add(row);
            }

            @Override
            public void onError(Throwable failure) {
                all.completeExceptionally(failure);
            }

            @Override
            public void onComplete() {
                all.complete(rows);
            }
        });
        return TestDoor.done(all);
    }
}
