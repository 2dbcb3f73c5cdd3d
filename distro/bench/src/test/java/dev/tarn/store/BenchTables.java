// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import dev.tarn.codec.CodecBodies;
import dev.tarn.testkit.Configs;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import jetbrains.exodus.io.FileDataReader;

/** The tables, rows and stores of the benchmarks. */
final class BenchTables {

    static final int KEYS = 100_000;

    /** Bytes of a page cache that holds everything. */
    static final long CACHE = 256L << 20;

    static final Table OPAQUE = new Table("data", "topics", "", List.of(), Table.Rules.OPAQUE);

    /** One attribute has an index, and each write changes it. */
    static final Table INDEXED = new Table(
            "data",
            "Sensors",
            "Sensors",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("temp", Attribute.Type.FLOAT).withIndex()),
            Table.Rules.DECLARED);

    private static final Bodies BODIES = CodecBodies.standard();
    private static final int SOME = 4_096;

    private BenchTables() {}

    static XodusStore open(java.nio.file.Path directory, Map<String, ?> overrides) {
        return open(directory, overrides, SafeDataWriter::new);
    }

    static XodusStore open(
            java.nio.file.Path directory, Map<String, ?> overrides, Function<FileDataReader, SafeDataWriter> disk) {
        Map<String, Object> values = new HashMap<>(overrides);
        values.put("directory", directory.toString());
        values.putIfAbsent("cache", (CACHE >> 20) + "MB");
        // The clock goes on by a minute when it has been read once, so that the log may be trimmed at once.
        AtomicLong passed = new AtomicLong();
        XodusStore store = new XodusStore(
                BODIES,
                Configs.of(XodusStore.Config.class, values),
                () -> Instant.now().plusSeconds(passed.getAndSet(60)),
                disk);
        store.define(OPAQUE);
        store.define(INDEXED);
        return store;
    }

    static Path[] paths() {
        Path[] paths = new Path[KEYS];
        for (int i = 0; i < KEYS; i++) {
            paths[i] = Path.of("Sensors/device-" + i);
        }
        return paths;
    }

    /** Bodies of about 100 bytes, as they come from a connection. */
    static Body[] bodies(Table table) {
        SplittableRandom random = new SplittableRandom(1);
        Body[] bodies = new Body[SOME];
        for (int i = 0; i < SOME; i++) {
            if (table.equals(OPAQUE)) {
                byte[] bytes = new byte[100];
                random.nextBytes(bytes);
                bodies[i] = BODIES.opaque(Body.OPAQUE, bytes);
            } else {
                String json = "{\"id\":\"1\",\"location\":\"warehouse\",\"temp\":" + random.nextInt(9_973) / 10.0
                        + ",\"comment\":\"a text of some length so that the row has a hundred bytes\"}";
                Body parsed = BODIES.structured(Bodies.JSON, json.getBytes(StandardCharsets.UTF_8));
                bodies[i] =
                        BODIES.structured(Bodies.CBOR, parsed.as(Bodies.CBOR).bytes());
            }
        }
        return bodies;
    }

    static Write write(Table table, Path path, Body body) {
        return Write.of(Draft.put(table, path, body, Attributes.NONE, Expectation.ANYTHING));
    }
}
