// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. Drains its queue into one exclusive transaction, commits it without forcing the disk, and hands
 * the batch to the {@link SyncThread}. A write that is refused is refused alone.
 */
final class Committer implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Committer.class);

    private static final long CHORES_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Core core;
    private final SyncThread sync;
    private final Clock clock;
    private final WriteQueue queue;
    private final Tally batches = Tally.ofDurations();
    private final Tally sizes;
    private final AtomicLong written = new AtomicLong();
    private final Chores chores;
    private final GroupCommit group;
    private final Faults faults;
    private final Handover handover;
    private final Gathering gathering;

    /** The last sequence when the log was trimmed the last time. */
    private long trimmedAt;

    /** Not before this moment, since the last attempt failed. */
    private long buildAt = System.nanoTime();

    private volatile Head head;

    Committer(Core core, SyncThread sync, Clock clock, WriteQueue queue, Head head, Chores chores, GroupCommit group) {
        this.core = core;
        this.sync = sync;
        this.clock = clock;
        this.queue = queue;
        this.sizes = Tally.ofCounts(queue.limits().batch());
        this.head = head;
        this.trimmedAt = head.sequence();
        this.chores = chores;
        this.group = group;
        this.faults = new Faults(core.database(), core.fence(), sync);
        this.handover = new Handover(core.database(), sync, faults, core.fence());
        this.gathering = new Gathering(sync, queue);
    }

    /** What waits to be written. */
    WriteQueue queue() {
        return queue;
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
        List<WriteQueue.Job> drained = new ArrayList<>();
        long next = System.nanoTime();
        boolean trimming = false;
        boolean collecting = true;
        boolean expiring = false;
        while (true) {
            drained.clear();
            WriteQueue.Job first = queue.poll(trimming || collecting || expiring || builds());
            if (first != null) {
                drained.add(first);
                gathering.await();
                queue.drainTo(drained, gathering.most());
                process(drained);
            } else if (queue.closing()) {
                break;
            }
            handover.settle();
            boolean time = System.nanoTime() - next >= 0;
            if ((time || expiring) && !queue.closing()) {
                expiring = chores();
            }
            if (time && !queue.closing()) {
                trimming = true;
                collecting = true;
                next = System.nanoTime() + CHORES_NANOS;
            }
            trimming = trimming && !queue.closing() && trim();
            collecting = collecting && !queue.closing() && collect();
            if (!queue.closing() && builds()) {
                build();
            }
        }
        handover.end();
    }

    private void process(List<WriteQueue.Job> jobs) {
        List<WriteQueue.Pending> writes = new ArrayList<>(jobs.size());
        List<WriteQueue.Arriving> pieces = List.of();
        for (WriteQueue.Job job : jobs) {
            if (job instanceof WriteQueue.Pending pending) {
                writes.add(pending);
            } else if (job instanceof WriteQueue.Arriving piece) {
                pieces = pieces.isEmpty() ? new ArrayList<>() : pieces;
                pieces.add(piece);
            } else if (job instanceof WriteQueue.Task task) {
                write(writes);
                writes = new ArrayList<>();
                run(task.work(), List.of(task.stage()));
                chores.expiry().declared();
            }
        }
        write(writes);
        if (!pieces.isEmpty()) {
            List<WriteQueue.Arriving> all = pieces;
            List<CompletableFuture<Boolean>> stages = new ArrayList<>(all.size());
            all.forEach(piece -> stages.add(piece.stage()));
            run(() -> put(all), stages);
        }
    }

    /** All pieces that came together, in one transaction, whoever they belong to. */
    private void put(List<WriteQueue.Arriving> pieces) {
        Database database = core.database();
        database.environment.executeInExclusiveTransaction(transaction -> {
            for (WriteQueue.Arriving each : pieces) {
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

    private void write(List<WriteQueue.Pending> writes) {
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
            GroupCommit.Result result = group.write(writes, head);
            head = result.head();
            written.lazySet(written.get() + writes.size());
            handover.pass(result.done());
        } catch (RuntimeException | Error e) {
            Failure failure = e instanceof Failure known ? known : faults.failure(e);
            // A bug that one write meets is no reason to refuse the others.
            boolean again = writes.size() > 1 && faults.now() == null;
            for (WriteQueue.Pending pending : writes) {
                if (again) {
                    write(List.of(pending));
                } else {
                    handover.refuse(new Answer<>(pending.stage(), null, failure));
                }
            }
        }
        long took = System.nanoTime() - began;
        batches.add(took);
        sizes.add(writes.size());
        gathering.committed(writes.size(), began, took);
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

    /** Why the disk does not take what is written, though it may again by itself; null while it does. On any thread. */
    @Nullable
    Failure refusing() {
        return faults.latest();
    }

    /** Writes where the store is once more, so that it is noticed without a write when the disk takes it again. */
    private void probe() {
        Head now = head;
        core.database()
                .environment
                .executeInExclusiveTransaction(transaction -> now.write(core.database(), transaction));
        handover.pass(new SyncThread.Done(List.of(), List.of(), List.of(), head.sequence(), 0, true));
    }

    /** Removes rows whose time is over; whether there are more of them. */
    private boolean chores() {
        if (faults.now() != null) {
            return false;
        }
        try {
            if (faults.latest() != null) {
                probe();
            }
            clock.read();
            List<WriteQueue.Pending> writes = new ArrayList<>();
            for (Draft draft : chores.due(clock.now())) {
                writes.add(new WriteQueue.Pending(Write.of(draft), List.of(), new CompletableFuture<>(), 0));
            }
            long before = head.version();
            write(writes);
            if (core.database().filesWait()) {
                handover.pass(new SyncThread.Done(List.of(), List.of(), List.of(), head.sequence(), 0, true));
            }
            return writes.size() == Chores.ROWS && head.version() != before;
        } catch (RuntimeException | Error e) {
            LOG.error("what is done once a second failed: {}", faults.failure(e).reason());
            return false;
        }
    }
}
