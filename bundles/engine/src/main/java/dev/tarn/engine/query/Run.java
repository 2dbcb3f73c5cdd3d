// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs a plan as rows are asked for: in chunks, each under a short snapshot of its own, so that a slow reader holds neither
 * a snapshot nor rows beyond those that a sort needs. A row that changes meanwhile is seen as it was when its chunk was
 * read. Signals come on workers, one at a time; to a worker that asks for rows they come at once, before it goes on. For one
 * subscriber.
 */
final class Run implements Flow.Publisher<Row> {

    private static final int ROWS = 500;
    private static final long BYTES = 256 * 1024;
    private static final int VISITED = 20_000;
    private static final int ROW = 128;
    /** Rows that are only counted under one snapshot; so many take as long as one that is looked at. */
    private static final int COUNTED = 100_000;

    private static final int COUNTS_AS = 20;

    /** How long a worker stays with one query whose reader wants more; then others have their turn. */
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Store store;
    private final Pool pool;
    private final Plan plan;
    private final Budget budget;
    private final @Nullable Gathering gathering;
    private final Answering answering;
    private final Question.Page page;

    private volatile Answering.@Nullable End end;

    /**
     * A run.
     *
     * @param pool takes every task
     * @param gathering takes all rows before the first one is answered; null to answer as they come
     */
    Run(
            Store store,
            Pool pool,
            Plan plan,
            Budget budget,
            @Nullable Gathering gathering,
            Answering answering,
            Question.Page page) {
        this.store = store;
        this.pool = pool;
        this.plan = plan;
        this.budget = budget;
        this.gathering = gathering;
        this.answering = answering;
        this.page = page;
    }

    /** The last row that the limit allowed, once it has been returned; null before, and when there were fewer. */
    Answering.@Nullable End end() {
        return end;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Row> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        subscriber.onSubscribe(new Reading(subscriber));
    }

    /** The one run. Its fields are touched by whoever holds {@code running}. */
    private final class Reading implements Flow.Subscription {
        private final Flow.Subscriber<? super Row> subscriber;
        private final AtomicLong demand = new AtomicLong();
        private final AtomicBoolean running = new AtomicBoolean();
        private final AtomicBoolean over = new AtomicBoolean();
        private final Joins joins = new Joins(budget::looked);
        private final Source source = plan.source(answering.after(), joins);
        private @Nullable Iterator<Answered> gathered;
        /** The last row that was counted without being looked at. */
        private @Nullable Path counted;

        private long skip = page.offset();
        private long left = page.limit();
        private boolean ended;

        /** The first turn may be that of a worker who asks; later ones wait for theirs. */
        private boolean begun;

        /** Nothing is held any more, and nothing is left to do. */
        private volatile boolean closed;

        Reading(Flow.Subscriber<? super Row> subscriber) {
            this.subscriber = subscriber;
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
            schedule();
        }

        private void schedule() {
            if (!closed && running.compareAndSet(false, true)) {
                if (pool.here() && !begun) {
                    run();
                } else {
                    pool.read(this::run);
                }
            }
        }

        /** Reads and hands over chunks for a short time, then lets others have the worker. */
        private void run() {
            begun = true;
            long began = System.nanoTime();
            try {
                do {
                    if (!over.get()) {
                        work();
                    }
                } while (!over.get() && demand.get() > 0 && System.nanoTime() - began < TURN_NANOS);
            } catch (RuntimeException failure) {
                fail(failure);
            } finally {
                if (over.get() && !closed) {
                    closed = true;
                    budget.release();
                }
                running.set(false);
            }
            if (demand.get() > 0 || over.get()) {
                schedule();
            }
        }

        private void work() {
            long began = System.nanoTime();
            long wanted = Math.min(Math.min(demand.get(), left), ROWS);
            List<Answered> rows = List.of();
            if (left > 0 && gathering != null) {
                if (gathered == null) {
                    gather(gathering);
                }
                rows = gathered == null ? rows : gathered(gathered, wanted);
            } else if (left > 0 && !ended) {
                rows = read(wanted);
            }
            if (rows.isEmpty()) {
                budget.worked(System.nanoTime() - began);
            }
            for (Answered row : rows) {
                if (over.get()) {
                    return;
                }
                left--;
                if (left == 0) {
                    end = new Answering.End(row.place());
                }
                subscriber.onNext(row.row());
            }
            demand.addAndGet(-rows.size());
            if ((ended || left <= 0) && over.compareAndSet(false, true)) {
                subscriber.onComplete();
            }
        }

        private void fail(Throwable failure) {
            if (over.compareAndSet(false, true)) {
                subscriber.onError(failure);
            }
        }

        /** Goes on gathering for one chunk. */
        private void gather(Gathering into) {
            if (into.counts() && plan.takesAll()) {
                count(into);
                return;
            }
            int visited = 0;
            int looked = 0;
            try (Snapshot snapshot = store.snapshot();
                    Joins opened = joins.open(snapshot);
                    Opened rows = new Opened(source, snapshot)) {
                for (Row row = rows.next(); row != null; row = rows.next()) {
                    looked++;
                    Item item = answering.item(row, joins);
                    if (item != null) {
                        budget.holds(into.add(item));
                    }
                    if (++visited >= VISITED || over.get()) {
                        budget.looked(looked);
                        return;
                    }
                }
            }
            budget.looked(looked);
            gathered = into.finish();
        }

        /** Goes on counting for one chunk. */
        private void count(Gathering into) {
            try (Snapshot snapshot = store.snapshot()) {
                Snapshot.Passed passed = snapshot.pass(plan.subject().table(), counted, COUNTED);
                into.count(passed.rows());
                counted = passed.last();
            }
            budget.looked(COUNTED / COUNTS_AS);
            if (counted == null) {
                gathered = into.finish();
            }
        }

        private List<Answered> gathered(Iterator<Answered> all, long wanted) {
            // What was selected may be rows of other tables.
            try (Snapshot snapshot = store.snapshot();
                    Joins opened = joins.open(snapshot)) {
                return some(all, wanted);
            }
        }

        private List<Answered> some(Iterator<Answered> all, long wanted) {
            for (; skip > 0 && all.hasNext(); skip--) {
                all.next();
            }
            List<Answered> rows = new ArrayList<>();
            while (rows.size() < wanted && all.hasNext()) {
                rows.add(all.next());
            }
            ended = !all.hasNext();
            return rows;
        }

        private List<Answered> read(long wanted) {
            List<Answered> rows = new ArrayList<>();
            long bytes = 0;
            int visited = 0;
            try (Snapshot snapshot = store.snapshot();
                    Joins opened = joins.open(snapshot);
                    Opened open = new Opened(source, snapshot)) {
                while (bytes < BYTES && visited < VISITED && rows.size() < wanted && !over.get()) {
                    Row row = open.next();
                    if (row == null) {
                        ended = true;
                        break;
                    }
                    visited++;
                    Item item = answering.item(row, joins);
                    if (item == null) {
                        continue;
                    }
                    if (skip > 0) {
                        skip--;
                        continue;
                    }
                    bytes += row.body().size() + ROW;
                    rows.add(answering.answer(item, left == rows.size() + 1L));
                }
            }
            budget.looked(visited - rows.size());
            return rows;
        }
    }

    /** A source while it is open. */
    private static final class Opened implements AutoCloseable {
        private final Source source;

        Opened(Source source, Snapshot snapshot) {
            this.source = source;
            source.open(snapshot);
        }

        @Nullable
        Row next() {
            return source.next();
        }

        @Override
        public void close() {
            source.close();
        }
    }
}
