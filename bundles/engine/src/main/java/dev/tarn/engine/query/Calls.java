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

    private final Set<String> seen = new TreeSet<>();
    private @Nullable Fields select;
    private List<Question.Order> sort = List.of();
    private long offset;
    private long limit = Long.MAX_VALUE;
    private @Nullable String after;
    private List<Question.Aggregate> aggregates = List.of();
    private List<String> group = List.of();

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
            case "near" ->
                throw new Failure(Failure.Code.UNSUPPORTED, "near(…) needs a vector index, and there is none");
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
        return new Question(
                where,
                select,
                sort,
                new Question.Page(offset, limit, after),
                aggregates,
                group,
                seen.contains("explain"));
    }
}
