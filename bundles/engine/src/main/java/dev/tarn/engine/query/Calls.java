// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The calls of a query: select, sort, limit, after, aggregate, group and explain. For one query. */
final class Calls {

    private static final Set<String> KNOWN =
            new TreeSet<>(Set.of("select", "sort", "limit", "after", "aggregate", "group", "explain", "near"));

    /** The most properties that are named in one call. */
    private static final int NAMES = 1_000;
    /** The most numbers of a vector, and the most rows that are the nearest ones. */
    private static final int DIMENSIONS = 4_096;

    private static final int NEAREST = 1_000;
    private final Set<String> seen = new TreeSet<>();
    private @Nullable Fields select;
    private List<Question.Order> sort = List.of();
    private long offset;
    private long limit = Long.MAX_VALUE;
    private @Nullable String after;
    private List<Question.Aggregate> aggregates = List.of();
    private List<String> group = List.of();
    private @Nullable Near near;

    /** Whether there is a call of this name. */
    static boolean known(String name) {
        return KNOWN.contains(name);
    }

    /**
     * Takes one call.
     *
     * @param arguments what is between its brackets, decoded
     * @param position where it begins in the query
     */
    void take(String name, String arguments, int position) {
        if (!known(name)) {
            throw QueryParser.wrong(position, "there is no " + name + "(…); there are " + String.join(", ", KNOWN));
        }
        if (!seen.add(name)) {
            throw QueryParser.wrong(position, "more than one " + name + "(…)");
        }
        switch (name) {
            case "select" -> select = new SelectParser(arguments, position + 7).fields();
            case "sort" -> sort = orders(arguments, position);
            case "limit" -> limit(arguments, position);
            case "after" -> after = arguments;
            case "aggregate" -> aggregates = aggregates(arguments, position);
            case "group" -> group = names(arguments, position);
            case "near" -> near = near(arguments, position);
            default -> {
                if (!arguments.isEmpty()) {
                    throw QueryParser.wrong(position, "explain() takes nothing");
                }
            }
        }
    }

    private void limit(String arguments, int position) {
        String[] numbers = arguments.split(",", -1);
        if (numbers.length > 2) {
            throw QueryParser.wrong(position, "limit(end) or limit(start,end), not " + arguments);
        }
        long first = number(numbers[0], position);
        offset = numbers.length == 1 ? 0 : first;
        long end = numbers.length == 1 ? first : number(numbers[1], position);
        if (end < offset) {
            throw QueryParser.wrong(position, "limit(" + offset + "," + end + ") ends before it starts");
        }
        limit = end - offset;
    }

    private static long number(String text, int position) {
        boolean digits = !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits) {
            throw QueryParser.wrong(
                    position, "limit(…) takes whole numbers below 10^18, not \"" + QueryParser.shown(text) + "\"");
        }
        return Long.parseLong(text);
    }

    private static List<Question.Order> orders(String arguments, int position) {
        List<Question.Order> orders = new ArrayList<>();
        for (String part : names(arguments, position)) {
            char sign = part.charAt(0);
            // Clients that take a query for a form send a space for the plus.
            boolean signed = sign == '+' || sign == '-' || sign == ' ';
            String property = signed ? part.substring(1) : part;
            if (property.isEmpty()) {
                throw QueryParser.wrong(position, "sort(…) has a sign without a property");
            }
            orders.add(new Question.Order(property, sign == '-'));
        }
        return orders;
    }

    private static Near near(String arguments, int position) {
        int open = arguments.indexOf('[');
        int close = arguments.indexOf(']');
        String name = open < 1 ? "" : arguments.substring(0, open - 1);
        String rest = close < 0 ? "" : arguments.substring(close + 1);
        Near.Measure measure = rest.isEmpty()
                ? Near.Measure.COSINE
                : rest.charAt(0) == ',' ? Near.Measure.named(rest.substring(1)) : null;
        if (name.isEmpty() || arguments.charAt(open - 1) != ',' || close < open || measure == null) {
            throw QueryParser.wrong(
                    position,
                    "near(attribute,[1,2,…]) or near(attribute,[1,2,…],euclidean), not near(" + arguments + ")");
        }
        String[] parts = arguments.substring(open + 1, close).split(",", -1);
        if (parts.length > DIMENSIONS) {
            throw QueryParser.wrong(position, "a vector of more than " + DIMENSIONS + " numbers");
        }
        double[] vector = new double[parts.length];
        for (int i = 0; i < parts.length; i++) {
            try {
                vector[i] = Double.parseDouble(parts[i]);
            } catch (NumberFormatException none) {
                throw QueryParser.wrong(position, "near(…) takes numbers, not \"" + QueryParser.shown(parts[i]) + "\"");
            }
            if (!Double.isFinite(vector[i])) {
                throw QueryParser.wrong(position, "near(…) takes numbers, not \"" + QueryParser.shown(parts[i]) + "\"");
            }
        }
        return new Near(name, vector, measure);
    }

    private static List<Question.Aggregate> aggregates(String arguments, int position) {
        List<Question.Aggregate> all = new ArrayList<>();
        for (String part : names(arguments, position)) {
            int open = part.indexOf('(');
            Question.Function function = open < 0 || !part.endsWith(")") ? null : function(part.substring(0, open));
            if (function == null) {
                throw QueryParser.wrong(
                        position, "aggregate(…) takes count(), sum(a), avg(a), min(a) and max(a), not " + part);
            }
            String property = part.substring(open + 1, part.length() - 1);
            if (property.isEmpty() && function != Question.Function.COUNT) {
                throw QueryParser.wrong(position, part + " needs a property");
            }
            all.add(new Question.Aggregate(function, property, part));
        }
        return all;
    }

    private static Question.@Nullable Function function(String name) {
        for (Question.Function function : Question.Function.values()) {
            if (function.name().toLowerCase(Locale.ROOT).equals(name)) {
                return function;
            }
        }
        return null;
    }

    /** What commas separate, none of it empty. */
    private static List<String> names(String arguments, int position) {
        String[] parts = arguments.split(",", -1);
        if (parts.length > NAMES) {
            throw QueryParser.wrong(position, "more than " + NAMES + " names");
        }
        for (String part : parts) {
            if (part.isEmpty()) {
                throw QueryParser.wrong(position, "expected a name between the commas of (" + arguments + ")");
            }
        }
        return List.of(parts);
    }

    /** The whole query. */
    Question question(Where where) {
        if (aggregates.isEmpty() && !group.isEmpty()) {
            throw new Failure(Failure.Code.MALFORMED, "group(…) needs an aggregate(…), such as aggregate(count())");
        }
        if (!aggregates.isEmpty() && (select != null || after != null)) {
            throw new Failure(
                    Failure.Code.MALFORMED, "aggregate(…) goes with group, sort and limit, not with select or after");
        }
        if (near != null) {
            if (!sort.isEmpty() || !aggregates.isEmpty() || after != null) {
                throw new Failure(
                        Failure.Code.MALFORMED,
                        "near(…) is an order of its own: it goes with conditions, select and limit");
            }
            if (limit == Long.MAX_VALUE || offset + limit > NEAREST) {
                throw new Failure(
                        Failure.Code.MALFORMED,
                        "near(…) looks at every row that matches and keeps the nearest; say how many with limit(n), at most "
                                + NEAREST);
            }
            sort = List.of(new Question.Order("$distance", false));
        }
        return new Question(
                where,
                select,
                sort,
                new Question.Page(offset, limit, after),
                aggregates,
                group,
                seen.contains("explain"),
                near);
    }
}
