// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a query is run. Immutable.
 *
 * @param access the way to the rows
 * @param sorting the order of the answer; null where any will do
 * @param sorts whether rows have to be sorted, since they do not come in that order
 * @param estimate how many rows it leads to; -1 where nothing was counted
 * @param counted whether these are all, rather than as many as were counted
 * @param rest what is still to be asked of rows that come this way
 */
record Plan(
        Subject subject,
        Matcher matcher,
        Access access,
        @Nullable Sorting sorting,
        boolean sorts,
        long estimate,
        boolean counted,
        Matcher rest) {

    Plan(
            Subject subject,
            Matcher matcher,
            Access access,
            @Nullable Sorting sorting,
            boolean sorts,
            long estimate,
            boolean counted) {
        this(subject, matcher, access, sorting, sorts, estimate, counted, rest(matcher, access));
    }

    /** Rows of one value of an index have that value, so they need not be decoded to see it. */
    private static Matcher rest(Matcher matcher, Access access) {
        if (access instanceof Access.Index index
                && index.equality()
                && index.property().single()
                && matcher instanceof Matcher.All all) {
            return new Matcher.All(all.parts().stream()
                    .filter(part -> !(part instanceof Matcher.Test test && test.isOf(index)))
                    .toList());
        }
        return matcher;
    }

    /** For people: what explain() answers. */
    Map<String, Object> explained(Question question) {
        Map<String, Object> explained = new LinkedHashMap<>();
        explained.put("table", subject.table().name());
        explained.put("access", access.text());
        explained.put("scan", access instanceof Access.Keys keys && keys.whole());
        if (estimate >= 0) {
            explained.put("rows", counted ? (Object) estimate : "more than " + estimate);
        }
        String filter = matcher.text();
        if (!filter.isEmpty()) {
            explained.put("filter", filter);
        }
        if (question.gathers()) {
            explained.put("gathers", question.group().isEmpty() ? "all rows" : String.join(",", question.group()));
        } else if (sorting != null) {
            explained.put("order", sorting.keys().isEmpty() ? "+$id" : sorting.text());
            explained.put("sort", sorts ? "in memory" : "as read");
        }
        return explained;
    }

    /** Whether rows are looked at that nothing but a scan leads to. */
    boolean scans() {
        return access instanceof Access.Keys keys && keys.whole();
    }

    /** Whether every row of the table is an answer, whatever it holds. */
    boolean takesAll() {
        return scans()
                && matcher instanceof Matcher.All all
                && all.parts().isEmpty()
                && !subject.table().root();
    }

    /** A source of its rows, from the beginning or from behind a row in the plan's order. */
    Source source(Sorting.@Nullable Place after, Joins joins) {
        return new Sources(subject.table(), joins).of(access, sorts ? null : sorting, sorts ? null : after);
    }
}
