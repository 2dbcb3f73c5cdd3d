// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;

/** Reads the log in one transaction: all of it, of a table, of a path. What it throws of the files is its caller's to name. */
final class LogReader {

    private final Core core;
    private final Transaction transaction;
    private final Head head;

    LogReader(Core core, Transaction transaction, Head head) {
        this.core = core;
        this.transaction = transaction;
        this.head = head;
    }

    List<Change> all(long after, int limit) {
        LogWalk walk = new LogWalk(limit);
        try (Cursor cursor = core.database().log.openCursor(transaction)) {
            checkReach(after);
            boolean there = cursor.getSearchKeyRange(Database.of(Keys.u64(after + 1))) != null;
            while (there
                    && walk.add(
                            ByteReader.u64(Database.bytes(cursor.getKey()), 0), Database.bytes(cursor.getValue()))) {
                there = cursor.getNext();
            }
        }
        return walk.changes;
    }

    List<Change> of(Table table, long after, int limit) {
        checkReach(after);
        int number = core.catalog().table(table).number();
        LogWalk walk = new LogWalk(limit);
        try (Cursor cursor = core.database().logByTable.openCursor(transaction)) {
            boolean there = cursor.getSearchKeyRange(Database.of(Keys.tableSequence(number, after + 1))) != null;
            while (there) {
                byte[] key = Database.bytes(cursor.getKey());
                if (ByteReader.u32(key, 0) != number || !add(walk, key, Database.bytes(cursor.getValue()), after)) {
                    break;
                }
                there = cursor.getNext();
            }
        }
        return walk.changes;
    }

    List<Change> of(Table table, Path path, long after, int limit) {
        checkReach(after);
        OpenTable open = core.catalog().table(table);
        if (open.table().rules().history().isZero()) {
            throw new Failure(Failure.Code.UNSUPPORTED, table.qualifiedName() + " keeps no history");
        }
        List<Change> changes = new ArrayList<>();
        byte[] first = LogFormat.pathKey(open.number(), path, after + 1);
        int prefix = first.length - Long.BYTES;
        try (Cursor cursor = core.database().logByPath.openCursor(transaction)) {
            boolean there = cursor.getSearchKeyRange(Database.of(first)) != null;
            while (there && changes.size() < limit) {
                byte[] key = Database.bytes(cursor.getKey());
                if (key.length != first.length || !Arrays.equals(key, 0, prefix, first, 0, prefix)) {
                    break;
                }
                long sequence = ByteReader.u64(key, prefix);
                byte[] value = logged(sequence);
                ByteReader in = new ByteReader(value, 0, value.length);
                changes.add(change(core.reader().entry(sequence, in), in));
                there = cursor.getNext();
            }
        }
        return changes;
    }

    private byte[] logged(long sequence) {
        byte[] value = Database.get(core.database().log, transaction, Keys.u64(sequence));
        if (value == null) {
            throw new DamagedException("log entry " + sequence + " is missing");
        }
        return value;
    }

    /** Adds the changes of one entry of the index by table; false when there are enough. */
    private boolean add(LogWalk walk, byte[] key, byte[] value, long after) {
        for (long sequence : SequenceList.read(key, value)) {
            if (sequence <= after) {
                continue;
            }
            if (!walk.add(sequence, logged(sequence))) {
                return false;
            }
        }
        return true;
    }

    /** Whole commits after this sequence and up to that one, so many changes or a few more. */
    List<Commit> commits(long after, long upTo, int limit) {
        checkReach(after);
        List<Commit> commits = new ArrayList<>();
        LogWalk walk = new LogWalk(limit);
        int from = 0;
        try (Cursor cursor = core.database().log.openCursor(transaction)) {
            boolean there = cursor.getSearchKeyRange(Database.of(Keys.u64(after + 1))) != null;
            while (there) {
                long sequence = ByteReader.u64(Database.bytes(cursor.getKey()), 0);
                if (sequence > upTo || !walk.add(sequence, Database.bytes(cursor.getValue()))) {
                    break;
                }
                if (walk.ended) {
                    List<Change> changes = walk.changes.subList(from, walk.changes.size());
                    long timestamp = changes.get(0).attributes().timestamp();
                    commits.add(new Commit(sequence, timestamp, changes));
                    from = walk.changes.size();
                }
                there = cursor.getNext();
            }
        }
        return commits;
    }

    /** Collects changes until there are enough and a commit ends. */
    private final class LogWalk {
        private final List<Change> changes = new ArrayList<>();
        private final int limit;
        private long commit = -1;
        private boolean ended;

        LogWalk(int limit) {
            this.limit = limit;
        }

        /** False when the change is not wanted any more. */
        boolean add(long sequence, byte[] value) {
            ByteReader in = new ByteReader(value, 0, value.length);
            LogFormat.Entry entry = core.reader().entry(sequence, in);
            long first = sequence - entry.place().index();
            if (changes.size() >= limit && first != commit) {
                return false;
            }
            commit = first;
            ended = entry.place().last();
            changes.add(change(entry, in));
            return true;
        }
    }

    private Change change(LogFormat.Entry entry, ByteReader in) {
        return core.reader()
                .change(entry, in, core.catalog()::name, core.reader().chunks(transaction));
    }

    private void checkReach(long after) {
        long oldest = oldest();
        if (after < oldest - 1) {
            throw new Failure(
                    Failure.Code.NOT_FOUND,
                    "the log begins at " + oldest + " and has nothing after " + after + " any more");
        }
    }

    /** The sequence of the first change in the log, or of the next one to be written. */
    long oldest() {
        try (Cursor cursor = core.database().log.openCursor(transaction)) {
            return cursor.getNext() ? ByteReader.u64(Database.bytes(cursor.getKey()), 0) : head.sequence() + 1;
        }
    }
}
