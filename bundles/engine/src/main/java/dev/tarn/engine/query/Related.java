// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns a condition on rows of another table into one on the rows that these belong to, where few of the others pass it. For
 * one plan.
 */
final class Related {
    /** So many rows of the other table are read at most. */
    private static final int MOST = 1_000;

    private final Snapshot snapshot;

    Related(Snapshot snapshot) {
        this.snapshot = snapshot;
    }

    /** A condition that all rows fulfil which fulfil the test, about what they hold themselves; null where there is none. */
    Matcher.@Nullable Test own(Matcher.Test test) {
        Hop hop = test.property().hop();
        Property inner = test.property().inner();
        if (hop == null || inner == null || !worth(hop)) {
            return null;
        }
        Matcher.Test theirs = new Matcher.Test(inner, test.operator(), test.values(), test.none());
        Subject other = hop.other();
        Access best = new Candidates(other, snapshot)
                .of(theirs).stream().min(Comparator.comparingInt(Access::rank)).orElse(null);
        if (best == null || !readable(other, best)) {
            return null;
        }
        try {
            return few(hop, theirs, best);
        } catch (Failure tooMuch) {
            // Whatever cannot be read here is said by the query itself.
            return null;
        }
    }

    private Matcher.@Nullable Test few(Hop hop, Matcher.Test theirs, Access best) {
        Subject other = hop.other();
        TreeSet<Object> values = new TreeSet<>(Values::compare);
        long[] looked = new long[1];
        try (Joins joins = new Joins(rows -> {
                    looked[0] += rows;
                    if (looked[0] > 10 * MOST) {
                        throw new Failure(Failure.Code.BUSY, "too many rows for a plan");
                    }
                })
                .open(snapshot)) {
            Source source = new Sources(other.table(), joins).of(best, null, null);
            source.open(snapshot);
            try {
                int read = 0;
                for (Row row = source.next(); row != null; row = source.next()) {
                    if (++read > MOST) {
                        return null;
                    }
                    Item item = new Item(other.table(), row, joins);
                    if (other.reaches().test(row.path()) && theirs.matches(item)) {
                        add(values, hop.to() == null ? item.id() : item.value(hop.to()));
                    }
                }
            } finally {
                source.close();
            }
        }
        return new Matcher.Test(hop.from(), Operator.IN, List.copyOf(values), false);
    }

    /** Whether rows can be found by what they have in common with the others. */
    private static boolean worth(Hop hop) {
        return hop.from().kind() == Property.Kind.KEY
                || (hop.from().kind() == Property.Kind.BODY && hop.from().type() != Attribute.Type.OBJECT);
    }

    private boolean readable(Subject other, Access access) {
        if (access instanceof Access.Index index) {
            return snapshot.built(other.table(), index.property().name()) == 1;
        } else if (access instanceof Access.Union union) {
            return union.branches().stream().allMatch(branch -> readable(other, branch.access()));
        }
        return true;
    }

    private static void add(Set<Object> values, @Nullable Object value) {
        if (value instanceof List<?> list) {
            list.forEach(each -> add(values, each));
        } else if (value != null && Values.ordered(value)) {
            values.add(value);
        }
    }
}
