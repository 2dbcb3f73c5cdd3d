// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something of a row that has a name: a property, one within another ({@code a.b}), or {@code $id} and {@code $updatedtime}.
 *
 * @param steps the names from the outside in
 * @param kind what it stands for
 * @param type as declared; ANY where nothing is
 * @param list whether it is declared to hold a list
 */
record Property(String name, List<String> steps, Kind kind, Attribute.Type type, boolean list) {

    /** What a property stands for. */
    enum Kind {
        /** What the row's body has under the name. */
        BODY,
        /** The row's id. */
        KEY,
        /** When the row was last changed, in milliseconds since 1970. */
        UPDATED
    }

    Property {
        steps = List.copyOf(steps);
    }

    /**
     * The property of a table's rows that a query names.
     *
     * @throws Failure MALFORMED when the table has no such property and takes only declared ones
     */
    static Property of(Table table, String name) {
        Attribute.Type keyType = table.numericIds() ? Attribute.Type.LONG : Attribute.Type.STRING;
        if (name.equals("$id")) {
            return new Property(name, List.of(name), Kind.KEY, keyType, false);
        } else if (name.equals("$updatedtime")) {
            return new Property(name, List.of(name), Kind.UPDATED, Attribute.Type.LONG, false);
        }
        Attribute whole = table.attribute(name).orElse(null);
        if (whole != null && whole.primaryKey()) {
            return new Property(name, List.of(name), Kind.KEY, keyType, false);
        } else if (whole != null) {
            return new Property(name, List.of(name), Kind.BODY, whole.type(), whole.list());
        }
        List<String> steps = List.of(name.split("\\.", -1));
        return nested(table, name, steps);
    }

    private static Property nested(Table table, String name, List<String> steps) {
        Attribute attribute = table.attribute(steps.get(0)).orElse(null);
        if (attribute == null && table.rules().sealed()) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    table.name() + " has no " + QueryParser.shown(name) + "; it has "
                            + String.join(
                                    ", ",
                                    table.attributes().stream()
                                            .map(Attribute::name)
                                            .toList()));
        }
        for (int i = 1; attribute != null && i < steps.size(); i++) {
            String step = steps.get(i);
            attribute = attribute.nested().stream()
                    .filter(each -> each.name().equals(step))
                    .findFirst()
                    .orElse(null);
        }
        return attribute == null
                ? new Property(name, steps, Kind.BODY, Attribute.Type.ANY, false)
                : new Property(name, steps, Kind.BODY, attribute.type(), attribute.list());
    }

    /** Whether each row has at most one value of one sort for it, so that an index has the row once. */
    boolean single() {
        return !list && type != Attribute.Type.ANY && type != Attribute.Type.OBJECT;
    }

    /** What a row's value has under this name; lists on the way are not looked into. */
    @Nullable
    Object in(@Nullable Object body) {
        Object value = body;
        for (String step : steps) {
            value = value instanceof Map<?, ?> map ? map.get(step) : null;
        }
        return value;
    }
}
