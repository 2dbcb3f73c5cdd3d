// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Snapshot.Span;
import dev.tarn.api.store.Snapshot.Span.Bound;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds the ways to the rows that conditions can match. For one query. */
final class Candidates {

    private final Table table;
    private final Snapshot snapshot;

    Candidates(Subject subject, Snapshot snapshot) {
        this.table = subject.table();
        this.snapshot = snapshot;
    }

    /** Ways that lead to every row that matches, and to others; empty where only a scan does. */
    List<Access> of(Matcher matcher) {
        List<Access> found = new ArrayList<>();
        if (matcher instanceof Matcher.All all) {
            Map<String, List<Matcher.Test>> tests = new LinkedHashMap<>();
            for (Matcher part : all.parts()) {
                if (part instanceof Matcher.Test test) {
                    tests.computeIfAbsent(test.property().name(), first -> new ArrayList<>())
                            .add(test);
                } else {
                    found.addAll(of(part));
                }
            }
            tests.values().forEach(same -> addAll(found, same));
            addLeading(found, tests);
        } else if (matcher instanceof Matcher.Any any) {
            Access.Union union = union(any);
            if (union != null) {
                found.add(union);
            }
        } else if (matcher instanceof Matcher.Test test) {
            addAll(found, List.of(test));
            addLeading(found, Map.of(test.property().name(), List.of(test)));
        }
        return found;
    }

    private Access.@Nullable Union union(Matcher.Any any) {
        List<Access.Union.Branch> branches = new ArrayList<>();
        for (Matcher part : any.parts()) {
            Access best =
                    of(part).stream().min(Comparator.comparingInt(Access::rank)).orElse(null);
            if (best == null) {
                return null;
            }
            branches.add(new Access.Union.Branch(best, part));
        }
        return branches.isEmpty() ? null : new Access.Union(branches);
    }

    /** Ways for several tests of one property that must all hold. */
    private void addAll(List<Access> found, List<Matcher.Test> tests) {
        Property property = tests.get(0).property();
        if (property.kind() == Property.Kind.JOIN) {
            for (Matcher.Test test : tests) {
                Matcher own = new Related(snapshot).own(test);
                found.addAll(own == null ? List.of() : of(own));
            }
        } else if (property.kind() == Property.Kind.KEY) {
            Access keys = keys(tests);
            if (keys != null) {
                found.add(keys);
            }
        } else if (indexed(property)) {
            if (property.single()) {
                addIndex(found, property, tests);
            } else {
                // Different elements of a list may pass different tests.
                tests.forEach(test -> addIndex(found, property, List.of(test)));
            }
        }
    }

    /** Where several attributes are the id: the ids that begin with the values of the first ones. */
    private void addLeading(List<Access> found, Map<String, List<Matcher.Test>> tests) {
        if (!table.composite()) {
            return;
        }
        StringBuilder prefix = new StringBuilder();
        int parts = 0;
        for (Attribute part : table.primaryKeys()) {
            Object value = tests.getOrDefault(part.name(), List.of()).stream()
                    .filter(test -> test.operator() == Operator.EQUAL && !test.none())
                    .map(test -> test.values().get(0))
                    .findFirst()
                    .orElse(null);
            boolean text = part.type() == Attribute.Type.ID || part.type() == Attribute.Type.STRING;
            if (value == null || text != value instanceof String || (!text && !(value instanceof Long))) {
                break;
            }
            prefix.append(parts == 0 ? "" : "/").append(value);
            parts++;
        }
        if (parts == table.primaryKeys().size()) {
            found.add(points(List.of(prefix.toString())));
        } else if (parts > 0) {
            found.add(new Access.Keys(prefix.append('/').toString(), null, null));
        }
    }

    private boolean indexed(Property property) {
        return property.kind() == Property.Kind.BODY
                && table.attribute(property.name()).map(Attribute::indexed).orElse(false);
    }

    // Ids

    private @Nullable Access keys(List<Matcher.Test> tests) {
        String prefix = "";
        Access.Keys.Bound from = null;
        Access.Keys.Bound to = null;
        for (Matcher.Test test : tests) {
            if (test.none() || test.values().isEmpty()) {
                continue;
            }
            Object value = test.values().get(0);
            switch (test.operator()) {
                case EQUAL, IN -> {
                    return points(test.values());
                }
                case STARTS -> {
                    if (table.numericIds()) {
                        return new Access.Points(List.of());
                    }
                    prefix = ((String) value).length() > prefix.length() ? (String) value : prefix;
                }
                case ABOVE, AT_LEAST -> {
                    Path path = Joins.path(table, value);
                    if (path != null && (from == null || table.order().compare(path, from.path()) > 0)) {
                        from = new Access.Keys.Bound(path, test.operator() == Operator.AT_LEAST);
                    }
                }
                case BELOW, AT_MOST -> {
                    Path path = Joins.path(table, value);
                    if (path != null && (to == null || table.order().compare(path, to.path()) < 0)) {
                        to = new Access.Keys.Bound(path, test.operator() == Operator.AT_MOST);
                    }
                }
                case DIFFERENT, CONTAINS, ENDS -> {}
            }
        }
        Access.Keys keys = new Access.Keys(prefix, from, to);
        return keys.whole() ? null : keys;
    }

    private Access points(List<Object> values) {
        TreeSet<Path> paths = new TreeSet<>(table.order());
        for (Object value : values) {
            Path path = Joins.path(table, value);
            if (path != null) {
                paths.add(path);
            }
        }
        return new Access.Points(List.copyOf(paths));
    }

    // Indexes

    private static void addIndex(List<Access> found, Property property, List<Matcher.Test> tests) {
        Bound from = null;
        Bound to = null;
        Access best = null;
        for (Matcher.Test test : tests) {
            if (!test.values().stream().allMatch(Candidates::fits)) {
                continue;
            }
            boolean equal = test.operator() == Operator.EQUAL || test.operator() == Operator.IN;
            if (test.none() && equal) {
                best = better(best, in(property, test));
                continue;
            } else if (test.none() || test.values().isEmpty()) {
                continue;
            }
            Object value = test.values().get(0);
            switch (test.operator()) {
                case EQUAL -> best = new Access.Index(property, List.of(equal(value)));
                case IN -> best = better(best, in(property, test));
                case STARTS -> {
                    Span span = new Span(null, null, (String) value, null, false);
                    best = better(best, new Access.Index(property, List.of(span)));
                }
                case ABOVE, AT_LEAST -> {
                    if (from == null || Values.compare(value, from.value()) > 0) {
                        from = new Bound(value, test.operator() == Operator.AT_LEAST);
                    }
                }
                case BELOW, AT_MOST -> {
                    if (to == null || Values.compare(value, to.value()) < 0) {
                        to = new Bound(value, test.operator() == Operator.AT_MOST);
                    }
                }
                case DIFFERENT, CONTAINS, ENDS -> {}
            }
        }
        if (best == null && (from != null || to != null)) {
            best = new Access.Index(property, List.of(new Span(from, to, null, null, false)));
        }
        if (best != null) {
            found.add(best);
        }
    }

    private static Access better(@Nullable Access a, Access b) {
        return a == null || b.rank() < a.rank() ? b : a;
    }

    private static Access in(Property property, Matcher.Test test) {
        TreeSet<Object> values = new TreeSet<>(Values::compare);
        values.addAll(test.values());
        if (test.none()) {
            values.add(Snapshot.Nothing.NOTHING);
        }
        if (property.single()) {
            return new Access.Index(
                    property, values.stream().map(Candidates::equal).toList());
        }
        List<Access.Union.Branch> branches = new ArrayList<>();
        for (Object value : values) {
            boolean none = value == Snapshot.Nothing.NOTHING;
            branches.add(new Access.Union.Branch(
                    new Access.Index(property, List.of(equal(value))),
                    new Matcher.Test(property, Operator.EQUAL, none ? List.of() : List.of(value), none)));
        }
        return new Access.Union(branches);
    }

    private static Snapshot.Span equal(Object value) {
        Bound bound = new Bound(value, true);
        return new Span(bound, bound, null, null, false);
    }

    /** Whether a value can be in an index: numbers beyond the doubles cannot. */
    private static boolean fits(Object value) {
        return !(value instanceof Number number) || Double.isFinite(number.doubleValue());
    }
}
