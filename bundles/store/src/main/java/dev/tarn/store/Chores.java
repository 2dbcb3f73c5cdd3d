// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.store.Draft;
import java.time.ZoneId;
import java.util.List;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/** What the committer does beside its queue: about once a second it looks for rows whose time is over, for what the log
 * need not keep, and for contents that no row refers to. On the committer thread. */
final class Chores {

    /** Rows that one round removes, so that writers wait for no more than that. */
    static final int ROWS = 500;

    /** Entries of the log that one round removes at most. */
    private static final int MOST = 8_192;

    private final Database database;
    private final Expiry expiry;
    private final Retention retention;
    private volatile long oldest;

    /** @param oldest the first sequence that the log has */
    Chores(Database database, Catalog catalog, Retention retention, long oldest) {
        this.database = database;
        this.expiry = new Expiry(database, catalog, ZoneId.systemDefault());
        this.retention = retention;
        this.oldest = oldest;
    }

    /** The first sequence that the log has, or the next one to be written. On any thread. */
    long oldest() {
        return oldest;
    }

    /**
     * Removes some of the log's beginning if that is due.
     *
     * @param durable the last sequence that is on the disk
     * @param written how many changes were written since the last time, so that the log shrinks faster than it grows
     * @return the head as it is now, or null when there was nothing to do
     */
    @Nullable
    Head trim(Head head, long now, long durable, long written) {
        Transaction transaction = database.environment.beginExclusiveTransaction();
        try {
            int most = (int) Math.min(MOST, Math.max(Retention.STEP, 2 * written));
            Retention.Trimmed trimmed = retention.step(transaction, now, head.logBytes(), durable, most);
            if (trimmed.oldest() == 0) {
                return null;
            }
            Head next = new Head(head.sequence(), head.version(), Math.max(0, head.logBytes() - trimmed.bytes()));
            next.write(database, transaction);
            transaction.commit();
            oldest = trimmed.oldest();
            return next;
        } finally {
            if (!transaction.isFinished()) {
                transaction.abort();
            }
        }
    }

    /** Removes some of the contents that no row refers to; false when there are none to remove. */
    boolean collect(ContentCollector collector) {
        Transaction transaction = database.environment.beginExclusiveTransaction();
        try {
            if (!collector.step(transaction)) {
                return false;
            }
            transaction.commit();
            collector.committed();
            return true;
        } finally {
            if (!transaction.isFinished()) {
                transaction.abort();
            }
        }
    }

    /** When rows are to be removed. */
    Expiry expiry() {
        return expiry;
    }

    /** Drafts that remove rows whose time was over at this moment; fewer than {@link #ROWS} when these are all. */
    List<Draft> due(long now) {
        Transaction transaction = database.environment.beginReadonlyTransaction();
        try {
            return expiry.due(transaction, now, ROWS);
        } finally {
            transaction.abort();
        }
    }
}
