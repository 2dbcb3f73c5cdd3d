// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. Drains its queue into one exclusive transaction, commits it without forcing the disk, and hands
 * the batch to the {@link SyncThread}. A write that is refused is refused alone.
 */
final class Committer implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Committer.class);

    private static final long PAUSE_MILLIS = 200;
    private static final long CHORES_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** So many writes are worth a transaction of their own while the disk is still busy with the one before. */
    private static final int ENOUGH = 128;

    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Core core;
    private final SyncThread sync;
    private final Clock clock;
    private final Limits limits;
    private final BlockingQueue<Job> queue;
    private final AtomicLong queuedBytes = new AtomicLong();
    private final Tally batches = Tally.ofDurations();
    private final Tally sizes;
    private final AtomicLong written = new AtomicLong();
    private final Chores chores;
    private final Faults faults;
    private final Handover handover;

    /** The last sequence when the log was trimmed the last time. */
    private long trimmedAt;
    /** Not before this moment, since the last attempt failed. */
    private long buildAt = System.nanoTime();

    private volatile Head head;
    private volatile boolean closing;

    /**
     * @param writes the most that wait
     * @param bytes the most that the bodies of those have together
     * @param batch the most writes in one transaction
     */
    record Limits(int writes, long bytes, int batch) {}

    private sealed interface Job {}

    private record Pending(Write write, CompletableFuture<Commit> stage, long bytes) implements Job {}

    private record Arriving(ChunkUpload.Piece piece, CompletableFuture<Boolean> stage) implements Job {}

    private record Task(Runnable work, CompletableFuture<Boolean> stage) implements Job {}

    Committer(Core core, SyncThread sync, Clock clock, Limits limits, Head head, Chores chores) {
        this.core = core;
        this.sync = sync;
        this.clock = clock;
        this.limits = limits;
        this.queue = new ArrayBlockingQueue<>(limits.writes());
        this.sizes = Tally.ofCounts(limits.batch());
        this.head = head;
        this.trimmedAt = head.sequence();
        this.chores = chores;
        this.faults = new Faults(core.database(), core.fence(), sync);
        this.handover = new Handover(core.database(), sync, faults, core.fence());
    }

    /** Queues a write. Never blocks. On any thread. */
    CompletableFuture<Commit> commit(Write write, long bytes) {
        Failure refused = refused();
        if (refused != null) {
            return CompletableFuture.failedFuture(refused);
        }
        Pending pending = new Pending(write, new CompletableFuture<>(), bytes);
        long waiting = queuedBytes.addAndGet(bytes);
        if ((waiting > limits.bytes() && waiting > bytes) || !queue.offer(pending)) {
            queuedBytes.addAndGet(-bytes);
            return CompletableFuture.failedFuture(
                    new Failure(Failure.Code.BUSY, "too many writes are waiting; try again later"));
        }
        if (closing) {
            // The thread may have looked into the queue for the last time.
            pending.stage().completeExceptionally(stopped());
        }
        return pending.stage();
    }

    /** Runs work that changes the store by itself on this thread, between two batches; completes when that is durable. */
    CompletableFuture<Boolean> run(Runnable work) {
        Task task = new Task(work, new CompletableFuture<>());
        return queued(task, task.stage());
    }

    /** Puts a piece of a content that is being taken in where it belongs; completes when that is durable. */
    CompletableFuture<Boolean> add(ChunkUpload.Piece piece) {
        Arriving arriving = new Arriving(piece, new CompletableFuture<>());
        return queued(arriving, arriving.stage());
    }

    private CompletableFuture<Boolean> queued(Job job, CompletableFuture<Boolean> stage) {
        Failure refused = refused();
        if (refused != null || !queue.offer(job)) {
            return CompletableFuture.failedFuture(
                    refused != null ? refused : new Failure(Failure.Code.BUSY, "too many writes are waiting"));
        }
        if (closing) {
            stage.completeExceptionally(stopped());
        }
        return stage;
    }

    private @Nullable Failure refused() {
        return closing ? stopped() : core.fence().reason();
    }

    private static Failure stopped() {
        return new Failure(Failure.Code.UNAVAILABLE, "the store is stopped");
    }

    /** Makes the thread end when it has written what is queued. */
    void close() {
        closing = true;
    }

    Limits limits() {
        return limits;
    }

    int queued() {
        return queue.size();
    }

    /** What the bodies of the waiting writes have. */
    long queuedBytes() {
        return queuedBytes.get();
    }

    /** Nanoseconds spent per batch. */
    Tally batches() {
        return batches;
    }

    /** Writes per batch. */
    Tally sizes() {
        return sizes;
    }

    /** Writes that were committed. */
    long writes() {
        return written.get();
    }

    @Override
    public void run() {
        List<Job> drained = new ArrayList<>();
        long next = System.nanoTime();
        boolean trimming = false;
        boolean collecting = true;
        while (true) {
            drained.clear();
            Job first = poll(trimming || collecting || builds());
            if (first != null) {
                drained.add(first);
                if (queue.size() < ENOUGH && !closing) {
                    sync.await(PATIENCE_NANOS);
                }
                queue.drainTo(drained, limits.batch() - 1);
                process(drained);
            } else if (closing) {
                break;
            }
            handover.settle();
            if (System.nanoTime() - next >= 0 && !closing) {
                chores();
                trimming = true;
                collecting = true;
                next = System.nanoTime() + CHORES_NANOS;
            }
            trimming = trimming && !closing && trim();
            collecting = collecting && !closing && collect();
            if (!closing && builds()) {
                build();
            }
        }
        handover.end();
    }

    private @Nullable Job poll(boolean busy) {
        try {
            return closing || busy ? queue.poll() : queue.poll(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // Nobody has a reason to; close() ends the thread.
            return queue.poll();
        }
    }

    private void process(List<Job> jobs) {
        List<Pending> writes = new ArrayList<>(jobs.size());
        List<Arriving> pieces = List.of();
        for (Job job : jobs) {
            if (job instanceof Pending pending) {
                writes.add(pending);
                queuedBytes.addAndGet(-pending.bytes());
            } else if (job instanceof Arriving piece) {
                pieces = pieces.isEmpty() ? new ArrayList<>() : pieces;
                pieces.add(piece);
            } else if (job instanceof Task task) {
                write(writes);
                writes = new ArrayList<>();
                run(task.work(), List.of(task.stage()));
            }
        }
        write(writes);
        if (!pieces.isEmpty()) {
            List<Arriving> all = pieces;
            List<CompletableFuture<Boolean>> stages = new ArrayList<>(all.size());
            all.forEach(piece -> stages.add(piece.stage()));
            run(() -> put(all), stages);
        }
    }

    /** All pieces that came together, in one transaction, whoever they belong to. */
    private void put(List<Arriving> pieces) {
        Database database = core.database();
        database.environment.executeInExclusiveTransaction(transaction -> {
            for (Arriving each : pieces) {
                each.piece().put(database, core.collector(), transaction);
            }
        });
    }

    private void run(Runnable work, List<CompletableFuture<Boolean>> stages) {
        Failure waiting = handover.settle();
        Failure refused = waiting != null ? waiting : faults.now();
        // A task that finds nothing to write needs no disk, and one that does is refused there.
        boolean tried = waiting == null && core.fence().reason() == null;
        Throwable failure = tried ? null : refused;
        long end = core.database().end();
        if (tried) {
            try {
                work.run();
            } catch (Failure e) {
                failure = e;
            } catch (RuntimeException | Error e) {
                failure = faults.failure(e);
            }
        }
        List<Answer<?>> answers = new ArrayList<>(stages.size());
        for (CompletableFuture<Boolean> stage : stages) {
            Answer<Boolean> answer = new Answer<>(stage, Boolean.TRUE, failure);
            if (failure == null) {
                answers.add(answer);
            } else {
                handover.refuse(answer);
            }
        }
        if (tried) {
            boolean some = core.database().end() != end;
            handover.pass(new SyncThread.Done(List.of(), List.of(), answers, head.sequence(), 0, some));
        }
    }

    private void write(List<Pending> writes) {
        if (writes.isEmpty()) {
            return;
        }
        long began = System.nanoTime();
        try {
            Failure waiting = handover.settle();
            Failure refused = waiting != null ? waiting : faults.now();
            if (refused != null) {
                throw refused;
            }
            transaction(writes);
        } catch (RuntimeException | Error e) {
            Failure failure = e instanceof Failure known ? known : faults.failure(e);
            // A bug that one write meets is no reason to refuse the others.
            boolean again = writes.size() > 1 && faults.now() == null;
            for (Pending pending : writes) {
                if (again) {
                    write(List.of(pending));
                } else {
                    handover.refuse(new Answer<>(pending.stage(), null, failure));
                }
            }
        }
        batches.add(System.nanoTime() - began);
        sizes.add(writes.size());
    }

    private void transaction(List<Pending> writes) {
        clock.read();
        Database database = core.database();
        Transaction transaction = database.environment.beginExclusiveTransaction();
        List<Answer<?>> early = new ArrayList<>();
        List<Answer<?>> answers = new ArrayList<>(writes.size());
        List<Commit> logged = new ArrayList<>(writes.size());
        Batch batch = new Batch(core, transaction, clock.now(), head.sequence());
        Head next;
        try {
            for (Pending pending : writes) {
                Batch.Outcome outcome = null;
                Failure failure = null;
                try {
                    outcome = batch.apply(plan(pending.write(), transaction));
                } catch (Failure e) {
                    failure = e;
                }
                Commit commit = outcome == null ? null : outcome.commit();
                List<Answer<?>> list = failure == null && Planner.early(pending.write()) ? early : answers;
                list.add(new Answer<>(pending.stage(), commit, failure));
                if (outcome != null && !outcome.logged().changes().isEmpty()) {
                    logged.add(outcome.logged());
                }
            }
            next = new Head(batch.sequence(), clock.lastVersion(), head.logBytes() + batch.logBytes());
            if (!batch.done().isEmpty()) {
                batch.finish();
                database.saveShapes(core.reader().format().shapes(), transaction);
                next.write(database, transaction);
            }
            transaction.commit();
        } finally {
            if (!transaction.isFinished()) {
                transaction.abort();
            }
        }
        if (!batch.done().isEmpty()) {
            core.reader().format().shapes().unsaved().clear();
            head = next;
            remember(batch.done());
        }
        written.lazySet(written.get() + writes.size());
        handover.pass(new SyncThread.Done(
                logged, early, answers, head.sequence(), 0, !batch.done().isEmpty()));
    }

    /** Plans a write; what goes wrong before anything is put in place concerns that write alone. */
    private List<Plan> plan(Write write, Transaction transaction) {
        try {
            return new Planner(core, clock, transaction).plan(write);
        } catch (Failure e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            LOG.error("a write could not be prepared", e);
            throw new Failure(Failure.Code.UNAVAILABLE, "the write could not be prepared: " + e);
        }
    }

    private void remember(List<Plan> plans) {
        for (Plan plan : plans) {
            int table = plan.target().table().number();
            if (!plan.changesRow() || !core.cache().has(table, plan.target().path())) {
                continue;
            }
            byte[] bytes = plan.row();
            if (bytes == null) {
                core.cache().changed(table, plan.target().path(), new RowCache.Sized(null, 0));
                continue;
            }
            RowFormat.StoredRow stored = RowFormat.read(plan.target().key(), bytes, bytes.length);
            byte[] content = plan.payload().content();
            Row row = core.reader().row(plan.target().path(), stored, (number, length) -> content);
            long size = (long) bytes.length + content.length;
            core.cache().changed(table, plan.target().path(), new RowCache.Sized(row, size));
        }
    }

    /** One step of trimming the log; false when nothing is left to do. */
    private boolean trim() {
        if (faults.now() != null) {
            return false;
        }
        try {
            clock.read();
            Head trimmed = chores.trim(head, clock.now(), sync.sequence(), head.sequence() - trimmedAt);
            trimmedAt = head.sequence();
            if (trimmed == null) {
                return false;
            }
            head = trimmed;
            handover.pass(new SyncThread.Done(List.of(), List.of(), List.of(), head.sequence(), 0, true));
            return true;
        } catch (RuntimeException | Error e) {
            LOG.error("the log could not be trimmed: {}", faults.failure(e).reason());
            return false;
        }
    }

    /** One step of removing contents that no row refers to; false when nothing is left to do. */
    private boolean collect() {
        if (faults.now() != null) {
            return false;
        }
        try {
            if (!chores.collect(core.collector())) {
                return false;
            }
            handover.pass(new SyncThread.Done(List.of(), List.of(), List.of(), head.sequence(), 0, true));
            return true;
        } catch (RuntimeException | Error e) {
            LOG.error(
                    "contents that nobody needs could not be removed: {}",
                    faults.failure(e).reason());
            return false;
        }
    }

    private boolean builds() {
        return core.catalog().builds() && faults.now() == null && System.nanoTime() - buildAt >= 0;
    }

    /** One step of building indexes. */
    private void build() {
        try {
            core.catalog().build();
            handover.pass(new SyncThread.Done(List.of(), List.of(), List.of(), head.sequence(), 0, true));
        } catch (RuntimeException | Error e) {
            buildAt = System.nanoTime() + CHORES_NANOS;
            LOG.error(
                    "an index could not be built further: {}", faults.failure(e).reason());
        }
    }

    /** The first sequence that the log has, or the next one to be written. */
    long oldest() {
        return chores.oldest();
    }

    /** How much the log takes, about. */
    long logBytes() {
        return head.logBytes();
    }

    private void chores() {
        if (faults.now() != null) {
            return;
        }
        try {
            clock.read();
            List<Pending> writes = new ArrayList<>();
            for (Draft draft : chores.due(clock.now())) {
                writes.add(new Pending(Write.of(draft), new CompletableFuture<>(), 0));
            }
            write(writes);
            if (core.database().filesWait()) {
                handover.pass(new SyncThread.Done(List.of(), List.of(), List.of(), head.sequence(), 0, true));
            }
        } catch (RuntimeException | Error e) {
            LOG.error("rows whose time is over could not be found", e);
        }
    }
}
