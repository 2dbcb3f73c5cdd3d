// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.amqp.Selector.Expression;
import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a selector by recursive descent, Jakarta Messaging §3.8.1.1. For one thread. */
final class SelectorReader {

    private static final int LONGEST = 8_192;
    private static final int DEEPEST = 64;

    /** Operators of one selector, each of which is a call within a call when it is asked. */
    private static final int MOST_OPERATORS = 500;

    /** All but text in quotes, which may be too long for an expression with choices in a loop. */
    private static final Pattern TOKEN = Pattern.compile("\\s*(?:((?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?)[lLdDfF]?"
            + "|(amqp\\.[\\w.:$-]+|[\\p{L}_$][\\w\\p{L}.:$]*)|\"([^\"]+)\"|(<>|<=|>=|[=<>()+*/,-]))");

    private final String text;
    private final Matcher matcher;
    private String token = "";
    private char sort;
    private int at;
    private int depth;
    private int operators;

    SelectorReader(String text) {
        if (text.length() > LONGEST) {
            throw new Failure(Failure.Code.TOO_LARGE, "a selector of more than " + LONGEST + " characters");
        }
        this.text = text;
        this.matcher = TOKEN.matcher(text);
    }

    Expression read() {
        next();
        Expression condition = or();
        if (sort != 'e') {
            throw wrong("something after the end");
        }
        return condition;
    }

    private Failure wrong(String what) {
        return new Failure(Failure.Code.MALFORMED, "the selector has " + what + " at " + at);
    }

    private void next() {
        at = matcher.hitEnd() && sort == 'e' ? text.length() : at;
        int from = matcher.regionStart();
        if (text.substring(from).isBlank()) {
            sort = 'e';
            token = "";
            return;
        }
        at = from;
        while (Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        if (text.charAt(at) == '\'') {
            quoted(at);
            return;
        }
        if (!matcher.lookingAt()) {
            throw wrong("something that is no word");
        }
        for (int group = 1; group <= 4; group++) {
            if (matcher.group(group) != null) {
                token = matcher.group(group);
                sort = " nwio".charAt(group);
            }
        }
        matcher.region(matcher.end(), text.length());
    }

    /** Takes the text in quotes that begins here; two quotes in it stand for one. */
    private void quoted(int start) {
        int end = start + 1;
        while (end < text.length() && (text.charAt(end) != '\'' || text.startsWith("''", end))) {
            end += text.charAt(end) == '\'' ? 2 : 1;
        }
        if (end >= text.length()) {
            throw wrong("text without its end");
        }
        token = text.substring(start, end + 1);
        sort = 's';
        matcher.region(end + 1, text.length());
    }

    /** One more operator. */
    private void count() {
        if (++operators > MOST_OPERATORS) {
            throw wrong("more than " + MOST_OPERATORS + " operators");
        }
    }

    private boolean word(String wanted) {
        boolean found = sort == 'w' && token.equalsIgnoreCase(wanted);
        if (found) {
            next();
        }
        return found;
    }

    private boolean sign(String wanted) {
        boolean found = sort == 'o' && token.equals(wanted);
        if (found) {
            next();
        }
        return found;
    }

    private void need(boolean found, String what) {
        if (!found) {
            throw wrong("no " + what);
        }
    }

    private Expression or() {
        if (++depth > DEEPEST) {
            throw wrong("more than " + DEEPEST + " nested parts");
        }
        Expression left = and();
        while (word("or")) {
            count();
            Expression one = left;
            Expression two = and();
            left = message -> Logic.or(one.of(message), two.of(message));
        }
        depth--;
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (word("and")) {
            count();
            left = new Selector.Both(left, not());
        }
        return left;
    }

    private Expression not() {
        if (word("not")) {
            if (++depth > DEEPEST) {
                throw wrong("more than " + DEEPEST + " nested parts");
            }
            Expression negated = not();
            depth--;
            return message -> Logic.not(negated.of(message));
        }
        return comparison();
    }

    private Expression comparison() {
        Expression left = sum();
        if (sort == 'o' && "=<><=>=".contains(token) && !token.equals(",")) {
            String operator = token;
            next();
            return new Selector.Comparison(operator, left, sum());
        }
        boolean negated = word("not");
        Expression found = negated ? special(left) : specialOrNull(left);
        if (found == null) {
            return left;
        }
        return negated ? message -> Logic.not(found.of(message)) : found;
    }

    private Expression special(Expression left) {
        Expression found = specialOrNull(left);
        if (found == null) {
            throw wrong("NOT without BETWEEN, IN or LIKE");
        }
        return found;
    }

    private @Nullable Expression specialOrNull(Expression left) {
        if (word("is")) {
            boolean not = word("not");
            need(word("null"), "NULL after IS");
            return message -> (left.of(message) == null) != not;
        }
        if (word("between")) {
            Expression low = sum();
            need(word("and"), "AND of BETWEEN");
            Expression high = sum();
            return new Selector.Both(
                    new Selector.Comparison(">=", left, low), new Selector.Comparison("<=", left, high));
        }
        if (word("in")) {
            need(sign("("), "( after IN");
            List<Object> values = new ArrayList<>();
            do {
                values.add(string());
            } while (sign(","));
            need(sign(")"), ") after IN");
            return message -> {
                Object value = left.of(message);
                return value == null ? null : values.contains(value);
            };
        }
        if (word("like")) {
            String pattern = string();
            String escape = word("escape") ? string() : "";
            need(escape.length() < 2, "ESCAPE of one character");
            need(Logic.pattern(pattern, escape), "%, _ or ESCAPE's character after that character");
            return message -> left.of(message) instanceof String value ? Logic.like(value, pattern, escape) : null;
        }
        return null;
    }

    private String string() {
        need(sort == 's', "text in quotes");
        String value = token.substring(1, token.length() - 1).replace("''", "'");
        next();
        return value;
    }

    private Expression sum() {
        Expression left = product();
        while (sort == 'o' && (token.equals("+") || token.equals("-"))) {
            String operator = token;
            count();
            next();
            Expression one = left;
            Expression two = product();
            left = message -> Logic.calculate(operator, one.of(message), two.of(message));
        }
        return left;
    }

    private Expression product() {
        Expression left = signed();
        while (sort == 'o' && (token.equals("*") || token.equals("/"))) {
            String operator = token;
            count();
            next();
            Expression one = left;
            Expression two = signed();
            left = message -> Logic.calculate(operator, one.of(message), two.of(message));
        }
        return left;
    }

    private Expression signed() {
        boolean minus = false;
        while (sort == 'o' && (token.equals("-") || token.equals("+"))) {
            minus ^= token.equals("-");
            next();
        }
        Expression value = primary();
        return minus ? message -> Logic.calculate("-", 0L, value.of(message)) : value;
    }

    private Expression primary() {
        if (sign("(")) {
            Expression inner = or();
            need(sign(")"), ")");
            return inner;
        }
        if (sort == 's') {
            return new Selector.Literal(string());
        }
        if (sort == 'n') {
            Object number = Logic.number(token);
            next();
            return new Selector.Literal(number);
        }
        String name = token;
        boolean quoted = sort == 'i';
        need(quoted || sort == 'w', "value");
        next();
        return switch (quoted ? "" : name.toLowerCase(Locale.ROOT)) {
            case "true" -> new Selector.Literal(true);
            case "false" -> new Selector.Literal(false);
            default -> new Selector.Name(name);
        };
    }
}
