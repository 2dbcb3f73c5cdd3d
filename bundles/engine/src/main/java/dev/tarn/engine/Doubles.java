// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds values that several rows have. By a hash of 64 bits each, so many rows at a time as fit into a few megabytes; only
 * rows whose hashes are the same are compared. For one attribute; blocks.
 */
final class Doubles {
    private static final int AT_ONCE = 1_000_000;
    private static final int ROWS = 2_000;
    private static final int NAMED = 5;

    private final Commons commons;
    private final Table table;
    private final String attribute;

    Doubles(Commons commons, Table table, String attribute) {
        this.commons = commons;
        this.table = table;
        this.attribute = attribute;
    }

    /** @throws Failure CONFLICT when there are any */
    void check() {
        long[] count = new long[1];
        each((value, path) -> count[0]++);
        int parts = (int) (count[0] / AT_ONCE) + 1;
        for (int part = 0; part < parts; part++) {
            check(part, parts, (int) (2 * (count[0] / parts) + 1_000));
        }
    }

    private void check(int part, int parts, int most) {
        long[] hashes = new long[most];
        int[] filled = new int[1];
        each((value, path) -> {
            long hash = hash(value);
            if (Long.remainderUnsigned(hash, parts) == part && filled[0] < most) {
                hashes[filled[0]++] = hash;
            }
        });
        Arrays.sort(hashes, 0, filled[0]);
        Set<Long> suspects = new HashSet<>();
        for (int i = 1; i < filled[0] && suspects.size() < NAMED; i++) {
            if (hashes[i] == hashes[i - 1]) {
                suspects.add(hashes[i]);
            }
        }
        if (!suspects.isEmpty()) {
            name(suspects);
        }
    }

    private void name(Set<Long> suspects) {
        Map<Object, Path> first = new HashMap<>();
        Set<String> doubles = new TreeSet<>();
        each((value, path) -> {
            if (suspects.contains(hash(value)) && doubles.size() < NAMED) {
                Object key = value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value;
                Path other = first.putIfAbsent(key, path);
                if (other != null) {
                    doubles.add(other + " and " + path);
                }
            }
        });
        if (!doubles.isEmpty()) {
            throw new Failure(
                    Failure.Code.CONFLICT,
                    table.qualifiedName() + "." + attribute + " cannot become unique, since these have the same value: "
                            + String.join(", ", doubles) + "; change or remove them first");
        }
    }

    private void each(BiConsumer<Object, Path> value) {
        Path after = null;
        do {
            after = some(value, after);
        } while (after != null);
    }

    private @Nullable Path some(BiConsumer<Object, Path> taker, @Nullable Path after) {
        try (Snapshot snapshot = commons.store().snapshot();
                Snapshot.Rows rows = snapshot.rows(table, new Snapshot.Range("", after, false))) {
            Row row = rows.next();
            Path last = null;
            for (int i = 0; row != null && i < ROWS; i++) {
                last = row.path();
                Object value = row.body().value() instanceof Map<?, ?> map ? map.get(attribute) : null;
                if (value != null) {
                    taker.accept(value, last);
                }
                row = rows.next();
            }
            return row == null ? null : last;
        }
    }

    /** Equal values have equal hashes. */
    private static long hash(Object value) {
        byte[] bytes = value instanceof byte[] raw
                ? raw
                : (value instanceof Number number ? "n" + number.doubleValue() : "t" + value)
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        long hash = 0xCBF2_9CE4_8422_2325L;
        for (byte each : bytes) {
            hash = (hash ^ (each & 0xFF)) * 0x100_0000_01B3L;
        }
        hash ^= hash >>> 32;
        hash *= 0xD6E8_FEB8_6659_FD93L;
        return hash ^ (hash >>> 32);
    }
}
