// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Query;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a query, read in key order as they are asked for: in chunks, each under a short snapshot of its own, so that a
 * slow reader holds neither a snapshot nor rows. A row that changes while the query runs is seen once, as it was when its
 * chunk was read. Signals come on workers, one at a time.
 */
final class RowPublisher implements Flow.Publisher<Row> {

    private static final int ROWS = 500;
    private static final long BYTES = 256 * 1024;
    private static final int VISITED = 20_000;

    private final Commons commons;
    private final Exports exports;
    private final Exported exported;
    private final Query query;

    /** The query's prefix and after are canonical. */
    RowPublisher(Commons commons, Exports exports, Exported exported, Query query) {
        this.commons = commons;
        this.exports = exports;
        this.exported = exported;
        this.query = query;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Row> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        subscriber.onSubscribe(new Reading(subscriber));
    }

    /** One run of the query. Its fields are touched by whoever holds {@code running}. */
    private final class Reading implements Flow.Subscription {
        private final Flow.Subscriber<? super Row> subscriber;
        private final AtomicLong demand = new AtomicLong();
        private final AtomicBoolean running = new AtomicBoolean();
        private final AtomicBoolean over = new AtomicBoolean();
        private @Nullable Path after;
        private long skip;
        private long left;
        private boolean end;

        Reading(Flow.Subscriber<? super Row> subscriber) {
            this.subscriber = subscriber;
            this.after = query.after();
            this.skip = query.offset();
            this.left = query.limit();
            // Text ids have prefixes, numbers do not.
            this.end = query.limit() <= 0
                    || (exported.table().numericIds() && !query.prefix().isEmpty());
        }

        @Override
        public void request(long rows) {
            if (rows <= 0) {
                fail(new IllegalArgumentException("a request for " + rows + " rows"));
                return;
            }
            demand.accumulateAndGet(rows, (have, more) -> have + more < 0 ? Long.MAX_VALUE : have + more);
            schedule();
        }

        @Override
        public void cancel() {
            over.set(true);
        }

        private void schedule() {
            if (!over.get() && running.compareAndSet(false, true)) {
                commons.workers().read(this::run);
            }
        }

        /** Reads and hands over one chunk, then lets others have the worker. */
        private void run() {
            try {
                long wanted = Math.min(demand.get(), left);
                List<Row> rows = end ? List.of() : read((int) Math.min(wanted, ROWS));
                for (Row row : rows) {
                    if (over.get()) {
                        return;
                    }
                    subscriber.onNext(row);
                }
                left -= rows.size();
                demand.addAndGet(-rows.size());
                if ((end || left <= 0) && over.compareAndSet(false, true)) {
                    subscriber.onComplete();
                }
            } catch (RuntimeException failure) {
                fail(failure);
            } finally {
                running.set(false);
            }
            if (demand.get() > 0) {
                schedule();
            }
        }

        private void fail(Throwable failure) {
            if (over.compareAndSet(false, true)) {
                subscriber.onError(failure);
            }
        }

        private List<Row> read(int limit) {
            List<Row> rows = new ArrayList<>(Math.min(limit, ROWS));
            long bytes = 0;
            int visited = 0;
            try (Snapshot snapshot = commons.store().snapshot();
                    Snapshot.Rows all =
                            snapshot.rows(exported.table(), new Snapshot.Range(query.prefix(), after, false))) {
                while (bytes < BYTES && visited < VISITED) {
                    Row row = all.next();
                    if (row == null) {
                        end = true;
                        return rows;
                    }
                    if (rows.size() >= limit) {
                        return rows;
                    }
                    visited++;
                    after = row.path();
                    if (!exports.reaches(exported.name(), row.path())) {
                        continue;
                    }
                    if (skip > 0) {
                        skip--;
                        continue;
                    }
                    bytes += row.body().size() + Weight.CHANGE;
                    rows.add(commons.payloads().row(row));
                }
            }
            return rows;
        }
    }
}
