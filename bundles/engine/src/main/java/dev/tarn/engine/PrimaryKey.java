// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which properties of a row say its id: one, or several whose values stand in the id with slashes between them; only the
 * last of these may have slashes in itself. Immutable, safe on any thread.
 */
final class PrimaryKey {
    private final Table table;
    private final List<Attribute> parts;
    private final List<String> names;

    PrimaryKey(Table table) {
        this.table = table;
        this.parts = table.primaryKeys();
        this.names = parts.isEmpty()
                ? List.of("id")
                : parts.stream().map(Attribute::name).toList();
    }

    /** The properties, in order; {@code id} where none is declared. */
    List<String> names() {
        return names;
    }

    /**
     * The values that an id stands for.
     *
     * @throws Failure MALFORMED when it cannot be an id of the table
     */
    Map<String, Object> values(String id) {
        Map<String, Object> values = new LinkedHashMap<>();
        if (parts.size() < 2) {
            values.put(names.get(0), table.key(id));
            return values;
        }
        int from = 0;
        for (int i = 0; i < parts.size(); i++) {
            int slash = i == parts.size() - 1 ? id.length() : id.indexOf('/', from);
            if (slash <= from) {
                throw new Failure(
                        Failure.Code.MALFORMED,
                        "ids of " + table.name() + " are " + String.join("/", names) + ", not \"" + Schema.shown(id)
                                + "\"");
            }
            values.put(names.get(i), value(parts.get(i), id.substring(from, slash)));
            from = slash + 1;
        }
        return values;
    }

    private Object value(Attribute part, String text) {
        boolean whole = part.type() == Attribute.Type.INT || part.type() == Attribute.Type.LONG;
        if (!whole) {
            return text;
        }
        try {
            long number = Long.parseLong(text);
            boolean fits = part.type() == Attribute.Type.LONG || number == (int) number;
            if (fits && Long.toString(number).equals(text)) {
                return number;
            }
        } catch (NumberFormatException none) {
            throw notWhole(part, text);
        }
        throw notWhole(part, text);
    }

    private Failure notWhole(Attribute part, String text) {
        return new Failure(
                Failure.Code.MALFORMED,
                part.name() + " is part of the ids of " + table.name() + " and a whole number, not \""
                        + Schema.shown(text) + "\"");
    }

    /**
     * The id that an object has; null when it has none.
     *
     * @throws Failure INVALID when it has part of one, or what cannot be part of one
     */
    @Nullable
    String id(Map<String, @Nullable Object> object) {
        if (parts.size() < 2) {
            Object id = object.get(names.get(0));
            return id instanceof String || id instanceof Number ? id.toString() : null;
        }
        StringBuilder id = new StringBuilder();
        List<String> violations = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            Object value = object.get(names.get(i));
            String text = value instanceof String || value instanceof Number ? value.toString() : "";
            if (text.isEmpty()) {
                violations.add(names.get(i) + ": is required to say which row it is");
            } else if (i < parts.size() - 1 && text.indexOf('/') >= 0) {
                violations.add(names.get(i) + ": has a slash, which only the last part of an id may have");
            }
            id.append(i == 0 ? "" : "/").append(text);
        }
        if (!violations.isEmpty()) {
            throw new Failure(Failure.Code.INVALID, "the body has no id", violations);
        }
        return id.toString();
    }
}
