// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Failure;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads the language of computed attributes. From the loosest to the tightest: {@code ? :}, {@code ??}, {@code ||},
 * {@code &&}, {@code == != < <= > >=}, {@code + -}, {@code * / %}, {@code ! -}. For one expression.
 */
final class ExpressionParser {
    private static final int DEPTH = 64;
    private static final int LONGEST = 4_000;
    private static final List<String> SIGNS = List.of(
            "===", "!==", "==", "!=", "<=", ">=", "&&", "||", "??", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":",
            "(", ")", ",");

    private final String text;
    private final Set<String> names = new TreeSet<>();
    private int at;
    private int depth;

    ExpressionParser(String text) {
        this.text = text;
        if (text.length() > LONGEST) {
            throw wrong(LONGEST, "an expression has at most " + LONGEST + " characters");
        }
    }

    Expression whole() {
        Expression.Node root = choice();
        if (!peek().isEmpty() || at < text.length()) {
            throw wrong(at, "expected an operator or the end, found " + found());
        }
        return new Expression(root, names);
    }

    private Expression.Node choice() {
        if (++depth > DEPTH) {
            throw wrong(at, "nested more than " + DEPTH + " deep");
        }
        Expression.Node first = binary(0);
        if (take("?")) {
            Expression.Node yes = choice();
            if (!take(":")) {
                throw wrong(at, "expected : and what else it is, found " + found());
            }
            Expression.Node no = choice();
            Expression.Node condition = first;
            first = row -> Boolean.TRUE.equals(condition.of(row)) ? yes.of(row) : no.of(row);
        }
        depth--;
        return first;
    }

    private static final List<List<String>> LEVELS = List.of(
            List.of("??"),
            List.of("||"),
            List.of("&&"),
            List.of("===", "!==", "==", "!=", "<=", ">=", "<", ">"),
            List.of("+", "-"),
            List.of("*", "/", "%"));

    private Expression.Node binary(int level) {
        if (level == LEVELS.size()) {
            return unary();
        }
        Expression.Node left = binary(level + 1);
        for (String sign = peek(); LEVELS.get(level).contains(sign); sign = peek()) {
            take(sign);
            left = joined(sign, left, binary(level + 1));
        }
        return left;
    }

    private static Expression.Node joined(String sign, Expression.Node a, Expression.Node b) {
        return switch (sign) {
            case "??" ->
                row -> {
                    Object value = a.of(row);
                    return value == null ? b.of(row) : value;
                };
            case "||" -> row -> truth(a, row) || truth(b, row);
            case "&&" -> row -> truth(a, row) && truth(b, row);
            case "==", "===" -> row -> Functions.same(a.of(row), b.of(row));
            case "!=", "!==" -> row -> !Functions.same(a.of(row), b.of(row));
            case "<" -> row -> Functions.ordered(a.of(row), b.of(row), order -> order < 0);
            case "<=" -> row -> Functions.ordered(a.of(row), b.of(row), order -> order <= 0);
            case ">" -> row -> Functions.ordered(a.of(row), b.of(row), order -> order > 0);
            case ">=" -> row -> Functions.ordered(a.of(row), b.of(row), order -> order >= 0);
            case "+" -> both(a, b, Functions::plus);
            case "-" -> both(a, b, Functions::minus);
            case "*" -> both(a, b, Functions::times);
            case "/" -> both(a, b, Functions::over);
            default -> both(a, b, Functions::rest);
        };
    }

    private static boolean truth(Expression.Node node, Map<String, @Nullable Object> row) {
        return Boolean.TRUE.equals(node.of(row));
    }

    private static Expression.Node both(Expression.Node a, Expression.Node b, BinaryOperator<@Nullable Object> sum) {
        return row -> {
            Object x = a.of(row);
            Object y = x == null ? null : b.of(row);
            return y == null ? null : sum.apply(x, y);
        };
    }

    private Expression.Node unary() {
        if (++depth > DEPTH) {
            throw wrong(at, "nested more than " + DEPTH + " deep");
        }
        Expression.Node result;
        if (take("!")) {
            Expression.Node inner = unary();
            result = row -> !truth(inner, row);
        } else if (take("-")) {
            Expression.Node inner = unary();
            result = both(row -> 0L, inner, Functions::minus);
        } else {
            result = operand();
        }
        depth--;
        return result;
    }

    private Expression.Node operand() {
        if (take("(")) {
            Expression.Node inner = choice();
            if (!take(")")) {
                throw wrong(at, "expected ), found " + found());
            }
            return inner;
        }
        peek();
        char c = at < text.length() ? text.charAt(at) : 0;
        if (c == '\'' || c == '"') {
            String value = quoted(c);
            return row -> value;
        } else if (c >= '0' && c <= '9') {
            Object value = number();
            return row -> value;
        } else if (Character.isLetter(c) || c == '_' || c == '$') {
            return named();
        }
        throw wrong(at, "expected a value, an attribute or a function, found " + found());
    }

    private String quoted(char quote) {
        int start = at++;
        StringBuilder value = new StringBuilder();
        while (at < text.length() && text.charAt(at) != quote) {
            char c = text.charAt(at++);
            if (c == '\\' && at < text.length()) {
                c = text.charAt(at++);
                c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
            }
            value.append(c);
        }
        if (at == text.length()) {
            throw wrong(at, "expected " + quote + " for the text that begins at " + start);
        }
        at++;
        return value.toString();
    }

    private Object number() {
        int start = at;
        while (at < text.length() && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
            at++;
        }
        String digits = text.substring(start, at);
        try {
            if (digits.indexOf('.') < 0) {
                BigInteger whole = new BigInteger(digits);
                return whole.bitLength() < Long.SIZE ? (Object) whole.longValue() : whole;
            }
            return Double.valueOf(digits);
        } catch (NumberFormatException none) {
            throw wrong(start, "expected a number, found \"" + digits + "\"");
        }
    }

    private Expression.Node named() {
        int start = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || "_$.".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        String name = text.substring(start, at);
        if (take("(")) {
            return call(name, start);
        }
        return switch (name) {
            case "null" -> row -> null;
            case "true" -> row -> true;
            case "false" -> row -> false;
            default -> attribute(name, start);
        };
    }

    private Expression.Node attribute(String name, int start) {
        String[] steps = name.split("\\.", -1);
        for (String step : steps) {
            if (step.isEmpty()) {
                throw wrong(start, "expected a name on each side of the dot in " + name);
            }
        }
        names.add(steps[0]);
        return row -> value(row, steps);
    }

    private static @Nullable Object value(Map<String, @Nullable Object> row, String[] steps) {
        Object value = row;
        for (String step : steps) {
            value = value instanceof Map<?, ?> map ? map.get(step) : null;
        }
        return value;
    }

    private Expression.Node call(String name, int start) {
        List<Expression.Node> arguments = new ArrayList<>();
        if (!take(")")) {
            do {
                arguments.add(choice());
            } while (take(","));
            if (!take(")")) {
                throw wrong(at, "expected , or ), found " + found());
            }
        }
        Functions.Function function = Functions.named(name);
        if (function == null) {
            throw wrong(
                    start, "there is no function " + name + "(…); there are " + String.join(", ", Functions.names()));
        }
        if (arguments.size() < function.least() || arguments.size() > function.most()) {
            throw wrong(start, name + "(…) takes " + function.takes() + ", not " + arguments.size());
        }
        return row -> {
            List<@Nullable Object> values = new ArrayList<>(arguments.size());
            for (Expression.Node argument : arguments) {
                values.add(argument.of(row));
            }
            return function.apply(values);
        };
    }

    /** The sign that comes next, after white space; empty when it is none. */
    private String peek() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        for (String sign : SIGNS) {
            if (text.startsWith(sign, at)) {
                return sign;
            }
        }
        return "";
    }

    private boolean take(String sign) {
        boolean there = peek().equals(sign);
        at += there ? sign.length() : 0;
        return there;
    }

    private String found() {
        return at >= text.length() ? "the end" : "\"" + text.charAt(at) + "\"";
    }

    private static Failure wrong(int position, String what) {
        return new Failure(Failure.Code.MALFORMED, "at " + position + " in the expression: " + what);
    }
}
