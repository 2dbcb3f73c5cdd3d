// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/** One read transaction. What it returns is copied out of the files and outlives it. */
final class XodusSnapshot implements Snapshot {

    private final Core core;
    private final Transaction transaction;
    private final long now;
    private final Runnable closed;
    private @Nullable Head head;

    /** @param closed runs once when this snapshot is closed */
    XodusSnapshot(Core core, Transaction transaction, long now, Runnable closed) {
        this.core = core;
        this.transaction = transaction;
        this.now = now;
        this.closed = closed;
    }

    private Head head() {
        if (head == null) {
            head = Head.read(core.database(), transaction);
        }
        return head;
    }

    @Override
    public long sequence() {
        return head().sequence();
    }

    @Override
    public Optional<Row> get(Table table, Path path) {
        return Optional.ofNullable(sized(core.catalog().table(table), path).row())
                .filter(row -> !row.expired(now));
    }

    /** The row, expired or not, with its size. */
    RowCache.Sized sized(OpenTable table, Path path) {
        try {
            byte[] key = table.key(path);
            RowFormat.StoredRow stored = key == null ? null : core.reader().stored(table, key, transaction);
            if (stored == null) {
                return new RowCache.Sized(null, 0);
            }
            Row row = core.reader().row(path, stored, core.reader().chunks(transaction));
            int content = stored.chunked()
                    ? PayloadFormat.location(stored.payload(), stored.form()).length()
                    : 0;
            return new RowCache.Sized(row, (long) stored.length() + content);
        } catch (Failure e) {
            throw e;
        } catch (RuntimeException e) {
            throw RowReader.unreadable(table, e);
        }
    }

    @Override
    public Rows rows(Table table, Range range) {
        OpenTable open = core.catalog().table(table);
        byte[] prefix =
                table.numericIds() ? new byte[0] : range.prefix().isEmpty() ? new byte[0] : Keys.prefix(range.prefix());
        Path after = range.after();
        byte[] from = after == null ? null : open.key(after);
        if (after != null && from == null) {
            throw new Failure(Failure.Code.MALFORMED, after + " names no row of " + table.qualifiedName());
        }
        Walk walk = new Walk(open.rows().openCursor(transaction), prefix, from, range.descending());
        return new RowsByKey(open, walk);
    }

    @Override
    public Rows index(Table table, String attribute, @Nullable Object from, @Nullable Object to) {
        OpenTable open = core.catalog().table(table);
        Index index = whole(open, attribute);
        byte[] least = from == null ? null : Keys.value(from);
        byte[] most = to == null ? null : Keys.value(to);
        return new RowsByIndex(open, index.store().openCursor(transaction), least, most);
    }

    private static Index index(OpenTable open, String attribute) {
        return open.index(attribute)
                .orElseThrow(() -> new Failure(
                        Failure.Code.UNSUPPORTED, open.table().qualifiedName() + " has no index over " + attribute));
    }

    @Override
    public Entries entries(Table table, String attribute, Span span) {
        OpenTable open = core.catalog().table(table);
        return new IndexWalk(core.reader(), open, whole(open, attribute), transaction, now, span);
    }

    @Override
    public double built(Table table, String attribute) {
        return index(core.catalog().table(table), attribute).state().share(transaction);
    }

    /** The index, if all of it is there. */
    private Index whole(OpenTable open, String attribute) {
        Index index = index(open, attribute);
        if (!index.state().isReady(transaction)) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE,
                    "the index over " + attribute + " is being built and at "
                            + index.state().percent() + "; try again");
        }
        return index;
    }

    @Override
    public byte[] place(Table table, Object value, Path path) {
        byte[] key = core.catalog().table(table).key(path);
        if (key == null) {
            throw new Failure(Failure.Code.MALFORMED, path + " names no row of " + table.qualifiedName());
        }
        ByteWriter out = new ByteWriter(24 + key.length);
        Keys.value(out, value);
        out.raw(key);
        return out.toArray();
    }

    @Override
    public Passed pass(Table table, @Nullable Path after, int limit) {
        OpenTable open = core.catalog().table(table);
        byte[] from = after == null ? null : open.key(after);
        long rows = 0;
        try (Walk walk = new Walk(open.rows().openCursor(transaction), new byte[0], from, false)) {
            for (int i = 0; i < limit; i++) {
                if (!walk.next()) {
                    return new Passed(rows, null);
                }
                rows += walk.expired(now) ? 0 : 1;
            }
            return new Passed(rows, open.path(walk.key()));
        } catch (Failure e) {
            throw e;
        } catch (RuntimeException e) {
            throw RowReader.unreadable(open, e);
        }
    }

    @Override
    public long count(Table table) {
        return core.catalog().table(table).rows().count(transaction);
    }

    @Override
    public List<Change> log(long after, int limit) {
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

    @Override
    public List<Change> log(Table table, long after, int limit) {
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

    @Override
    public List<Change> log(Table table, Path path, long after, int limit) {
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
                changes.add(change(RowReader.entry(sequence, in), in));
                there = cursor.getNext();
            }
        }
        return changes;
    }

    private byte[] logged(long sequence) {
        byte[] value = Database.get(core.database().log, transaction, Keys.u64(sequence));
        if (value == null) {
            throw new Failure(Failure.Code.UNAVAILABLE, "log entry " + sequence + " is missing on the disk");
        }
        return value;
    }

    /** Adds the changes of one entry of the index by table; false when there are enough. */
    private boolean add(LogWalk walk, byte[] key, byte[] value, long after) {
        for (long sequence : sequences(key, value)) {
            if (sequence <= after) {
                continue;
            }
            if (!walk.add(sequence, logged(sequence))) {
                return false;
            }
        }
        return true;
    }

    private static long[] sequences(byte[] key, byte[] value) {
        try {
            return SequenceList.read(key, value);
        } catch (DamagedException e) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE,
                    "the log's index by table is damaged on the disk; restore it from a backup");
        }
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
            LogFormat.Entry entry = RowReader.entry(sequence, in);
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
            return cursor.getNext() ? ByteReader.u64(Database.bytes(cursor.getKey()), 0) : head().sequence() + 1;
        }
    }

    @Override
    public void close() {
        if (!transaction.isFinished()) {
            transaction.abort();
            closed.run();
        }
    }

    private final class RowsByKey implements Rows {
        private final OpenTable table;
        private final Walk walk;

        RowsByKey(OpenTable table, Walk walk) {
            this.table = table;
            this.walk = walk;
        }

        @Override
        public @Nullable Row next() {
            try {
                return step();
            } catch (Failure e) {
                throw e;
            } catch (RuntimeException e) {
                throw RowReader.unreadable(table, e);
            }
        }

        private @Nullable Row step() {
            while (walk.next()) {
                byte[] key = walk.key();
                RowFormat.StoredRow stored = core.reader().stored(table, key, walk.value());
                if (!stored.expired(now)) {
                    return core.reader()
                            .row(table.path(key), stored, core.reader().chunks(transaction));
                }
            }
            return null;
        }

        @Override
        public void close() {
            walk.close();
        }
    }

    private final class RowsByIndex implements Rows {
        private final OpenTable table;
        private final Cursor cursor;
        private final byte @Nullable [] most;
        private boolean there;

        RowsByIndex(OpenTable table, Cursor cursor, byte @Nullable [] least, byte @Nullable [] most) {
            this.table = table;
            this.cursor = cursor;
            this.most = most;
            this.there = least == null ? cursor.getNext() : cursor.getSearchKeyRange(Database.of(least)) != null;
        }

        @Override
        public @Nullable Row next() {
            try {
                return step();
            } catch (Failure e) {
                throw e;
            } catch (RuntimeException e) {
                throw RowReader.unreadable(table, e);
            }
        }

        private @Nullable Row step() {
            while (there) {
                byte[] entry = Database.bytes(cursor.getKey());
                int end = Keys.end(entry, 0, entry.length);
                if (most != null && Arrays.compareUnsigned(entry, 0, end, most, 0, most.length) > 0) {
                    there = false;
                    return null;
                }
                byte[] key = Arrays.copyOfRange(entry, end, entry.length);
                RowFormat.StoredRow stored = core.reader().stored(table, key, transaction);
                there = cursor.getNext();
                if (stored == null) {
                    throw new Failure(
                            Failure.Code.UNAVAILABLE,
                            "an index of " + table.table().qualifiedName() + " names a row that is not there");
                }
                if (!stored.expired(now)) {
                    return core.reader()
                            .row(table.path(key), stored, core.reader().chunks(transaction));
                }
            }
            return null;
        }

        @Override
        public void close() {
            cursor.close();
        }
    }
}
