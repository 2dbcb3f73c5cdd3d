// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes of a row what was selected. Immutable. */
final class Projection {

    private record Column(Property property, Fields.Field field) {}

    private final Fields.Form form;
    private final List<Column> columns;

    Projection(Table table, Fields fields) {
        this.form = fields.form();
        this.columns = fields.fields().stream()
                .map(field -> new Column(Property.of(table, field.name()), field))
                .toList();
    }

    /** What comes in the row's place. */
    @Nullable
    Object of(Item item) {
        return switch (form) {
            case VALUE -> value(item, columns.get(0));
            case ARRAY -> {
                List<@Nullable Object> values = new ArrayList<>(columns.size());
                for (Column column : columns) {
                    values.add(value(item, column));
                }
                yield values;
            }
            case OBJECT -> {
                Map<String, @Nullable Object> object = new LinkedHashMap<>();
                for (Column column : columns) {
                    Object value = value(item, column);
                    if (value != null || present(item, column.property())) {
                        object.put(column.field().name(), value);
                    }
                }
                yield object;
            }
        };
    }

    /** Whether the row has the property, be it null. */
    private static boolean present(Item item, Property property) {
        return property.steps().size() == 1
                && item.body() instanceof Map<?, ?> map
                && map.containsKey(property.steps().get(0));
    }

    private static @Nullable Object value(Item item, Column column) {
        return part(item.value(column.property()), column.field().inner());
    }

    private static @Nullable Object part(@Nullable Object value, List<Fields.Field> inner) {
        if (inner.isEmpty()) {
            return value;
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> parts = new ArrayList<>(list.size());
            for (Object element : list) {
                parts.add(part(element, inner));
            }
            return parts;
        }
        if (!(value instanceof Map<?, ?> map)) {
            return value;
        }
        Map<String, @Nullable Object> part = new LinkedHashMap<>();
        for (Fields.Field field : inner) {
            if (map.containsKey(field.name())) {
                part.put(field.name(), part(map.get(field.name()), field.inner()));
            }
        }
        return part;
    }
}
