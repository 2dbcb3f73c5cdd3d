// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A table of database {@code system} in which a protocol keeps its own state by id: durable, not in the log, told to nobody. Safe
 * on any thread.
 */
public final class StateTable {
    private final Table table;
    private final Bodies bodies;

    /** Defines the table; blocks while it is not known yet. */
    public StateTable(Store store, Bodies bodies, String name) {
        this.table = new Table(
                Table.SYSTEM,
                name,
                null,
                List.of(Attribute.primaryKey("id", Attribute.Type.STRING)),
                Table.Rules.STATE);
        this.bodies = bodies;
        store.define(table);
    }

    /** What puts a row, whatever was there; the values get the id. */
    public Draft put(String id, Map<String, @Nullable Object> values) {
        values.put("id", id);
        return Draft.put(table, table.path(id), bodies.of(values), Attributes.NONE, Expectation.ANYTHING);
    }

    /** What removes a row, if there is one. */
    public Draft delete(String id) {
        return Draft.delete(table, table.path(id), Attributes.NONE, Expectation.ANYTHING);
    }

    /** Reads all rows, by id. Blocks. */
    public void each(Snapshot snapshot, BiConsumer<String, Map<?, ?>> reader) {
        try (Snapshot.Rows rows = snapshot.rows(table, Snapshot.Range.ALL)) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                String id = table.id(row.path());
                if (id != null && row.body().value() instanceof Map<?, ?> values) {
                    reader.accept(id, values);
                }
            }
        }
    }
}
