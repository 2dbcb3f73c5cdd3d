// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The node's own keys, made when they are first asked for and kept in {@code system.keys}. Safe on any thread; blocks. */
final class KeyTable {

    private static final Table TABLE = new Table(
            Table.SYSTEM, "keys", null, List.of(Attribute.primaryKey("name", Attribute.Type.ID)), Table.Rules.STATE);
    private static final long COMMIT_SECONDS = 60;

    private final Store store;
    private final Bodies bodies;

    KeyTable(Store store, Bodies bodies) {
        this.store = store;
        this.bodies = bodies;
        store.define(TABLE);
    }

    /** The parts of the key of this name; when there is none it is made, and durable when this returns. */
    Map<?, ?> key(String name, Supplier<Map<String, byte[]>> made) {
        Row row;
        try (Snapshot snapshot = store.snapshot()) {
            row = snapshot.get(TABLE, TABLE.path(name)).orElse(null);
        }
        if (row != null) {
            if (row.body().value() instanceof Map<?, ?> map) {
                return map;
            }
            throw new IllegalStateException("the row " + name + " of system.keys is no key");
        }
        Map<String, Object> fresh = new LinkedHashMap<>(made.get());
        fresh.put("name", name);
        keep(name, fresh);
        return fresh;
    }

    /** A part of a key. */
    static byte[] part(Map<?, ?> key, String part) {
        if (key.get(part) instanceof byte[] bytes) {
            return bytes;
        }
        throw new IllegalStateException("the row " + key.get("name") + " of system.keys has no " + part);
    }

    /** 32 bytes that nobody else knows. */
    byte[] secret(String name) {
        return part(key(name, () -> Map.of("secret", Secrets.random(32))), "secret");
    }

    private void keep(String name, Map<String, Object> row) {
        try {
            store.commit(Write.of(
                            Draft.put(TABLE, TABLE.path(name), bodies.of(row), Attributes.NONE, Expectation.ABSENT)))
                    .toCompletableFuture()
                    .get(COMMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the key " + name + " was written", stop);
        } catch (ExecutionException | TimeoutException failed) {
            throw new IllegalStateException("the key " + name + " cannot be written", failed);
        }
    }
}
