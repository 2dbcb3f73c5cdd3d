// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Origin;
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
 * @param hop the way to the rows of another table that it is about; null for this table's
 * @param inner what of those rows it is; null for the rows themselves, and where there is no hop
 * @param near from what it is the distance; null where it is none
 */
record Property(
        String name,
        List<String> steps,
        Kind kind,
        Attribute.Type type,
        boolean list,
        @Nullable Hop hop,
        @Nullable Property inner,
        @Nullable Near near) {

    /** What a property stands for. */
    enum Kind {
        /** What the row's body has under the name. */
        BODY,
        /** The row's id. */
        KEY,
        /** When the row was last changed, in milliseconds since 1970. */
        UPDATED,
        /** What rows of another table have that belong to the row, or those rows themselves. */
        JOIN,
        /** How far a vector of the row is from the one that the query names. */
        DISTANCE
    }

    /** The most tables that a name leads through. */
    private static final int HOPS = 8;

    Property {
        steps = List.copyOf(steps);
    }

    private Property(String name, List<String> steps, Kind kind, Attribute.Type type, boolean list) {
        this(name, steps, kind, type, list, null, null, null);
    }

    /**
     * The property of a table's rows that a query names.
     *
     * @throws Failure MALFORMED when the table has no such property and takes only declared ones
     */
    static Property of(Subject subject, String name) {
        return of(subject, name, 0);
    }

    private static Property of(Subject subject, String name, int hops) {
        Near near = subject.near();
        if (name.equals("$distance") && near != null) {
            return new Property(name, List.of(name), Kind.DISTANCE, Attribute.Type.FLOAT, false, null, null, near);
        }
        int dot = name.indexOf('.');
        Attribute first = subject.table()
                .attribute(dot < 0 ? name : name.substring(0, dot))
                .orElse(null);
        Origin.Related related = first == null ? null : first.traits().related().orElse(null);
        if (first == null || related == null) {
            if (first != null && first.traits().computed().isPresent()) {
                subject.ready().accept(first.name());
            }
            return stored(subject.table(), name);
        }
        if (hops == HOPS) {
            throw new Failure(Failure.Code.MALFORMED, name + " leads through more than " + HOPS + " tables");
        }
        Hop hop = Hop.of(subject, first, related);
        Property inner = dot < 0 ? null : of(hop.other(), name.substring(dot + 1), hops + 1);
        return new Property(
                name,
                List.of(first.name()),
                Kind.JOIN,
                inner == null ? Attribute.Type.OBJECT : inner.type(),
                hop.many() || (inner != null && inner.list()),
                hop,
                inner,
                null);
    }

    /** This property, as a value that can be compared. */
    Property comparable() {
        if (kind == Kind.JOIN && inner == null) {
            Hop way = java.util.Objects.requireNonNull(hop);
            throw new Failure(
                    Failure.Code.MALFORMED,
                    name + " stands for rows of " + way.other().table().name()
                            + "; name one of their attributes, such as " + name + ".$id");
        }
        return this;
    }

    /** This property, of which a row has one value that rows can be sorted by. */
    Property sortable() {
        if (kind == Kind.JOIN && comparable().list()) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    "several rows can belong to one by " + name + ", so it is no order of rows");
        }
        return this;
    }

    /** The property that a row holds itself under a name. */
    static Property stored(Table table, String name) {
        Attribute.Type keyType = table.numericIds()
                ? Attribute.Type.LONG
                : table.mixedIds() ? Attribute.Type.ANY : Attribute.Type.STRING;
        if (name.equals("$id")) {
            return new Property(name, List.of(name), Kind.KEY, keyType, false);
        } else if (name.equals("$updatedtime")) {
            return new Property(name, List.of(name), Kind.UPDATED, Attribute.Type.LONG, false);
        }
        Attribute whole = table.attribute(name).orElse(null);
        if (whole != null && whole.traits().hidden()) {
            throw new Failure(Failure.Code.MALFORMED, table.name() + " does not show " + QueryParser.shown(name));
        }
        if (whole != null && whole.primaryKey() && !table.composite()) {
            return new Property(name, List.of(name), Kind.KEY, keyType, false);
        } else if (whole != null) {
            return new Property(name, List.of(name), Kind.BODY, whole.type(), whole.list());
        }
        List<String> steps = List.of(name.split("\\.", -1));
        return nested(table, name, steps);
    }

    private static Property nested(Table table, String name, List<String> steps) {
        Attribute attribute = table.attribute(steps.get(0)).orElse(null);
        if (attribute != null && attribute.traits().hidden()) {
            throw new Failure(Failure.Code.MALFORMED, table.name() + " does not show " + attribute.name());
        }
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
        return !list && kind != Kind.JOIN && type != Attribute.Type.ANY && type != Attribute.Type.OBJECT;
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
