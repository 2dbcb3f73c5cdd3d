// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What sights made of small rows lately: a row that many read, or that one reads often, is judged, cut and encoded once. Rows are
 * immutable, and so are sights, so nothing in here can become wrong. Safe on any thread.
 */
public final class Glances {

    private static final int SLOTS = 2_048;

    /** Bytes of a row that is remembered. */
    private static final int LARGEST = 4_096;

    private record Glance(
            Sight sight,
            Path path,
            Body body,
            long version,
            @Nullable Row seen) {
        /** Whether it is of this row: of the very same body, since to compare would cost as much as to look. */
        @SuppressWarnings("ReferenceEquality")
        boolean of(Sight by, Row row) {
            return sight == by && body == row.body() && version == row.version() && path.equals(row.path());
        }
    }

    private final AtomicReferenceArray<@Nullable Glance> slots = new AtomicReferenceArray<>(SLOTS);

    @Nullable
    Row see(Sight sight, Row row) {
        int slot = (System.identityHashCode(row.body()) * 31 + System.identityHashCode(sight)) & SLOTS - 1;
        Glance last = slots.get(slot);
        if (last != null && last.of(sight, row)) {
            return last.seen();
        }
        Row seen = sight.look(row);
        if (row.body().bytes().length <= LARGEST) {
            slots.set(slot, new Glance(sight, row.path(), row.body(), row.version(), seen));
        }
        return seen;
    }
}
