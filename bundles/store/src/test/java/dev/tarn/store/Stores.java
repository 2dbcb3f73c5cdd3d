// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

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
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import dev.tarn.codec.CodecBodies;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Stores, tables and drafts for tests. */
final class Stores {

    static final Bodies BODIES = CodecBodies.standard();

    static final Table SENSORS = new Table(
            "data",
            "Sensors",
            "Sensors",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("location", Attribute.Type.STRING).withIndex(),
                    Attribute.of("temp", Attribute.Type.FLOAT).withIndex(),
                    new Attribute("tags", Attribute.Type.STRING, true, false, false, true, false, List.of())),
            Table.Rules.DECLARED);

    static final Table TOPICS = new Table("data", "topics", "", List.of(), Table.Rules.OPAQUE);

    static final Table COUNTERS = new Table(
            "data",
            "Counters",
            "Counters",
            List.of(Attribute.primaryKey("id", Attribute.Type.LONG)),
            Table.Rules.DECLARED);

    static final Table SESSIONS = new Table(
            "system", "sessions", null, List.of(Attribute.primaryKey("id", Attribute.Type.ID)), Table.Rules.STATE);

    private Stores() {}

    /** A configuration with defaults but for these. */
    static XodusStore.Config config(java.nio.file.Path directory, Map<String, ?> overrides) {
        return (XodusStore.Config) Proxy.newProxyInstance(
                Stores.class.getClassLoader(), new Class<?>[] {XodusStore.Config.class}, (proxy, method, arguments) -> {
                    Object value = overrides.get(method.getName());
                    return method.getName().equals("directory")
                            ? directory.toString()
                            : value != null
                                    ? value
                                    : method.getName().equals("cache") ? "64MB" : method.getDefaultValue();
                });
    }

    static XodusStore open(java.nio.file.Path directory) {
        return open(directory, Map.of(), InstantSource.system());
    }

    static XodusStore open(java.nio.file.Path directory, Map<String, ?> overrides, InstantSource time) {
        XodusStore store = new XodusStore(BODIES, config(directory, overrides), time);
        for (Table table : List.of(SENSORS, TOPICS, COUNTERS, SESSIONS)) {
            store.define(table);
        }
        return store;
    }

    static Body json(String json) {
        return BODIES.structured(Bodies.JSON, json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    static Body bytes(byte... bytes) {
        return BODIES.opaque(Body.OPAQUE, bytes);
    }

    static String json(Body body) {
        return new String(body.as(Bodies.JSON).bytes(), StandardCharsets.UTF_8).replace('"', '\'');
    }

    static Draft put(Table table, String path, String json) {
        return Draft.put(table, Path.of(path), json(json), Attributes.NONE, Expectation.ANYTHING);
    }

    static Draft put(String topic, byte... bytes) {
        return Draft.put(TOPICS, Path.of(topic), bytes(bytes), Attributes.NONE, Expectation.ANYTHING);
    }

    static Draft delete(Table table, String path) {
        return Draft.delete(table, Path.of(path), Attributes.NONE, Expectation.ANYTHING);
    }

    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    static Commit commit(Store store, Draft... drafts) {
        return await(store.commit(new Write(List.of(drafts), List.of())));
    }

    /** The code that it is refused with. */
    static Failure.Code refused(Store store, Draft... drafts) {
        try {
            commit(store, drafts);
        } catch (Failure e) {
            return e.code();
        }
        throw new AssertionError("it was accepted");
    }

    static List<Row> rows(Snapshot snapshot, Table table, Snapshot.Range range) {
        List<Row> all = new ArrayList<>();
        try (Snapshot.Rows rows = snapshot.rows(table, range)) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                all.add(row);
            }
        }
        return all;
    }

    static List<Row> index(Snapshot snapshot, String attribute, @Nullable Object from, @Nullable Object to) {
        return index(snapshot, SENSORS, attribute, from, to);
    }

    /** The rows with values of the attribute between these two, both included. */
    static List<Row> index(
            Snapshot snapshot, Table table, String attribute, @Nullable Object from, @Nullable Object to) {
        Snapshot.Span span = new Snapshot.Span(
                from == null ? null : new Snapshot.Span.Bound(from, true),
                to == null ? null : new Snapshot.Span.Bound(to, true),
                null,
                null,
                false);
        List<Row> rows = new ArrayList<>();
        try (Snapshot.Entries entries = snapshot.entries(table, attribute, span)) {
            while (entries.next()) {
                Row row = entries.row();
                if (row != null) {
                    rows.add(row);
                }
            }
        }
        return rows;
    }

    static List<String> ids(List<Row> rows) {
        return rows.stream().map(row -> row.path().text()).toList();
    }

    static List<Long> sequences(List<Change> changes) {
        return changes.stream().map(Change::sequence).toList();
    }
}
