// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import java.util.ArrayList;
import java.util.List;
import jetbrains.exodus.env.Transaction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many writes in one exclusive transaction, which is not forced to the disk: each is planned, then put in place, or refused
 * alone. For the committer thread.
 */
final class GroupCommit {

    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

    private final Core core;
    private final Clock clock;
    private final Expiry expiry;

    /**
     * What a transaction has come to.
     *
     * @param head where the store is now
     * @param done for the sync thread
     */
    record Result(Head head, SyncThread.Done done) {}

    GroupCommit(Core core, Clock clock, Expiry expiry) {
        this.core = core;
        this.clock = clock;
        this.expiry = expiry;
    }

    /**
     * Writes what is not refused.
     *
     * @param head where the store is
     * @throws RuntimeException when nothing was written
     */
    Result write(List<WriteQueue.Pending> writes, Head head) {
        clock.read();
        Transaction transaction = core.database().environment.beginExclusiveTransaction();
        try {
            return write(writes, head, transaction);
        } finally {
            if (!transaction.isFinished()) {
                transaction.abort();
            }
        }
    }

    private Result write(List<WriteQueue.Pending> writes, Head head, Transaction transaction) {
        List<Answer<?>> early = new ArrayList<>();
        List<Answer<?>> answers = new ArrayList<>(writes.size());
        List<Commit> logged = new ArrayList<>(writes.size());
        Batch batch = new Batch(core, transaction, clock.now(), head.sequence());
        for (WriteQueue.Pending pending : writes) {
            Batch.Outcome outcome = null;
            Failure failure = null;
            try {
                outcome = batch.apply(plan(pending, transaction));
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
        Head next = new Head(batch.sequence(), clock.lastVersion(), head.logBytes() + batch.logBytes());
        boolean some = !batch.done().isEmpty();
        if (some) {
            batch.finish();
            core.database().saveShapes(core.reader().format().shapes(), transaction);
            next.write(core.database(), transaction);
        }
        transaction.commit();
        if (some) {
            core.reader().format().shapes().unsaved().clear();
            remember(batch.done());
        }
        Head now = some ? next : head;
        return new Result(now, new SyncThread.Done(logged, early, answers, now.sequence(), 0, some));
    }

    /** Plans a write; what goes wrong before anything is put in place concerns that write alone. */
    private List<Plan> plan(WriteQueue.Pending pending, Transaction transaction) {
        try {
            return new Planner(core, clock, transaction).plan(pending.write(), pending.prepared());
        } catch (Failure e) {
            throw e;
        } catch (RuntimeException | StackOverflowError e) {
            if (Database.causedByDisk(e) || e instanceof DamagedException) {
                throw core.database().readFaults.failure("what the write changes", e);
            }
            LOG.error("a write could not be prepared", e);
            throw new Failure(Failure.Code.UNAVAILABLE, "the write could not be prepared: " + e);
        }
    }

    /** Tells those who keep rows in memory what has changed. */
    private void remember(List<Plan> plans) {
        for (Plan plan : plans) {
            if (plan.stamp().expiresAt() != 0 && plan.changesRow()) {
                expiry.written(plan.stamp().expiresAt());
            }
        }
        if (core.cache().isEmpty()) {
            return;
        }
        for (Plan plan : plans) {
            int table = plan.target().table().number();
            if (!plan.changesRow() || !core.cache().has(table, plan.target().path())) {
                continue;
            }
            RowFormat.StoredRow stored = plan.row();
            if (stored == null) {
                core.cache().changed(table, plan.target().path(), new RowCache.Sized(null, 0));
                continue;
            }
            byte[] content = plan.payload().content();
            Row row = core.reader().row(plan.target().path(), stored, (number, length) -> content);
            long size = (long) stored.length() + content.length;
            core.cache().changed(table, plan.target().path(), new RowCache.Sized(row, size));
        }
    }
}
