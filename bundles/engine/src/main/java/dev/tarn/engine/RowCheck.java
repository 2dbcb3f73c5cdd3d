// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Table;
import dev.tarn.engine.query.Expression;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes an object the row that a table takes: with its id, what is put in by the server, defaults, values of the declared
 * types, computed ones last; and finds every rule that it breaks. Immutable, safe on any thread.
 */
final class RowCheck {
    /** How many violations are listed at most. */
    private static final int VIOLATIONS = 100;

    private final Table table;
    private final PrimaryKey key;
    private final Map<String, Field> fields;
    private final boolean changes;

    /**
     * When and over what a row is written.
     *
     * @param now milliseconds since 1970
     * @param before the row that is replaced; null where there is none
     * @param expiresAt when the row expires unless it says so itself, milliseconds since 1970; 0 for never
     */
    record Occasion(long now, @Nullable Map<String, @Nullable Object> before, long expiresAt) {
        /** Now, in place of no row. */
        static Occasion at(long now) {
            return new Occasion(now, null, 0);
        }
    }

    RowCheck(Table table, PrimaryKey key, Map<String, Field> fields) {
        this.table = table;
        this.key = key;
        this.fields = fields;
        this.changes = fields.values().stream()
                .anyMatch(field -> !(field.traits().origin() instanceof Origin.Sent)
                        || field.traits().otherwise() != null);
    }

    /**
     * The row; the same map when it was like that.
     *
     * @throws Failure INVALID with every violation
     */
    Map<String, @Nullable Object> checked(String id, Map<String, @Nullable Object> object, Occasion occasion) {
        List<String> violations = new ArrayList<>();
        Map<String, @Nullable Object> keyed = keyed(key.values(id), object);
        if (changes) {
            Map<String, @Nullable Object> filled = new LinkedHashMap<>(keyed);
            fields.values().forEach(field -> put(field, filled, occasion, violations));
            keyed = filled;
        }
        Map<String, @Nullable Object> checked =
                checked(keyed, fields, table.rules().sealed(), "", violations);
        if (violations.isEmpty() && changes) {
            compute(checked, violations);
        }
        if (!violations.isEmpty()) {
            throw new Failure(
                    Failure.Code.INVALID,
                    "the body breaks the schema of " + table.name() + ": " + String.join("; ", violations),
                    violations);
        }
        return checked;
    }

    private static Map<String, @Nullable Object> keyed(
            Map<String, Object> right, Map<String, @Nullable Object> object) {
        boolean there = true;
        for (Map.Entry<String, Object> part : right.entrySet()) {
            there &= part.getValue().equals(object.get(part.getKey()));
        }
        if (there) {
            return object;
        }
        Map<String, @Nullable Object> keyed = new LinkedHashMap<>(right);
        object.forEach((name, value) -> {
            if (!right.containsKey(name)) {
                keyed.put(name, value);
            }
        });
        return keyed;
    }

    /** What the server puts into the row, whatever was sent. */
    private static void put(
            Field field, Map<String, @Nullable Object> row, Occasion occasion, List<String> violations) {
        String name = field.attribute().name();
        Origin origin = field.traits().origin();
        if (origin instanceof Origin.Stamped stamped) {
            stamp(field, stamped.moment(), row, occasion);
        } else if (origin instanceof Origin.Computed) {
            row.remove(name);
        } else if (origin instanceof Origin.Related related && row.get(name) != null) {
            String from = related.from();
            add(
                    violations,
                    name + ": stands for rows of another table; " + (from == null ? "change those" : "set " + from));
        } else if (!row.containsKey(name) && field.traits().otherwise() != null) {
            row.put(name, field.traits().otherwise());
        }
    }

    private static void stamp(Field field, Origin.Moment moment, Map<String, @Nullable Object> row, Occasion occasion) {
        String name = field.attribute().name();
        Map<String, @Nullable Object> before = occasion.before();
        Object was = before == null ? null : before.get(name);
        switch (moment) {
            case CREATED -> row.put(name, was == null ? moment(field, occasion.now()) : was);
            case UPDATED -> row.put(name, moment(field, occasion.now()));
            case EXPIRES -> {
                if (row.get(name) == null && occasion.expiresAt() != 0) {
                    row.put(name, moment(field, occasion.expiresAt()));
                }
            }
        }
    }

    private static Object moment(Field field, long milliseconds) {
        return field.attribute().type() == Attribute.Type.DATE
                ? (Object) Instant.ofEpochMilli(milliseconds)
                : (Object) milliseconds;
    }

    /** The row with its computed values as they are declared now, as far as they can be computed. */
    Map<String, @Nullable Object> recomputed(Map<String, @Nullable Object> row) {
        Map<String, @Nullable Object> computed = new LinkedHashMap<>(row);
        for (Field field : fields.values()) {
            if (field.expression() != null) {
                computed.remove(field.attribute().name());
            }
        }
        compute(computed, new ArrayList<>());
        return computed;
    }

    private void compute(Map<String, @Nullable Object> row, List<String> violations) {
        for (Field field : fields.values()) {
            Expression expression = field.expression();
            Object value = expression == null ? null : expression.of(row);
            if (value != null) {
                String name = field.attribute().name();
                row.put(name, value(value, field, name, violations));
            } else if (expression != null && field.attribute().required()) {
                add(violations, field.attribute().name() + ": is required, and cannot be computed from this row");
            }
        }
    }

    private Map<String, @Nullable Object> checked(
            Map<String, @Nullable Object> object,
            Map<String, Field> declared,
            boolean sealed,
            String prefix,
            List<String> violations) {
        Map<String, @Nullable Object> changed = object;
        for (Field field : declared.values()) {
            String name = field.attribute().name();
            Object value = object.get(name);
            if (value == null && !prefix.isEmpty() && !object.containsKey(name)) {
                value = field.traits().otherwise();
            }
            if (value == null) {
                if (field.attribute().required() && field.expression() == null) {
                    add(violations, prefix + name + ": is required");
                }
                continue;
            }
            Object checked = value(value, field, prefix + name, violations);
            if (checked != object.get(name)) {
                changed = changed == object ? new LinkedHashMap<>(object) : changed;
                changed.put(name, checked);
            }
        }
        if (sealed) {
            for (String name : object.keySet()) {
                if (!declared.containsKey(name)
                        && !(prefix.isEmpty() && key.names().contains(name))) {
                    add(violations, prefix + Schema.shown(name) + ": is not declared");
                }
            }
        }
        return changed;
    }

    /** The value as declared, or itself where it breaks a rule, which is then among the violations. */
    private Object value(Object value, Field field, String where, List<String> violations) {
        Attribute attribute = field.attribute();
        if (!attribute.list()) {
            return element(value, field, where, violations);
        }
        if (!(value instanceof List<?> elements)) {
            add(violations, where + ": must be a list, not " + Schema.described(value));
            return value;
        }
        field.length(elements.size(), "elements", text -> add(violations, where + ": " + text));
        List<@Nullable Object> changed = null;
        for (int i = 0; i < elements.size(); i++) {
            Object element = elements.get(i);
            if (element == null) {
                if (attribute.elementRequired()) {
                    add(violations, where + "[" + i + "]: is required");
                }
                continue;
            }
            Object checked = element(element, field, where + "[" + i + "]", violations);
            if (checked != element) {
                changed = changed == null ? new ArrayList<>(elements) : changed;
                changed.set(i, checked);
            }
        }
        return changed == null ? value : changed;
    }

    private Object element(Object value, Field field, String where, List<String> violations) {
        Object converted = field.scalar(value, text -> add(violations, where + ": " + text));
        if (field.nested().isEmpty() || !(converted instanceof Map<?, ?> properties)) {
            return converted;
        }
        return checked(Schema.object(properties), field.nested(), table.rules().sealed(), where + ".", violations);
    }

    private static void add(List<String> violations, String violation) {
        if (violations.size() < VIOLATIONS) {
            violations.add(violation);
        }
    }
}
