// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Gathers rows into groups and computes over each: counts, sums, averages, least and greatest values. Sums are exact until
 * the end, so they do not depend on the order of rows. Rows without a value are counted by {@code count()} only.
 */
final class Grouping implements Gathering {

    /** The most groups. */
    static final int GROUPS = 100_000;

    private static final int GROUP = 200;

    private final Subject subject;
    private final List<Question.Aggregate> aggregates;
    private final List<@Nullable Property> of = new ArrayList<>();
    private final List<Property> by;
    private final List<Question.Order> order;
    private final TreeMap<List<@Nullable Object>, Sum[]> groups = new TreeMap<>(Grouping::compare);

    Grouping(Subject subject, Question question) {
        this.subject = subject;
        this.aggregates = question.aggregates();
        for (Question.Aggregate aggregate : aggregates) {
            of.add(
                    aggregate.property().isEmpty()
                            ? null
                            : Property.of(subject, aggregate.property()).sortable());
        }
        this.by = question.group().stream()
                .map(name -> Property.of(subject, name).sortable())
                .toList();
        this.order = question.sort();
        for (Question.Order each : order) {
            if (by.stream().noneMatch(property -> property.name().equals(each.property()))
                    && aggregates.stream()
                            .noneMatch(aggregate -> aggregate.text().equals(each.property()))) {
                throw new Failure(
                        Failure.Code.MALFORMED,
                        "groups are sorted by what they are grouped by or by an aggregate, and "
                                + QueryParser.shown(each.property()) + " is neither");
            }
        }
    }

    private static int compare(List<@Nullable Object> a, List<@Nullable Object> b) {
        for (int i = 0; i < a.size(); i++) {
            int order = Sorting.compare(a.get(i), b.get(i), false);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    /** What is known of one property in one group. */
    private static final class Sum {
        private long count;
        private BigDecimal sum = BigDecimal.ZERO;
        private boolean inexact;
        private long numbers;
        private @Nullable Object least;
        private @Nullable Object greatest;

        void add(Question.Function function, @Nullable Object value) {
            if (value == null) {
                return;
            }
            count++;
            switch (function) {
                case COUNT -> {}
                case SUM, AVG -> {
                    if (value instanceof Number number) {
                        numbers++;
                        inexact |= number instanceof Double;
                        sum = sum.add(Values.decimal(number));
                    }
                }
                case MIN -> least = least == null || Values.compare(value, least) < 0 ? value : least;
                case MAX -> greatest = greatest == null || Values.compare(value, greatest) > 0 ? value : greatest;
            }
        }

        @Nullable
        Object result(Question.Function function) {
            return switch (function) {
                case COUNT -> count;
                case SUM -> total();
                case AVG ->
                    numbers == 0
                            ? null
                            : (Object) sum.divide(BigDecimal.valueOf(numbers), MathContext.DECIMAL64)
                                    .doubleValue();
                case MIN -> least;
                case MAX -> greatest;
            };
        }

        private Object total() {
            if (inexact) {
                return sum.doubleValue();
            }
            try {
                BigInteger whole = sum.toBigIntegerExact();
                return whole.bitLength() < Long.SIZE ? (Object) whole.longValue() : whole;
            } catch (ArithmeticException fraction) {
                return sum;
            }
        }
    }

    @Override
    public long add(Item item) {
        List<@Nullable Object> key = new ArrayList<>(by.size());
        for (Property property : by) {
            key.add(item.ordered(property));
        }
        Sum[] sums = groups.get(key);
        long more = 0;
        if (sums == null) {
            if (groups.size() >= GROUPS) {
                throw new Failure(Failure.Code.MALFORMED, "more than " + GROUPS + " groups; group by less");
            }
            sums = new Sum[aggregates.size()];
            for (int i = 0; i < sums.length; i++) {
                sums[i] = new Sum();
            }
            groups.put(key, sums);
            more = GROUP * (1L + sums.length);
            for (Object part : key) {
                more += part instanceof String text ? 2L * text.length() : 0;
            }
        }
        for (int i = 0; i < sums.length; i++) {
            Property property = of.get(i);
            sums[i].add(aggregates.get(i).function(), property == null ? (Object) true : item.ordered(property));
        }
        return more;
    }

    @Override
    public boolean counts() {
        return by.isEmpty()
                && aggregates.stream()
                        .allMatch(each -> each.function() == Question.Function.COUNT
                                && each.property().isEmpty());
    }

    @Override
    public void count(long rows) {
        Sum[] sums = groups.computeIfAbsent(List.of(), all -> {
            Sum[] fresh = new Sum[aggregates.size()];
            java.util.Arrays.setAll(fresh, i -> new Sum());
            return fresh;
        });
        for (Sum sum : sums) {
            sum.count += rows;
        }
    }

    @Override
    public Iterator<Answered> finish() {
        if (by.isEmpty() && groups.isEmpty()) {
            Sum[] none = new Sum[aggregates.size()];
            java.util.Arrays.setAll(none, i -> new Sum());
            groups.put(List.of(), none);
        }
        List<Map<String, @Nullable Object>> results = new ArrayList<>();
        groups.forEach((key, sums) -> results.add(result(key, sums)));
        if (!order.isEmpty()) {
            results.sort(order());
        }
        Path about = Planner.about(subject.table());
        return results.stream()
                .map(result -> new Answered(new Row(about, subject.bodies().of(result), 0, Attributes.NONE), null))
                .iterator();
    }

    private Comparator<Map<String, @Nullable Object>> order() {
        return (a, b) -> {
            for (Question.Order each : order) {
                int compared = Sorting.compare(a.get(each.property()), b.get(each.property()), each.descending());
                if (compared != 0) {
                    return compared;
                }
            }
            return 0;
        };
    }

    private Map<String, @Nullable Object> result(List<@Nullable Object> key, Sum[] sums) {
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        for (int i = 0; i < by.size(); i++) {
            result.put(by.get(i).name(), key.get(i));
        }
        for (int i = 0; i < sums.length; i++) {
            Question.Aggregate aggregate = aggregates.get(i);
            result.put(aggregate.text(), sums[i].result(aggregate.function()));
        }
        return result;
    }
}
