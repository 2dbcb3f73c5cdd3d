// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resource;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Tables;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Keeps rows equal to what data files say, as Harper does: a row that is not there is put; one that was loaded, and whose
 * loaded properties are still as they were, is patched when its record changes; all others are the users'. What was loaded is
 * kept in {@code system.loaded}, in the commit of the row. Blocks. For one thread.
 */
final class LoadedRows {

    /** By qualified table and id: the record's hash, and what the row had of its properties. */
    private static final Table LOADED = new Table(
            Table.SYSTEM,
            "loaded",
            null,
            List.of(Attribute.primaryKey("id", Attribute.Type.STRING)),
            Table.Rules.STATE);

    /** Rows that are under way at once. */
    private static final int AT_ONCE = 256;

    /** Reasons that are told of one file. */
    private static final int TOLD = 20;

    private final Tables tables;
    private final Bodies bodies;
    private final Store store;
    private final Context self;

    /**
     * What came of a file.
     *
     * @param left how many rows are no longer as they were loaded, and stay so
     * @param refused why records were not taken, the first ones
     */
    record Tally(int made, int changed, int left, List<String> refused) {
        int changes() {
            return made + changed;
        }
    }

    /** What is remembered of a row that was loaded. */
    private record Memory(String hash, Map<?, ?> values) {}

    /** A record that is to become a row. */
    private record Given(Table table, Path path, Map<?, ?> record, String hash) {}

    private enum Outcome {
        SAME,
        MADE,
        CHANGED,
        LEFT
    }

    LoadedRows(Tables tables, Resources resources, Bodies bodies, Store store) {
        this.tables = tables;
        this.bodies = bodies;
        this.store = store;
        this.self = resources.context(new User("dataLoader", Set.of(), true), "dataLoader", "dataLoader", null);
        store.define(LOADED);
    }

    /** Puts a file's rows in place. */
    Tally load(Table table, DataFile file) {
        Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
        List<String> refused = new ArrayList<>();
        Deque<CompletionStage<Outcome>> underWay = new ArrayDeque<>();
        int first = 0;
        for (int i = 0; i <= file.records().size(); i++) {
            while (!underWay.isEmpty()
                    && (underWay.size() == AT_ONCE || i == file.records().size())) {
                try {
                    counts.merge(wait(underWay.removeFirst()), 1, Integer::sum);
                } catch (Failure failure) {
                    if (refused.size() < TOLD) {
                        refused.add(reason(first, failure));
                    }
                }
                first++;
            }
            if (i < file.records().size()) {
                underWay.addLast(begin(table, file.records().get(i)));
            }
        }
        return new Tally(
                counts.getOrDefault(Outcome.MADE, 0),
                counts.getOrDefault(Outcome.CHANGED, 0),
                counts.getOrDefault(Outcome.LEFT, 0),
                refused);
    }

    private static String reason(int record, Failure failure) {
        String why = failure.violations().isEmpty() ? failure.reason() : String.join(", ", failure.violations());
        return "records[" + record + "] is not loaded: " + why;
    }

    private CompletionStage<Outcome> begin(Table table, Map<?, ?> record) {
        try {
            Path path = table.path(id(table, record));
            Given given = new Given(table, path, record, hash(record));
            Memory before = memory(table, path);
            if (before != null && before.hash().equals(given.hash())) {
                return CompletableFuture.completedFuture(Outcome.SAME);
            }
            Resource rows = tables.rows(table.qualifiedName());
            return rows.get(self, path)
                    .thenCompose(there -> before == null
                            ? put(rows, given, there.isPresent())
                            : patch(rows, given, before, there.orElse(null)));
        } catch (Failure refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private CompletionStage<Outcome> put(Resource rows, Given given, boolean there) {
        if (there) {
            return CompletableFuture.completedFuture(Outcome.LEFT);
        }
        Body body = bodies.of(plain(given.record()));
        return remembered(rows.put(self, given.path(), body, terms(given, Expectation.ABSENT)), given, Outcome.MADE);
    }

    private CompletionStage<Outcome> patch(Resource rows, Given given, Memory before, @Nullable Row there) {
        if (there == null || !same(before.values(), there)) {
            return CompletableFuture.completedFuture(Outcome.LEFT);
        }
        Terms terms = terms(given, Expectation.at(Set.of(there.version())));
        Body body = bodies.of(plain(given.record()));
        return remembered(rows.patch(self, given.path(), body, terms), given, Outcome.CHANGED);
    }

    /** Remembers what the row has now; LEFT where somebody else was quicker. */
    private CompletionStage<Outcome> remembered(CompletionStage<Commit> written, Given given, Outcome outcome) {
        return written.thenCompose(commit -> {
                    for (Change change : commit.changes()) {
                        Body body = change.body();
                        if (body != null
                                && change.table().equals(given.table().qualifiedName())
                                && body.value() instanceof Map<?, ?> row) {
                            Memory memory = new Memory(given.hash(), part(given.record(), row));
                            return store.commit(Write.of(draft(given, memory))).thenApply(kept -> outcome);
                        }
                    }
                    return CompletableFuture.completedFuture(outcome);
                })
                .exceptionallyCompose(failure -> overtaken(failure)
                        ? CompletableFuture.completedFuture(Outcome.LEFT)
                        : CompletableFuture.failedFuture(failure));
    }

    private static boolean overtaken(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof Failure refused
                && refused.violations().isEmpty()
                && (refused.code() == Failure.Code.PRECONDITION || refused.code() == Failure.Code.CONFLICT);
    }

    /** The hash goes into the commit of the row, so that no row is there that nobody knows the origin of. */
    private Terms terms(Given given, Expectation expected) {
        return new Terms(Attributes.NONE, expected, List.of(draft(given, new Memory(given.hash(), Map.of()))));
    }

    private static String id(Table table, Map<?, ?> record) {
        List<String> parts = new ArrayList<>();
        List<String> names = table.primaryKeys().stream().map(Attribute::name).toList();
        for (String name : names.isEmpty() ? List.of("id") : names) {
            Object value = record.get(name);
            if (!(value instanceof String || value instanceof Number)) {
                throw new Failure(Failure.Code.INVALID, "it has no " + name + ", by which it would be known again");
            }
            parts.add(value.toString());
        }
        return String.join("/", parts);
    }

    /** Whether the row still has what was loaded; what else it has does not matter. */
    private boolean same(Map<?, ?> loaded, Row row) {
        Object value = row.body().value();
        Map<?, ?> now = value instanceof Map<?, ?> map ? map : Map.of();
        return java.util.Arrays.equals(
                bodies.of(loaded).as(Bodies.CBOR).bytes(),
                bodies.of(part(loaded, now)).as(Bodies.CBOR).bytes());
    }

    /** What an object has of the properties of another one. */
    private static Map<String, @Nullable Object> part(Map<?, ?> of, Map<?, ?> object) {
        Map<String, @Nullable Object> part = new TreeMap<>();
        for (Object name : of.keySet()) {
            if (object.containsKey(name)) {
                part.put(String.valueOf(name), object.get(name));
            }
        }
        return part;
    }

    private @Nullable Memory memory(Table table, Path path) {
        try (Snapshot snapshot = store.snapshot()) {
            return snapshot.get(LOADED, key(table, path))
                    .map(row -> row.body().value() instanceof Map<?, ?> map
                                    && map.get("hash") instanceof String hash
                                    && map.get("values") instanceof Map<?, ?> values
                            ? new Memory(hash, new TreeMap<>(values))
                            : null)
                    .orElse(null);
        }
    }

    private Draft draft(Given given, Memory memory) {
        Path key = key(given.table(), given.path());
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("id", LOADED.id(key));
        row.put("hash", memory.hash());
        row.put("values", memory.values());
        return Draft.put(LOADED, key, bodies.of(row), Attributes.NONE, Expectation.ANYTHING);
    }

    private static Path key(Table table, Path path) {
        return LOADED.path(table.qualifiedName() + "/" + table.id(path));
    }

    private String hash(Map<?, ?> record) {
        try {
            byte[] bytes = bodies.of(plain(record)).as(Bodies.CBOR).bytes();
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java has SHA-256", missing);
        }
    }

    /** With properties in one order, and numbers as codecs have them. */
    private static @Nullable Object plain(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> ordered = new TreeMap<>();
            map.forEach((name, each) -> ordered.put(String.valueOf(name), plain(each)));
            return ordered;
        } else if (value instanceof List<?> list) {
            List<@Nullable Object> elements = new ArrayList<>();
            list.forEach(each -> elements.add(plain(each)));
            return elements;
        }
        return value instanceof Integer number ? (Object) number.longValue() : value;
    }

    private static <T> T wait(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof Failure failure) {
                throw new Failure(failure.code(), failure.reason(), failure.violations());
            }
            throw failed;
        }
    }
}
