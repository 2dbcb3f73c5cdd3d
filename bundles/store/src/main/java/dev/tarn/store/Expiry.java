// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;

/**
 * Finds rows that are to be removed since their time is over, through an index by moment, table and key. Tables that keep
 * such rows for the same while, and have them looked for equally often, are gone through together; how far is remembered, so
 * that rows which stay for long are not read again each time. On the committer thread.
 */
final class Expiry {

    private static final int KEY = 12;

    private final Database database;
    private final Catalog catalog;
    private final ZoneId zone;
    private final Map<Turn, Progress> turns = new HashMap<>();

    /** What tables have in common whose rows are looked for together. In milliseconds. */
    private record Turn(long eviction, long interval) {
        static Turn of(Table table) {
            Table.Lifetime lifetime = table.rules().lifetime();
            return new Turn(
                    lifetime.eviction().toMillis(), lifetime.scanInterval().toMillis());
        }
    }

    /** How far a turn is. */
    private static final class Progress {
        /** Nothing of this turn expired before this moment and is still there. */
        private long reached;
        /** Rows are looked for from this moment on. */
        private long next;
    }

    /** @param zone whose midnight intervals are counted from */
    Expiry(Database database, Catalog catalog, ZoneId zone) {
        this.database = database;
        this.catalog = catalog;
        this.zone = zone;
    }

    /** The key of the index: moment, table number, the row's key. */
    static byte[] key(long expiresAt, int table, byte[] rowKey) {
        ByteWriter out = new ByteWriter(KEY + rowKey.length);
        out.u64(expiresAt);
        out.u32(table);
        out.raw(rowKey);
        return out.array();
    }

    /** A row was written that expires at this moment, which may be over. */
    void written(long expiresAt) {
        for (Progress progress : turns.values()) {
            progress.reached = Math.min(progress.reached, expiresAt);
        }
    }

    /** Tables were declared, perhaps with another lifetime: rows that were passed over may be due. */
    void declared() {
        turns.clear();
    }

    /**
     * Drafts that remove rows which are to go at this moment, the oldest first. Rows of tables that are not defined are
     * passed over: they are absent anyway, and nobody could be told their path.
     */
    List<Draft> due(Transaction transaction, long now, int limit) {
        for (OpenTable table : catalog.all()) {
            if (turns.putIfAbsent(Turn.of(table.table()), new Progress()) == null) {
                Turn turn = Turn.of(table.table());
                progress(turn).next = turn.interval() == 0 ? 0 : next(now, turn.interval());
            }
        }
        List<Draft> due = new ArrayList<>();
        for (Turn turn : List.copyOf(turns.keySet())) {
            Progress progress = progress(turn);
            if (due.size() == limit || now < progress.next) {
                continue;
            }
            int before = due.size();
            long first = collect(transaction, turn, progress.reached, now - turn.eviction(), limit, due);
            // What is removed now is looked for once more, so that nothing is passed over which could not be removed.
            progress.reached = first;
            if (due.size() == before && turn.interval() > 0) {
                progress.next = next(now, turn.interval());
            }
        }
        return due;
    }

    private Progress progress(Turn turn) {
        return turns.computeIfAbsent(turn, any -> new Progress());
    }

    /**
     * Goes through the index between two moments.
     *
     * @return the moment of the first row that is due; the last moment when there is none
     */
    private long collect(Transaction transaction, Turn turn, long from, long to, int limit, List<Draft> due) {
        long first = Math.max(from, to);
        int before = due.size();
        try (Cursor cursor = database.expiry.openCursor(transaction)) {
            boolean there = cursor.getSearchKeyRange(Database.of(Keys.u64(from))) != null;
            while (there && due.size() < limit) {
                byte[] key = Database.bytes(cursor.getKey());
                long moment = ByteReader.u64(key, 0);
                if (moment > to) {
                    break;
                }
                OpenTable table = catalog.table(ByteReader.u32(key, 8));
                if (table != null && turn.equals(Turn.of(table.table()))) {
                    add(due, table, Arrays.copyOfRange(key, KEY, key.length), transaction);
                    first = due.size() > before ? Math.min(first, moment) : first;
                }
                there = cursor.getNext();
            }
        }
        return first;
    }

    private static void add(List<Draft> due, OpenTable table, byte[] rowKey, Transaction transaction) {
        byte[] value = Database.get(table.rows(), transaction, rowKey);
        if (value != null) {
            long version = RowFormat.read(rowKey, value, value.length).version();
            due.add(new Draft(
                    Kind.EXPIRE,
                    table.table(),
                    table.path(rowKey),
                    null,
                    null,
                    Attributes.NONE,
                    Expectation.at(Set.of(version))));
        }
    }

    /** The next whole multiple of the interval since midnight, also across days for longer ones. */
    private long next(long now, long interval) {
        long offset = Duration.ofSeconds(
                        zone.getRules().getOffset(Instant.ofEpochMilli(now)).getTotalSeconds())
                .toMillis();
        return Math.floorDiv(now + offset, interval) * interval + interval - offset;
    }
}
