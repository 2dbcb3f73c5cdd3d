// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A query as it is written, not bound to any table yet.
 *
 * @param sort by what, most important first
 * @param group by what rows are gathered, for aggregates
 * @param near from what distances are wanted; null for none
 */
record Question(
        Where where,
        @Nullable Fields select,
        List<Order> sort,
        Page page,
        List<Aggregate> aggregates,
        List<String> group,
        boolean explain,
        @Nullable Near near) {

    /** One of the things that rows are sorted by. */
    record Order(String property, boolean descending) {}

    /** Which of the matching rows. */
    record Page(long offset, long limit, @Nullable String after) {
        static final Page ALL = new Page(0, Long.MAX_VALUE, null);
    }

    /**
     * Something computed over rows.
     *
     * @param property of what; empty for a count of rows
     * @param text as it is written, which is its name in the answer
     */
    record Aggregate(Function function, String property, String text) {}

    /** What can be computed. */
    enum Function {
        COUNT,
        SUM,
        AVG,
        MIN,
        MAX
    }

    Question {
        sort = List.copyOf(sort);
        aggregates = List.copyOf(aggregates);
        group = List.copyOf(group);
    }

    /** Whether rows are gathered instead of returned. */
    boolean gathers() {
        return !aggregates.isEmpty() || !group.isEmpty();
    }
}
