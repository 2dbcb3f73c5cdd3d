// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The table that is asked.
 *
 * @param reaches whether a row is reachable, and not hidden behind another table
 * @param shown a row as readers get it
 * @param others the tables that rows are related to, by qualified name; fails where they may not be read
 * @param ready is told of an attribute that a query is about; fails while rows do not have its values
 * @param near from what the query wants distances; null for none
 * @param sight which rows, and what of them
 */
public record Subject(
        Table table,
        Predicate<Path> reaches,
        UnaryOperator<Row> shown,
        Bodies bodies,
        Function<String, Subject> others,
        Consumer<String> ready,
        @Nullable Near near,
        Sight sight) {
    /** A table of which no distances are asked for yet. */
    public Subject(
            Table table,
            Predicate<Path> reaches,
            UnaryOperator<Row> shown,
            Bodies bodies,
            Function<String, Subject> others,
            Consumer<String> ready) {
        this(table, reaches, shown, bodies, others, ready, null, Sight.ALL);
    }

    Subject near(@Nullable Near wanted) {
        return new Subject(table, reaches, shown, bodies, others, ready, wanted, sight);
    }

    /** The same table for somebody who sees this of it. */
    public Subject seenBy(Sight limited) {
        UnaryOperator<Row> seen = limited.whole() ? shown : row -> limited.shown(shown.apply(row));
        return new Subject(table, reaches, seen, bodies, others, ready, near, limited);
    }
}
