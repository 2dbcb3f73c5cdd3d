// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;

/**
 * Reads everything that is in the store and checks that it fits together: checksums, rows against their indexes both ways,
 * the log without gaps and against its indexes, chunks against those who refer to them. For one thread.
 */
final class Inspector {

    /** Problems beyond these are only counted. */
    private static final int NAMED = 100;

    private final Database database;
    private final RowReader reader;
    private final Transaction transaction;
    private final PayloadFormat.Chunks chunks;
    private final List<String> problems = new ArrayList<>();

    /** Chunked contents by number. */
    private final Map<Long, Content> contents = new HashMap<>();

    /** How many log entries the index by table still lacks, by table. */
    private final Map<Integer, Long> tables = new HashMap<>();

    private final Map<String, Long> rows = new TreeMap<>();
    private long count;
    private long entries;
    private long first;
    private long last;
    private long expiring;

    /** A content in chunks as those who refer to it say, and as it is. */
    private static final class Content {
        final long length;
        int references;
        long there;
        int places;
        boolean counted;

        Content(long length) {
            this.length = length;
        }
    }

    /**
     * What was found.
     *
     * @param rows how many each table has, by its qualified name
     * @param entries in the log
     * @param first the sequence of the first of them; 0 when there is none
     * @param last the sequence of the last of them; 0 when there is none
     * @param problems the first of them in words
     * @param count how many problems there are
     */
    record Findings(Map<String, Long> rows, long entries, long first, long last, List<String> problems, long count) {
        /** With more problems. */
        Findings and(List<String> more) {
            List<String> all = new ArrayList<>(more);
            all.addAll(problems);
            return new Findings(rows, entries, first, last, all, count + more.size());
        }
    }

    private Inspector(Database database, RowReader reader, Transaction transaction) {
        this.database = database;
        this.reader = reader;
        this.transaction = transaction;
        this.chunks = reader.chunks(transaction);
    }

    static Findings inspect(Database database, Catalog catalog, RowReader reader) {
        Transaction transaction = database.environment.beginReadonlyTransaction();
        try {
            Inspector inspector = new Inspector(database, reader, transaction);
            for (OpenTable table : catalog.stored(transaction)) {
                inspector.guarded("table " + table.table().qualifiedName(), () -> inspector.table(table));
            }
            inspector.guarded("the expiry index", inspector::expiry);
            inspector.guarded("the log", () -> inspector.log(catalog));
            inspector.guarded("the chunks", inspector::chunks);
            return new Findings(
                    inspector.rows,
                    inspector.entries,
                    inspector.first,
                    inspector.last,
                    inspector.problems,
                    inspector.count);
        } finally {
            transaction.abort();
        }
    }

    private void problem(String what) {
        count++;
        if (problems.size() < NAMED) {
            problems.add(what);
        }
    }

    private void guarded(String what, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | StackOverflowError e) {
            problem(what + " cannot be read: " + e);
        }
    }

    private void table(OpenTable table) {
        String name = table.table().qualifiedName();
        long[] expected = new long[table.indexes().size()];
        long there = 0;
        try (Cursor cursor = table.rows().openCursor(transaction)) {
            while (cursor.getNext()) {
                there++;
                byte[] key = Database.bytes(cursor.getKey());
                byte[] value = Database.bytes(cursor.getValue());
                guarded("a row of " + name + " under " + key.length + " bytes", () -> row(table, key, value, expected));
            }
        }
        rows.put(name, there);
        if (there != table.rows().count(transaction)) {
            problem(name + " counts " + table.rows().count(transaction) + " rows and has " + there);
        }
        for (int i = 0; i < expected.length; i++) {
            long actual = table.indexes().get(i).store().count(transaction);
            if (actual != expected[i]) {
                problem("the index of " + name + " over "
                        + table.indexes().get(i).attribute() + " has " + actual + " entries and should have "
                        + expected[i]);
            }
        }
    }

    private void row(OpenTable table, byte[] key, byte[] value, long[] expected) {
        String name = table.table().qualifiedName() + " " + Keys.idAt(key, 0, key.length);
        RowFormat.StoredRow row = RowFormat.read(key, value, value.length);
        ByteReader in = row.payload();
        reader.format().attributes(in, 0, 0);
        for (KeptContent beside : row.contents()) {
            refers("row " + name, beside.number(), beside.length());
        }
        if (row.chunked()) {
            refers("row " + name, PayloadFormat.location(row.payload(), row.form()));
        } else if (reader.format().body(in, row.form(), false, chunks) == null) {
            problem("row " + name + " has no body");
        }
        if (row.expiresAt() != 0) {
            expiring++;
            byte[] entry = Expiry.key(row.expiresAt(), table.number(), key);
            if (Database.get(database.expiry, transaction, entry) == null) {
                problem("row " + name + " is not in the expiry index");
            }
        }
        for (int i = 0; i < expected.length; i++) {
            Index index = table.indexes().get(i);
            try {
                for (byte[] entry : index.keys(reader.item(row, index.attribute(), chunks), key)) {
                    expected[i]++;
                    if (Database.get(index.store(), transaction, entry) == null) {
                        problem("row " + name + " is not in the index over " + index.attribute());
                    }
                }
            } catch (Failure e) {
                // A value that no index takes was there before the index was declared.
                if (e.code() != Failure.Code.INVALID && e.code() != Failure.Code.TOO_LARGE) {
                    throw e;
                }
            }
        }
    }

    /** Somebody refers to a chunked content. */
    private void refers(String who, PayloadFormat.Location location) {
        refers(who, location.number(), location.length());
    }

    private void refers(String who, long number, long length) {
        Content content = contents.computeIfAbsent(number, any -> new Content(length));
        content.references++;
        if (content.length != length) {
            problem(who + " says that chunks " + number + " have " + length + " bytes, another " + content.length);
        }
    }

    /** Contents that wait to be removed, or for a row that refers to them. */
    private Set<Long> leavings() {
        Set<Long> leavings = new HashSet<>();
        try (Cursor cursor = database.leavings.openCursor(transaction)) {
            while (cursor.getNext()) {
                long number = ByteReader.u64(Database.bytes(cursor.getKey()), 0);
                leavings.add(number);
                if (contents.containsKey(number)) {
                    problem("content " + number + " is to be removed although a row refers to it");
                }
            }
        }
        return leavings;
    }

    private void expiry() {
        long actual = database.expiry.count(transaction);
        if (actual != expiring) {
            problem("the expiry index has " + actual + " entries and should have " + expiring);
        }
    }

    private void log(Catalog catalog) {
        Head head = Head.read(database, transaction);
        LogFormat.Place before = new LogFormat.Place(0, 1);
        try (Cursor cursor = database.log.openCursor(transaction)) {
            while (cursor.getNext()) {
                entries++;
                long sequence = ByteReader.u64(Database.bytes(cursor.getKey()), 0);
                if (last != 0 && sequence != last + 1) {
                    problem("the log goes from " + last + " to " + sequence);
                }
                byte[] value = Database.bytes(cursor.getValue());
                ByteReader in = new ByteReader(value, 0, value.length);
                LogFormat.Entry entry = LogFormat.read(sequence, in);
                boolean fits = before.last()
                        ? last == 0 || entry.place().index() == 0
                        : entry.place().equals(new LogFormat.Place(before.index() + 1, before.count()));
                if (!fits) {
                    problem("log entry " + sequence + " is not the next one of its commit");
                }
                before = entry.place();
                last = sequence;
                first = first == 0 ? sequence : first;
                entry(catalog, entry, in);
            }
        }
        if (entries > 0 && (last != head.sequence() || !before.last())) {
            problem("the log ends with " + last + " and should end with " + head.sequence());
        }
        byTable();
        byPath();
    }

    /** What the index by path names is in the log. */
    private void byPath() {
        try (Cursor cursor = database.logByPath.openCursor(transaction)) {
            while (cursor.getNext()) {
                byte[] key = Database.bytes(cursor.getKey());
                long sequence = ByteReader.u64(key, key.length - Long.BYTES);
                byte[] value = Database.get(database.log, transaction, Keys.u64(sequence));
                LogFormat.Entry entry =
                        value == null ? null : LogFormat.read(sequence, new ByteReader(value, 0, value.length));
                boolean right = entry != null
                        && Arrays.equals(key, LogFormat.pathKey(entry.table(), Path.of(entry.path()), sequence));
                if (!right) {
                    problem("the index by path names " + sequence + ", which the log does not have there");
                }
            }
        }
    }

    /** Every entry of the log is in the index by table once, and nothing else is. */
    private void byTable() {
        try (Cursor cursor = database.logByTable.openCursor(transaction)) {
            while (cursor.getNext()) {
                byte[] key = Database.bytes(cursor.getKey());
                int table = ByteReader.u32(key, 0);
                for (long sequence : SequenceList.read(key, Database.bytes(cursor.getValue()))) {
                    if (sequence < first) {
                        continue;
                    }
                    byte[] value = Database.get(database.log, transaction, Keys.u64(sequence));
                    ByteReader in = value == null ? null : new ByteReader(value, 0, value.length);
                    if (in == null || LogFormat.read(sequence, in).table() != table) {
                        problem("the index by table has " + sequence + " for table " + table);
                    }
                    tables.merge(table, -1L, Long::sum);
                }
            }
        }
        tables.forEach((table, missing) -> {
            if (missing != 0) {
                problem("the index by table lacks " + missing + " entries of table " + table);
            }
        });
    }

    private void entry(Catalog catalog, LogFormat.Entry entry, ByteReader in) {
        catalog.name(entry.table());
        tables.merge(entry.table(), 1L, Long::sum);
        int form = RowFormat.form(entry.flags());
        if (RowFormat.chunked(entry.flags())) {
            ByteReader payload = new ByteReader(in.array(), in.at(), in.at() + in.left());
            refers("log entry " + entry.sequence(), PayloadFormat.location(payload, form));
        }
        reader.format().attributes(in, 0, 0);
        if (!RowFormat.chunked(entry.flags())) {
            reader.format().body(in, form, false, chunks);
        }
    }

    /** Every chunk is sound, in its place, and somebody's; every content is whole and knows who refers to it. */
    private void chunks() {
        Set<Long> leavings = leavings();
        try (Cursor cursor = database.chunks.openCursor(transaction)) {
            while (cursor.getNext()) {
                byte[] key = Database.bytes(cursor.getKey());
                byte[] value = Database.bytes(cursor.getValue());
                long number = ByteReader.u64(key, 0);
                int place = ByteReader.u32(key, 8);
                Content content = contents.get(number);
                if (content == null && leavings.contains(number) && place != ChunkStore.REFERENCES) {
                    guarded("chunk " + place + " of " + number, () -> ChunkStore.length(number, place, value));
                } else if (content == null) {
                    problem("nothing refers to chunk " + place + " of " + number);
                } else if (place == ChunkStore.REFERENCES) {
                    content.counted = true;
                    int stored = ChunkStore.references(key, value);
                    if (stored != content.references) {
                        problem("chunks " + number + " count " + stored + " references and have " + content.references);
                    }
                } else {
                    guarded("chunk " + place + " of " + number, () -> {
                        content.there += ChunkStore.length(number, place, value);
                        if (place != content.places++) {
                            problem("before chunk " + place + " of " + number + " one is missing");
                        }
                    });
                }
            }
        }
        contents.forEach((number, content) -> {
            if (!content.counted) {
                problem("chunks " + number + " have no count of references");
            }
            if (content.there != content.length) {
                problem("chunks " + number + " have " + content.there + " bytes and should have " + content.length);
            }
        });
    }
}
