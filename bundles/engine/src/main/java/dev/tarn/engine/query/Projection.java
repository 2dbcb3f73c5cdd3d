// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Takes of a row what was selected. Immutable. */
final class Projection {

    /**
     * One of the things that were selected.
     *
     * @param related what is taken of the rows that it stands for; null for all of them, and where it stands for none
     */
    private record Column(
            Property property,
            Fields.Field field,
            Subject subject,
            @Nullable Projection related) {
        static Column of(Subject subject, Fields.Field field) {
            Property property = Property.of(subject, field.name());
            Hop hop = property.hop();
            Projection related =
                    hop == null || property.inner() != null || field.inner().isEmpty()
                            ? null
                            : new Projection(hop.other(), new Fields(Fields.Form.OBJECT, field.inner()));
            return new Column(property, field, subject, related);
        }

        boolean rows() {
            return property.hop() != null && property.inner() == null;
        }
    }

    private final Fields.Form form;
    private final List<Column> columns;

    Projection(Subject subject, Fields fields) {
        this.form = fields.form();
        this.columns =
                fields.fields().stream().map(field -> Column.of(subject, field)).toList();
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
        return property.hop() == null
                && property.steps().size() == 1
                && item.body() instanceof Map<?, ?> map
                && map.containsKey(property.steps().get(0));
    }

    private static @Nullable Object value(Item item, Column column) {
        if (column.rows()) {
            return rows(item, column);
        }
        return part(item.value(column.property()), column.field().inner());
    }

    /** The rows that belong to it: one, or a list where several can. */
    private static @Nullable Object rows(Item item, Column column) {
        Hop hop = Objects.requireNonNull(column.property().hop());
        List<@Nullable Object> rows = new ArrayList<>();
        for (Item each : item.related(column.property())) {
            Projection related = column.related();
            rows.add(
                    related == null
                            ? hop.other().shown().apply(each.row()).body().value()
                            : related.of(each));
        }
        return hop.many() ? rows : rows.isEmpty() ? null : rows.get(0);
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
