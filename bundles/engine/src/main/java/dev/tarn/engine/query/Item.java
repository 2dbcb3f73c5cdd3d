// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A row that is being looked at; its body is decoded at most once, and only if something asks for it. For one thread. */
final class Item {

    private static final int MICROSECONDS = 1_000;

    private final Table table;
    private final Row row;
    private final Joins joins;
    private @Nullable Object body;
    private boolean decoded;

    /** @param joins looks up the rows that belong to it */
    Item(Table table, Row row, Joins joins) {
        this.table = table;
        this.row = row;
        this.joins = joins;
    }

    Row row() {
        return row;
    }

    /** The same row, of which nothing is decoded. */
    Item fresh() {
        return new Item(table, row, joins);
    }

    /** The row's id: a Long where it is a number. */
    Object id() {
        return table.key(String.valueOf(table.id(row.path())));
    }

    /** The row's whole value; null for one that stands for none. */
    @Nullable
    Object body() {
        if (!decoded) {
            decoded = true;
            body = decoded(row.body());
        }
        return body;
    }

    /** What a topic holds need not be what its media type says; then it has no properties. */
    private static @Nullable Object decoded(Body body) {
        if (body.structured()) {
            return body.value();
        }
        try {
            return body.value();
        } catch (Failure notAValue) {
            return null;
        }
    }

    /** The value of a property, or null. */
    @Nullable
    Object value(Property property) {
        return switch (property.kind()) {
            case KEY -> id();
            case UPDATED -> row.version() / MICROSECONDS;
            case BODY -> property.in(body());
            case JOIN -> joined(property);
            case DISTANCE -> {
                Near near = Objects.requireNonNull(property.near());
                yield near.distance(Property.stored(table, near.attribute()).in(body()));
            }
        };
    }

    /** The rows that belong to it. */
    List<Item> related(Property property) {
        return joins.of(this, Objects.requireNonNull(property.hop()));
    }

    /** What the rows that belong to it have: one value, or a list where several can. */
    private @Nullable Object joined(Property property) {
        Property inner = Objects.requireNonNull(property.comparable().inner());
        List<@Nullable Object> values = new ArrayList<>();
        for (Item each : related(property)) {
            Object value = each.value(inner);
            if (inner.kind() == Property.Kind.JOIN && value instanceof List<?> several) {
                values.addAll(several);
            } else {
                values.add(value);
            }
        }
        boolean several =
                Objects.requireNonNull(property.hop()).many() || (inner.kind() == Property.Kind.JOIN && inner.list());
        return several ? values : values.isEmpty() ? null : values.get(0);
    }

    /** The value of a property as far as it can be sorted by; null for none, and for lists and objects. */
    @Nullable
    Object ordered(Property property) {
        Object value = value(property);
        return value == null || !Values.ordered(value) ? null : value;
    }
}
