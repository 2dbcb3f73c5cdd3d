// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Table;
import org.jspecify.annotations.Nullable;

/**
 * The way from rows of one table to the rows of another that belong to them. Immutable.
 *
 * @param from what a row of this table has in common with those; its id or an attribute
 * @param to what those have in common with it; null for their id
 * @param many whether several rows can belong to one
 */
record Hop(Property from, Subject other, @Nullable Property to, boolean many) {
    /** The way that a relationship says. */
    static Hop of(Subject subject, Attribute attribute, Origin.Related related) {
        Table table = subject.table();
        Subject other = subject.others().apply(related.table());
        String from = related.from();
        String to = related.to();
        boolean byId = to == null
                || other.table().primaryKey().map(key -> key.name().equals(to)).orElse(false);
        Property own = Property.stored(table, from == null ? "$id" : from);
        return new Hop(own, other, byId ? null : Property.stored(other.table(), String.valueOf(to)), attribute.list());
    }
}
