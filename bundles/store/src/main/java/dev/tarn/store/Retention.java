// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides how far back the log reaches and trims it from its beginning, whole commits, a few hundred entries a step, so that
 * writers do not notice. What is older than the age or beyond the size goes, unless a keeper still wants it or it is younger
 * than the history of its table; beyond the larger size everything goes. In the first minute everything is kept like that,
 * since keepers are known only when those who need them have started. On the committer thread, but for keepers.
 */
final class Retention {

    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

    /** Entries that one step removes, or a few more to complete a commit; more when writers are quicker than that. */
    static final int STEP = 512;

    /** A step ends after so long even when it has removed less, as when it has to read from the disk. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long GRACE_MILLIS = 60_000;

    private final Database database;
    private final Catalog catalog;
    private final Limits limits;
    private final List<LongSupplier> keepers = new CopyOnWriteArrayList<>();
    private long opened;
    private boolean overruled;

    /**
     * How much of the log stays.
     *
     * @param age what is younger stays
     * @param bytes of the entries, that may stay
     * @param keptBytes that may stay for keepers and histories
     */
    record Limits(Duration age, long bytes, long keptBytes) {}

    /**
     * What a step has done.
     *
     * @param bytes that were freed
     * @param oldest the first sequence that is there now; 0 when nothing was removed
     */
    record Trimmed(long bytes, long oldest) {
        static final Trimmed NOTHING = new Trimmed(0, 0);
    }

    /** @param opened when the store was opened, in milliseconds since 1970 */
    Retention(Database database, Catalog catalog, Limits limits, long opened) {
        this.database = database;
        this.catalog = catalog;
        this.limits = limits;
        this.opened = opened;
    }

    /** Keeps what comes after the sequence that is given. Close what is returned to let go. On any thread. */
    AutoCloseable keep(LongSupplier after) {
        keepers.add(after);
        return () -> keepers.remove(after);
    }

    /** The first sequence that some keeper wants. */
    private long wanted() {
        long wanted = Long.MAX_VALUE;
        for (LongSupplier keeper : keepers) {
            wanted = Math.min(wanted, keeper.getAsLong() + 1);
        }
        return wanted;
    }

    /** Whether the first minute is over. */
    private boolean settled(long now) {
        if (now < opened) {
            // The clock was set back.
            opened = now;
        }
        return now - opened >= GRACE_MILLIS;
    }

    /**
     * One step, in the caller's transaction.
     *
     * @param bytes the log's size
     * @param durable the last sequence that is on the disk; nothing after it goes
     * @param most so many entries are removed at most, or a few more to complete a commit
     */
    Trimmed step(Transaction transaction, long now, long bytes, long durable, int most) {
        long end = System.nanoTime() + STEP_NANOS;
        long wanted = settled(now) ? wanted() : 0;
        long longest = catalog.longestHistory();
        long freed = 0;
        int removed = 0;
        long next = 0;
        Map<Integer, Long> tables = new HashMap<>();
        ChunkStore chunks = new ChunkStore(database);
        try (Cursor cursor = database.log.openCursor(transaction)) {
            while (cursor.getNext()) {
                long sequence = ByteReader.u64(Database.bytes(cursor.getKey()), 0);
                byte[] value = Database.bytes(cursor.getValue());
                ByteReader in = new ByteReader(value, 0, value.length);
                LogFormat.Entry entry = LogFormat.read(sequence, in);
                next = sequence;
                if (entry.place().index() == 0) {
                    boolean enough = removed >= most || (removed > 0 && System.nanoTime() - end > 0);
                    if (enough
                            || !due(entry, now, sequence >= wanted || history(entry, now, longest), bytes - freed)
                            || sequence + entry.place().count() - 1 > durable) {
                        break;
                    }
                }
                long size = value.length;
                if (RowFormat.chunked(entry.flags())) {
                    PayloadFormat.Location location = PayloadFormat.location(in, RowFormat.form(entry.flags()));
                    size += location.length();
                    chunks.release(transaction, location.number());
                }
                remove(transaction, entry, tables);
                freed += LogFormat.weight(size);
                removed++;
                next = sequence + 1;
            }
        }
        if (removed == 0) {
            return Trimmed.NOTHING;
        }
        tables.forEach((table, last) -> byTable(transaction, table, last));
        return new Trimmed(freed, next);
    }

    private boolean due(LogFormat.Entry entry, long now, boolean held, long bytes) {
        boolean old = entry.stamp().timestamp() < now - limits.age().toMillis() || bytes > limits.bytes();
        if (old && held && bytes > limits.keptBytes()) {
            if (!overruled) {
                overruled = true;
                LOG.warn(
                        "log_bytes={} exceed logSizeKept: sessions that are away lose what they are owed, and tables part of their history",
                        bytes);
            }
            return true;
        }
        return old && !held;
    }

    /** Whether the commit that begins with this entry is part of a history that is not over. */
    private boolean history(LogFormat.Entry entry, long now, long longest) {
        long history = entry.place().count() > 1 ? longest : catalog.history(entry.table());
        return history > 0 && entry.stamp().timestamp() >= now - history;
    }

    private void remove(Transaction transaction, LogFormat.Entry entry, Map<Integer, Long> tables) {
        Database.delete(database.log, transaction, Keys.u64(entry.sequence()));
        tables.put(entry.table(), entry.sequence());
        if (database.logByPath.count(transaction) > 0) {
            byte[] key = LogFormat.pathKey(entry.table(), dev.tarn.api.data.Path.of(entry.path()), entry.sequence());
            Database.delete(database.logByPath, transaction, key);
        }
    }

    /** Removes entries of the index by table that name nothing after this sequence. */
    private void byTable(Transaction transaction, int table, long last) {
        while (true) {
            byte[] key;
            try (Cursor cursor = database.logByTable.openCursor(transaction)) {
                if (cursor.getSearchKeyRange(Database.of(Keys.tableSequence(table, 0))) == null) {
                    return;
                }
                key = Database.bytes(cursor.getKey());
            }
            if (ByteReader.u32(key, 0) != table || ByteReader.u64(key, 4) > last) {
                return;
            }
            Database.delete(database.logByTable, transaction, key);
        }
    }
}
