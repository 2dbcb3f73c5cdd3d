// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the way to the rows of a query. How many rows a way leads to is counted in the index itself, as far as it matters;
 * so there are no statistics that could be out of date. Blocks while it counts.
 */
final class Planner {

    /** Ways are counted so far at least, and at most. */
    private static final int LEAST = 1_000;

    private static final int MOST = 10_000;

    private final Subject subject;
    private final Table table;
    private final Snapshot snapshot;
    /** An attribute that rows would be walked in the order of, were its index built. */
    private @Nullable String unbuilt;

    Planner(Subject subject, Snapshot snapshot) {
        this.subject = subject;
        this.table = subject.table();
        this.snapshot = snapshot;
    }

    /** A way, and how many rows it leads to: all of them, or as many as were counted. */
    private record Counted(Access access, long rows, boolean all) {}

    /**
     * The plan.
     *
     * @param sorting the order that is asked for; null where any will do
     * @param rows how many rows are wanted from the beginning; {@link Long#MAX_VALUE} for all
     * @param counting whether to count in any case, to tell how many
     */
    Plan plan(Matcher matcher, @Nullable Sorting sorting, long rows, boolean counting) {
        List<Access> candidates = built(new Candidates(subject, snapshot).of(matcher));
        Access ordered = sorting == null ? null : ordered(sorting);
        // The only way, in the right order: there is nothing to choose.
        boolean clear = candidates.size() == 1 && (sorting == null || gives(candidates.get(0), sorting));
        boolean choice = !candidates.isEmpty() && !clear;
        Counted best = choice || (counting && !candidates.isEmpty())
                ? best(candidates, most(rows))
                : candidates.isEmpty() ? null : new Counted(candidates.get(0), -1, false);
        if (sorting == null) {
            return best == null
                    ? plan(matcher, new Counted(Access.Keys.ALL, -1, false), null, false)
                    : plan(matcher, best, null, false);
        }
        Counted inOrder = inOrder(candidates, best, sorting, ordered);
        String missing = unbuilt;
        if (best == null && inOrder == null && missing != null) {
            throw building(missing);
        }
        if (best == null) {
            return inOrder != null
                    ? plan(matcher, inOrder, sorting, false)
                    : plan(matcher, new Counted(Access.Keys.ALL, -1, false), sorting, true);
        }
        if (gives(best.access(), sorting)) {
            return plan(matcher, best, sorting, false);
        }
        return best.all() || inOrder == null
                ? plan(matcher, best, sorting, true)
                : plan(matcher, inOrder, sorting, false);
    }

    private Plan plan(Matcher matcher, Counted counted, @Nullable Sorting sorting, boolean sorts) {
        return new Plan(subject, matcher, counted.access(), sorting, sorts, counted.rows(), counted.all());
    }

    /** Beyond so many rows it is better to walk in order, and stop when there are enough, than to gather and sort. */
    private int most(long rows) {
        if (rows == Long.MAX_VALUE) {
            return MOST;
        }
        double even = Math.sqrt((double) Math.max(1, rows) * Math.max(1, snapshot.count(table)));
        return (int) Math.max(LEAST, Math.min(MOST, even));
    }

    // Order

    /** The way to all rows in this order, if there is one. */
    private @Nullable Access ordered(Sorting sorting) {
        if (sorting.byId()) {
            return Access.Keys.ALL;
        }
        Sorting.Key only = sorting.only();
        if (only == null || !walkable(only.property())) {
            return null;
        }
        return new Access.Index(only.property(), List.of(new Snapshot.Span(null, null, null, null, false)));
    }

    private boolean walkable(Property property) {
        boolean indexed = property.kind() == Property.Kind.BODY
                && property.single()
                && table.attribute(property.name()).map(Attribute::indexed).orElse(false);
        if (indexed && snapshot.built(table, property.name()) < 1) {
            unbuilt = property.name();
            return false;
        }
        return indexed;
    }

    /**
     * The ways that can be gone now.
     *
     * @throws Failure UNAVAILABLE when there are only such that lead over an index that is being built
     */
    private List<Access> built(List<Access> ways) {
        String missing = null;
        List<Access> built = new ArrayList<>();
        for (Access way : ways) {
            String attribute = unbuilt(way);
            if (attribute == null) {
                built.add(way);
            }
            missing = attribute == null ? missing : attribute;
        }
        if (built.isEmpty() && missing != null) {
            throw building(missing);
        }
        return built;
    }

    /** The attribute of an index that is not built yet and this way leads over; null for none. */
    private @Nullable String unbuilt(Access way) {
        if (way instanceof Access.Index index) {
            String attribute = index.property().name();
            return snapshot.built(table, attribute) < 1 ? attribute : null;
        } else if (way instanceof Access.Union union) {
            for (Access.Union.Branch branch : union.branches()) {
                String attribute = unbuilt(branch.access());
                if (attribute != null) {
                    return attribute;
                }
            }
        }
        return null;
    }

    private Failure building(String attribute) {
        return new Failure(
                Failure.Code.UNAVAILABLE,
                "the index over " + attribute + " is being built and at "
                        + (int) (100 * snapshot.built(table, attribute)) + " %; try again");
    }

    /** Whether rows come this way in the order. */
    private boolean gives(Access access, Sorting sorting) {
        if (access instanceof Access.Index index) {
            Sorting.Key only = sorting.only();
            return sorting.byId()
                    ? index.equality()
                    : only != null
                            && !index.withNothing()
                            && walkable(only.property())
                            && only.property().equals(index.property());
        }
        return !(access instanceof Access.Union) && sorting.byId();
    }

    /** The narrowest way in the order: a candidate that has it, or all rows. */
    private @Nullable Counted inOrder(
            List<Access> candidates, @Nullable Counted best, Sorting sorting, @Nullable Access ordered) {
        if (best != null && gives(best.access(), sorting)) {
            return best;
        }
        return candidates.stream()
                .filter(each -> gives(each, sorting))
                .min(Comparator.comparingInt(Access::rank))
                .or(() -> java.util.Optional.ofNullable(ordered))
                .map(access -> new Counted(access, -1, false))
                .orElse(null);
    }

    // Counting

    private Counted best(List<Access> candidates, int most) {
        List<Access> likely = candidates.stream()
                .sorted(Comparator.comparingInt(Access::rank))
                .toList();
        Counted best = null;
        for (Access access : likely) {
            // One that has as many rows as the best one so far need not be counted further.
            long cap = best != null && best.all() ? best.rows() : most;
            long rows = count(access, cap);
            if (best == null || (rows < cap && (!best.all() || rows < best.rows()))) {
                best = new Counted(access, rows, rows < cap);
            }
        }
        return java.util.Objects.requireNonNull(best);
    }

    /** How many rows a way leads to; the cap where there are as many or more. */
    private long count(Access access, long cap) {
        if (access instanceof Access.Points points) {
            return Math.min(cap, points.paths().size());
        } else if (access instanceof Access.Keys keys) {
            return count(keys, cap);
        } else if (access instanceof Access.Index index) {
            return count(index, cap);
        }
        long rows = 0;
        for (Access.Union.Branch branch : ((Access.Union) access).branches()) {
            rows += count(branch.access(), cap - rows);
            if (rows >= cap) {
                return cap;
            }
        }
        return rows;
    }

    private long count(Access.Keys keys, long cap) {
        KeySource source = new KeySource(table, keys, false, null);
        source.open(snapshot);
        try {
            long rows = 0;
            for (Row row = source.next(); rows < cap && row != null; row = source.next()) {
                rows++;
            }
            return rows;
        } finally {
            source.close();
        }
    }

    private long count(Access.Index index, long cap) {
        long rows = 0;
        for (Snapshot.Span span : index.spans()) {
            try (Snapshot.Entries entries =
                    snapshot.entries(table, index.property().name(), span)) {
                while (rows < cap && entries.next()) {
                    rows++;
                }
            }
        }
        return rows;
    }

    /** The table's path, for answers that are about no row. */
    static Path about(Table table) {
        String export = table.export();
        return Path.of(export == null || export.isEmpty() ? table.name() : export);
    }
}
