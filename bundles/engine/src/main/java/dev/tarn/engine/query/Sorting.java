// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The order of a query's answer: by properties, rows without a value last whichever the direction, then by id in the
 * direction of the last property. Immutable.
 */
final class Sorting {

    /** A property, and which way. */
    record Key(Property property, boolean descending) {}

    /**
     * Where a row is in the order.
     *
     * @param values of the properties; null for none
     */
    @SuppressWarnings("ArrayRecordComponent") // Compared by the order only.
    record Place(@Nullable Object[] values, Path path) {}

    private final Table table;
    private final List<Key> keys;
    private final Comparator<Path> ids;

    Sorting(Table table, List<Key> keys) {
        this.table = table;
        this.keys = List.copyOf(keys);
        this.ids = descending() ? table.order().reversed() : table.order();
    }

    /** The order that a query asks for. */
    static Sorting of(Subject subject, List<Question.Order> orders) {
        List<Key> keys = new ArrayList<>();
        for (Question.Order order : orders) {
            keys.add(new Key(Property.of(subject, order.property()).sortable(), order.descending()));
        }
        return new Sorting(subject.table(), keys);
    }

    List<Key> keys() {
        return keys;
    }

    /** Whether ids, which decide last, go down. */
    boolean descending() {
        return !keys.isEmpty() && keys.get(keys.size() - 1).descending();
    }

    /** Whether it is the order of ids alone. */
    boolean byId() {
        return keys.isEmpty() || keys.get(0).property().kind() == Property.Kind.KEY;
    }

    /** Which way ids go when they alone decide. */
    boolean idsDescending() {
        return !keys.isEmpty() && keys.get(0).descending();
    }

    /** The one property that decides, before ids in its direction; null when there is none, or more. */
    @Nullable
    Key only() {
        boolean idFollows = keys.size() == 2
                && keys.get(1).property().kind() == Property.Kind.KEY
                && keys.get(1).descending() == keys.get(0).descending();
        return keys.size() == 1 || idFollows ? keys.get(0) : null;
    }

    Place place(Item item) {
        @Nullable Object[] values = new Object[keys.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = item.ordered(keys.get(i).property());
        }
        return new Place(values, item.row().path());
    }

    int compare(Place a, Place b) {
        for (int i = 0; i < keys.size(); i++) {
            int order = compare(a.values()[i], b.values()[i], keys.get(i).descending());
            if (order != 0) {
                return order;
            }
        }
        return ids.compare(a.path(), b.path());
    }

    static int compare(@Nullable Object a, @Nullable Object b, boolean descending) {
        if (a == null || b == null) {
            return a == b ? 0 : a == null ? 1 : -1;
        }
        return descending ? Values.compare(b, a) : Values.compare(a, b);
    }

    /** The order in words: part of a cursor, so that it is used with the query that made it. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (Key key : keys) {
            text.append(text.isEmpty() ? "" : ",")
                    .append(key.descending() ? '-' : '+')
                    .append(key.property().name());
        }
        return text.toString();
    }

    /** Bytes that a place takes in memory, roughly. */
    static int size(Place place) {
        return 64
                + 24 * place.values().length
                + 2 * place.path().text().length()
                + Arrays.stream(place.values())
                        .mapToInt(value -> value instanceof String text ? 2 * text.length() : 0)
                        .sum();
    }

    Table table() {
        return table;
    }
}
