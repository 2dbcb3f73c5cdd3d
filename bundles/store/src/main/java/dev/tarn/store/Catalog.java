// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All tables: those defined since the start, and the numbers of all that ever were. Looking up is for any thread, defining
 * for the committer thread.
 */
final class Catalog {

    private static final int ENTRY_FORMAT = 3;
    /** Without how far indexes are that are being built. */
    private static final int ENTRY_WITHOUT_PLACES = 2;
    /** Of the first days: without a history. */
    private static final int ENTRY_WITHOUT_HISTORY = 1;

    private static final int NUMERIC = 0x01;
    private static final int READY = 0x01;
    private static final int NULLS = 0x02;
    /** An index over no more rows is built at once. */
    static final int AT_ONCE = 5_000;
    /** Rows of one step, for which writers wait. */
    private static final int STEP = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Catalog.class);
    private final Database database;
    private final RowReader reader;
    private final Map<Integer, String> names = new ConcurrentHashMap<>();

    /** By number, what the log keeps for a table, in milliseconds, also before the table is defined. */
    private final Map<Integer, Long> histories = new ConcurrentHashMap<>();

    /** Indexes that are being built. On the committer thread. */
    private final List<IndexBuilder> building = new ArrayList<>();

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
                out.u8((index.ready() ? READY : 0) | (index.nulls() ? NULLS : 0));
                out.text(index.after());
            }
            out.u32At(1, RowFormat.checksum(key, out.array(), 5, out.size()));
            return out.toArray();
        }

        static Entry read(byte[] key, byte[] value) {
            ByteReader in = new ByteReader(value, 0, value.length);
            int format = in.u8();
            if (format < ENTRY_WITHOUT_HISTORY || format > ENTRY_FORMAT) {
                throw new DamagedException("a table's entry has format " + format);
            }
            if (in.u32() != RowFormat.checksum(key, value, 5, value.length)) {
                throw new DamagedException("the checksum of a table's entry differs");
            }
            int number = in.count();
            boolean numeric = (in.u8() & NUMERIC) != 0;
            long history = format == ENTRY_WITHOUT_HISTORY ? 0 : in.varint();
            List<IndexEntry> indexes = new ArrayList<>();
            for (int left = in.count(); left > 0; left--) {
                String attribute = in.text();
                Attribute.Type type = Attribute.Type.valueOf(in.text());
                int state = in.u8();
                indexes.add(new IndexEntry(
                        attribute,
                        type,
                        (state & READY) != 0,
                        (state & NULLS) != 0,
                        format > ENTRY_WITHOUT_PLACES ? in.text() : ""));
            }
            return new Entry(number, numeric, history, indexes);
        }
    }

    /**
     * An index of a table.
     *
     * @param ready false while it is being built
     * @param nulls whether rows without a value are in it, as they are in all that are built now
     * @param after the key of the last row that is in it, in hex; empty for none, and once it is ready
     */
    private record IndexEntry(String attribute, Attribute.Type type, boolean ready, boolean nulls, String after) {
        static IndexEntry ready(String attribute, Attribute.Type type) {
            return new IndexEntry(attribute, type, true, true, "");
        }

        boolean same(IndexEntry other) {
            return attribute.equals(other.attribute) && type == other.type && nulls == other.nulls;
        }
    }

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

    /**
     * The table for reading its rows by key: as it is defined, or, before it is, as the directory knows it, without indexes.
     *
     * @throws Failure NOT_FOUND when it is neither
     */
    OpenTable readable(Table table, Transaction transaction) {
        OpenTable found = find(table);
        if (found != null) {
            return found;
        }
        String name = table.qualifiedName();
        for (Map.Entry<Integer, String> known : names.entrySet()) {
            if (known.getValue().equals(name) && database.environment.storeExists("row/" + name, transaction)) {
                return new OpenTable(known.getKey(), table, database.store("row/" + name, transaction), List.of());
            }
        }
        throw new Failure(Failure.Code.NOT_FOUND, "table " + name + " is not defined");
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
                        indexes.add(new Index(
                                index.attribute(), index.type(), false, index.nulls(), store, IndexState.ready()));
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

    /**
     * Makes the table known. Indexes that are new are built at once where there are few rows, else step by step by
     * {@link #build}. On the committer thread.
     *
     * @throws Failure CONFLICT when the rows that are there forbid it
     */
    void define(Table table, long now) {
        byte[] key = Keys.id(table.qualifiedName());
        Declared declared = write(transaction -> declared(table, key, now, transaction));
        Entry entry = declared.entry();
        building.removeIf(builder -> builder.table().number() == entry.number());
        declared.building().stream().filter(builder -> !builder.ended()).forEach(building::add);
        names.put(entry.number(), table.qualifiedName());
        histories.put(entry.number(), entry.history());
        declared.building().stream().filter(IndexBuilder::ended).forEach(this::finish);
        Map<String, Map<String, OpenTable>> next = new HashMap<>(open);
        Map<String, OpenTable> tables = new HashMap<>(next.getOrDefault(table.database(), Map.of()));
        tables.put(table.name(), declared.table());
        next.put(table.database(), Map.copyOf(tables));
        open = Map.copyOf(next);
    }

    private Declared declared(Table table, byte[] key, long now, Transaction transaction) {
        Entry entry = declare(table, key, transaction);
        List<Index> indexes = new ArrayList<>();
        for (IndexEntry index : entry.indexes()) {
            Store store = database.store(indexName(table, index.attribute()), transaction);
            boolean unique = table.attribute(index.attribute())
                    .map(attribute -> attribute.traits().unique())
                    .orElse(false);
            IndexState state = index.ready() ? ready(table, index) : IndexState.building();
            indexes.add(new Index(index.attribute(), index.type(), unique, index.nulls(), store, state));
        }
        Store rows = database.store("row/" + table.qualifiedName(), transaction);
        OpenTable opened = new OpenTable(entry.number(), table, rows, indexes);
        List<IndexBuilder> builders = new ArrayList<>();
        boolean few = rows.count(transaction) <= AT_ONCE;
        for (IndexEntry index : entry.indexes()) {
            if (!index.ready()) {
                byte[] after = index.after().isEmpty() ? null : HexFormat.of().parseHex(index.after());
                IndexBuilder builder = new IndexBuilder(
                        reader, opened, opened.index(index.attribute()).orElseThrow(), after, now);
                builders.add(builder);
                if (few) {
                    builder.step(AT_ONCE + 1, transaction);
                    refuseDoubles(builder);
                    entry = placed(entry, builder, key, transaction);
                }
            }
        }
        return new Declared(entry, opened, builders);
    }

    /** As it was, so that a transaction which began before the index was whole does not take it for that. */
    private IndexState ready(Table table, IndexEntry index) {
        OpenTable now = find(table);
        return Optional.ofNullable(now)
                .flatMap(open -> open.index(index.attribute()))
                .map(Index::state)
                .filter(IndexState::isReady)
                .orElseGet(IndexState::ready);
    }

    private static void refuseDoubles(IndexBuilder builder) {
        if (!builder.doubles().isEmpty()) {
            throw new Failure(
                    Failure.Code.CONFLICT,
                    builder.table().table().qualifiedName() + "."
                            + builder.index().attribute()
                            + " cannot become unique, since these have the same value: "
                            + String.join(", ", builder.doubles()) + "; change or remove them first");
        }
    }

    /** Writes how far an index is. */
    private Entry placed(Entry entry, IndexBuilder builder, byte[] key, Transaction transaction) {
        byte[] after = builder.after();
        List<IndexEntry> indexes = new ArrayList<>();
        for (IndexEntry index : entry.indexes()) {
            boolean it = index.attribute().equals(builder.index().attribute());
            indexes.add(
                    !it
                            ? index
                            : builder.ended()
                                    ? IndexEntry.ready(index.attribute(), index.type())
                                    : new IndexEntry(
                                            index.attribute(),
                                            index.type(),
                                            false,
                                            true,
                                            after == null ? "" : HexFormat.of().formatHex(after)));
        }
        Entry placed = new Entry(entry.number(), entry.numeric(), entry.history(), indexes);
        Database.put(database.tables, transaction, key, placed.write(key));
        return placed;
    }

    /** All of the index is in the files. */
    private void finish(IndexBuilder builder) {
        Transaction transaction = database.environment.beginReadonlyTransaction();
        try {
            builder.index().state().ready(transaction.getHighAddress());
        } finally {
            transaction.abort();
        }
    }

    /** Whether an index is being built. On the committer thread. */
    boolean builds() {
        return !building.isEmpty();
    }

    /** Goes on by one step with an index that is being built; where it is, is in the same transaction. */
    void build() {
        IndexBuilder builder = building.get(0);
        Table table = builder.table().table();
        byte[] key = Keys.id(table.qualifiedName());
        write(transaction -> {
            builder.step(STEP, transaction);
            byte[] value = Database.get(database.tables, transaction, key);
            if (value == null) {
                throw new DamagedException("the entry of " + table.qualifiedName() + " is missing");
            }
            return placed(Entry.read(key, value), builder, key, transaction);
        });
        if (builder.ended()) {
            building.remove(0);
            finish(builder);
            if (builder.doubles().isEmpty()) {
                LOG.info(
                        "index=ready table={} attribute={}",
                        table.qualifiedName(),
                        builder.index().attribute());
            } else {
                LOG.error(
                        "rows have the same value of a unique attribute; change or remove them: table={} attribute={} rows={}",
                        table.qualifiedName(),
                        builder.index().attribute(),
                        builder.doubles());
            }
        }
    }

    private record Declared(Entry entry, OpenTable table, List<IndexBuilder> building) {}

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
                IndexEntry fresh = new IndexEntry(attribute.name(), attribute.type(), false, true, "");
                wanted.add(known.stream().filter(fresh::same).findFirst().orElse(fresh));
            }
        }
        for (IndexEntry index : known) {
            if (wanted.stream().noneMatch(index::same)) {
                LOG.info("index=dropped table={} attribute={}", table.qualifiedName(), index.attribute());
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
