// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/**
 * All tables: those defined since the start, and the numbers of all that ever were. Looking up is for any thread, defining
 * for the committer thread.
 */
final class Catalog {

    private static final int ENTRY_FORMAT = 2;

    /** Of the first days: without a history. */
    private static final int ENTRY_WITHOUT_HISTORY = 1;

    private static final int NUMERIC = 0x01;

    private final Database database;
    private final RowReader reader;
    private final Map<Integer, String> names = new ConcurrentHashMap<>();

    /** By number, what the log keeps for a table, in milliseconds, also before the table is defined. */
    private final Map<Integer, Long> histories = new ConcurrentHashMap<>();

    /** By database, then by name, so that a look-up joins no texts. */
    private volatile Map<String, Map<String, OpenTable>> open = Map.of();

    /**
     * What the directory says about a table.
     *
     * @param history in milliseconds
     */
    private record Entry(int number, boolean numeric, long history, List<IndexEntry> indexes) {
        byte[] write(byte[] key) {
            ByteWriter out = new ByteWriter(64);
            out.u8(ENTRY_FORMAT);
            out.u32(0);
            out.varint(number);
            out.u8(numeric ? NUMERIC : 0);
            out.varint(history);
            out.varint(indexes.size());
            for (IndexEntry index : indexes) {
                out.text(index.attribute());
                out.text(index.type().name());
                out.u8(index.ready() ? 1 : 0);
            }
            out.u32At(1, RowFormat.checksum(key, out.array(), 5, out.size()));
            return out.toArray();
        }

        static Entry read(byte[] key, byte[] value) {
            ByteReader in = new ByteReader(value, 0, value.length);
            int format = in.u8();
            if (format != ENTRY_FORMAT && format != ENTRY_WITHOUT_HISTORY) {
                throw new DamagedException("a table's entry has format " + format);
            }
            if (in.u32() != RowFormat.checksum(key, value, 5, value.length)) {
                throw new DamagedException("the checksum of a table's entry differs");
            }
            int number = in.count();
            boolean numeric = (in.u8() & NUMERIC) != 0;
            long history = format == ENTRY_FORMAT ? in.varint() : 0;
            List<IndexEntry> indexes = new ArrayList<>();
            for (int left = in.count(); left > 0; left--) {
                indexes.add(new IndexEntry(in.text(), Attribute.Type.valueOf(in.text()), in.u8() == 1));
            }
            return new Entry(number, numeric, history, indexes);
        }
    }

    /** @param ready false while the index is being built */
    private record IndexEntry(String attribute, Attribute.Type type, boolean ready) {}

    Catalog(Database database, RowReader reader) {
        this.database = database;
        this.reader = reader;
    }

    /** Reads the numbers of all tables. */
    void load(Transaction transaction) {
        try (Cursor cursor = database.tables.openCursor(transaction)) {
            while (cursor.getNext()) {
                Entry entry = Entry.read(Database.bytes(cursor.getKey()), Database.bytes(cursor.getValue()));
                histories.put(entry.number(), entry.history());
                names.put(
                        entry.number(),
                        Keys.idAt(
                                Database.bytes(cursor.getKey()),
                                0,
                                cursor.getKey().getLength()));
            }
        }
    }

    /** @throws Failure NOT_FOUND when the table has not been defined since the start */
    OpenTable table(Table table) {
        OpenTable found = find(table);
        if (found == null) {
            throw new Failure(Failure.Code.NOT_FOUND, "table " + table.qualifiedName() + " is not defined");
        }
        return found;
    }

    private @Nullable OpenTable find(Table table) {
        Map<String, OpenTable> tables = open.get(table.database());
        return tables == null ? null : tables.get(table.name());
    }

    /** The table with this number if it is defined. */
    @Nullable
    OpenTable table(int number) {
        for (Map<String, OpenTable> tables : open.values()) {
            for (OpenTable table : tables.values()) {
                if (table.number() == number) {
                    return table;
                }
            }
        }
        return null;
    }

    /** How long the log keeps what concerns the table with this number, defined or not, in milliseconds. */
    long history(int number) {
        return histories.getOrDefault(number, 0L);
    }

    /** The longest of all, in milliseconds. */
    long longestHistory() {
        return histories.values().stream().reduce(0L, Math::max);
    }

    /** The qualified name of the table with this number, defined or not. */
    String name(int number) {
        String name = names.get(number);
        if (name == null) {
            throw new DamagedException("no table has the number " + number);
        }
        return name;
    }

    /** Every table that the directory knows, with its indexes as far as they are ready, defined or not. */
    List<OpenTable> stored(Transaction transaction) {
        List<OpenTable> tables = new ArrayList<>();
        try (Cursor cursor = database.tables.openCursor(transaction)) {
            while (cursor.getNext()) {
                Entry entry = Entry.read(Database.bytes(cursor.getKey()), Database.bytes(cursor.getValue()));
                String name = name(entry.number());
                int dot = name.indexOf('.');
                Table table = new Table(
                        name.substring(0, dot), name.substring(dot + 1), null, List.of(), Table.Rules.DECLARED);
                List<Index> indexes = new ArrayList<>();
                for (IndexEntry index : entry.indexes()) {
                    if (index.ready()) {
                        Store store = database.store(indexName(table, index.attribute()), transaction);
                        indexes.add(new Index(index.attribute(), index.type(), store));
                    }
                }
                tables.add(new OpenTable(entry.number(), table, database.store("row/" + name, transaction), indexes));
            }
        }
        return tables;
    }

    /** All tables that are defined. */
    List<OpenTable> all() {
        List<OpenTable> all = new ArrayList<>();
        open.values().forEach(tables -> all.addAll(tables.values()));
        return all;
    }

    /** Makes the table known and its indexes right, in transactions of its own. On the committer thread. */
    void define(Table table) {
        byte[] key = Keys.id(table.qualifiedName());
        Declared declared = write(transaction -> {
            Entry entry = declare(table, key, transaction);
            List<Index> indexes = new ArrayList<>();
            for (IndexEntry index : entry.indexes()) {
                Store store = database.store(indexName(table, index.attribute()), transaction);
                indexes.add(new Index(index.attribute(), index.type(), store));
            }
            Store rows = database.store("row/" + table.qualifiedName(), transaction);
            return new Declared(entry, new OpenTable(entry.number(), table, rows, indexes));
        });
        Entry entry = declared.entry();
        OpenTable opened = declared.table();
        for (IndexEntry index : entry.indexes()) {
            if (!index.ready()) {
                IndexBuilder builder = new IndexBuilder(
                        database,
                        reader,
                        opened,
                        opened.index(index.attribute()).orElseThrow());
                builder.build();
            }
        }
        List<IndexEntry> ready = entry.indexes().stream()
                .map(index -> new IndexEntry(index.attribute(), index.type(), true))
                .toList();
        if (!ready.equals(entry.indexes())) {
            Entry built = new Entry(entry.number(), entry.numeric(), entry.history(), ready);
            write(transaction -> {
                Database.put(database.tables, transaction, key, built.write(key));
                return built;
            });
        }
        names.put(entry.number(), table.qualifiedName());
        histories.put(entry.number(), entry.history());
        Map<String, Map<String, OpenTable>> next = new HashMap<>(open);
        Map<String, OpenTable> tables = new HashMap<>(next.getOrDefault(table.database(), Map.of()));
        tables.put(table.name(), opened);
        next.put(table.database(), Map.copyOf(tables));
        open = Map.copyOf(next);
    }

    private record Declared(Entry entry, OpenTable table) {}

    private <T> T write(jetbrains.exodus.env.TransactionalComputable<T> work) {
        return database.environment.computeInExclusiveTransaction(work);
    }

    private static String indexName(Table table, String attribute) {
        return "index/" + table.qualifiedName() + "/" + attribute;
    }

    /** Writes the table's entry, with new indexes marked as not ready, and drops those that are gone or changed. */
    private Entry declare(Table table, byte[] key, Transaction transaction) {
        byte[] value = Database.get(database.tables, transaction, key);
        Entry old = value == null ? null : Entry.read(key, value);
        if (old != null && old.numeric() != table.numericIds()) {
            long rows =
                    database.store("row/" + table.qualifiedName(), transaction).count(transaction);
            if (rows > 0) {
                throw new Failure(
                        Failure.Code.CONFLICT,
                        table.qualifiedName() + " has " + rows + " rows with "
                                + (old.numeric() ? "numeric" : "text") + " ids, which cannot become "
                                + (table.numericIds() ? "numeric" : "text"));
            }
        }
        List<IndexEntry> known = old == null ? List.of() : old.indexes();
        List<IndexEntry> wanted = new ArrayList<>();
        for (Attribute attribute : table.attributes()) {
            if (attribute.indexed() && !attribute.primaryKey()) {
                IndexEntry ready = new IndexEntry(attribute.name(), attribute.type(), true);
                wanted.add(known.contains(ready) ? ready : new IndexEntry(attribute.name(), attribute.type(), false));
            }
        }
        for (IndexEntry index : known) {
            if (!wanted.contains(index)) {
                String name = indexName(table, index.attribute());
                if (database.environment.storeExists(name, transaction)) {
                    database.environment.removeStore(name, transaction);
                }
            }
        }
        int number = old == null ? names.keySet().stream().reduce(0, Math::max) + 1 : old.number();
        Entry entry =
                new Entry(number, table.numericIds(), table.rules().history().toMillis(), wanted);
        if (!entry.equals(old)) {
            Database.put(database.tables, transaction, key, entry.write(key));
        }
        return entry;
    }
}
