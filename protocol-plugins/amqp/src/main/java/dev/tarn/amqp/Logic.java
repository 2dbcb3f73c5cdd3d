// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** What selectors calculate, Jakarta Messaging §3.8.1.2; null is unknown. */
final class Logic {
    private Logic() {}

    static @Nullable Object or(@Nullable Object one, @Nullable Object two) {
        if (Boolean.TRUE.equals(one) || Boolean.TRUE.equals(two)) {
            return true;
        }
        boolean neither = Boolean.FALSE.equals(one) && Boolean.FALSE.equals(two);
        return neither ? false : null;
    }

    static @Nullable Object and(@Nullable Object one, @Nullable Object two) {
        if (Boolean.FALSE.equals(one) || Boolean.FALSE.equals(two)) {
            return false;
        }
        boolean both = Boolean.TRUE.equals(one) && Boolean.TRUE.equals(two);
        return both ? true : null;
    }

    static @Nullable Object not(@Nullable Object value) {
        return value instanceof Boolean known ? !known : null;
    }

    /** @param lenient whether text that is a number is compared as one: annotations are written so */
    static @Nullable Object compare(String operator, @Nullable Object one, @Nullable Object two, boolean lenient) {
        BigDecimal left = decimal(one, lenient);
        BigDecimal right = decimal(two, lenient);
        if (left != null && right != null) {
            int order = left.compareTo(right);
            return switch (operator) {
                case "=" -> order == 0;
                case "<>" -> order != 0;
                case "<" -> order < 0;
                case "<=" -> order <= 0;
                case ">" -> order > 0;
                default -> order >= 0;
            };
        }
        if (one == null || two == null) {
            return null;
        }
        return switch (operator) {
            case "=" -> one.equals(two);
            case "<>" -> one.getClass() == two.getClass() ? !one.equals(two) : null;
            // Text and booleans have no order there.
            default -> null;
        };
    }

    static @Nullable Object calculate(String operator, @Nullable Object one, @Nullable Object two) {
        if (!(one instanceof Number first && two instanceof Number second)) {
            return null;
        }
        double left = first.doubleValue();
        double right = second.doubleValue();
        boolean whole = one instanceof Long && two instanceof Long;
        return switch (operator) {
            case "+" -> whole ? (Object) ((long) one + (long) two) : (Object) (left + right);
            case "-" -> whole ? (Object) ((long) one - (long) two) : (Object) (left - right);
            case "*" -> whole ? (Object) ((long) one * (long) two) : (Object) (left * right);
            default -> right == 0 ? null : whole ? (Object) ((long) one / (long) two) : (Object) (left / right);
        };
    }

    /** A literal: a whole number where it is one. */
    static Object number(String text) {
        try {
            return text.matches("\\d{1,18}") ? (Object) Long.parseLong(text) : (Object) Double.parseDouble(text);
        } catch (NumberFormatException notOne) {
            throw new Failure(Failure.Code.MALFORMED, "the selector has a number that is none: " + text);
        }
    }

    private static @Nullable BigDecimal decimal(@Nullable Object value, boolean lenient) {
        if (value instanceof Long whole) {
            return BigDecimal.valueOf(whole);
        }
        if (value instanceof BigDecimal exact) {
            return exact;
        }
        if (value instanceof BigInteger large) {
            return new BigDecimal(large);
        }
        if (value instanceof Double real) {
            return real.isNaN() || real.isInfinite() ? null : BigDecimal.valueOf(real);
        }
        return lenient && value instanceof String text && text.matches("\\d{1,18}") ? new BigDecimal(text) : null;
    }

    /**
     * Whether text is like a pattern, in which {@code %} is anything and {@code _} one character, each itself behind the
     * escape. Takes no longer than both lengths multiplied.
     *
     * @param escape one character, or empty
     */
    static boolean like(String text, String pattern, String escape) {
        int at = 0;
        int wanted = 0;
        int open = -1;
        int from = 0;
        while (at < text.length()) {
            boolean escaped = escaped(pattern, wanted, escape);
            int literal = escaped ? wanted + 1 : wanted;
            if (!escaped && wanted < pattern.length() && pattern.charAt(wanted) == '%') {
                open = ++wanted;
                from = at;
            } else if (literal < pattern.length()
                    && (pattern.charAt(literal) == text.charAt(at) || (!escaped && pattern.charAt(literal) == '_'))) {
                wanted = literal + 1;
                at++;
            } else if (open >= 0) {
                wanted = open;
                at = ++from;
            } else {
                return false;
            }
        }
        while (wanted < pattern.length() && pattern.charAt(wanted) == '%' && !escaped(pattern, wanted, escape)) {
            wanted++;
        }
        return wanted == pattern.length();
    }

    /** Whether what follows each escaping character is something to escape; SQL-92 §8.5. */
    static boolean pattern(String pattern, String escape) {
        String special = "%_" + escape;
        for (int at = escape.isEmpty() ? -1 : pattern.indexOf(escape); at >= 0; at = pattern.indexOf(escape, at + 2)) {
            if (at + 1 == pattern.length() || special.indexOf(pattern.charAt(at + 1)) < 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean escaped(String pattern, int at, String escape) {
        return !escape.isEmpty() && at + 1 < pattern.length() && pattern.charAt(at) == escape.charAt(0);
    }
}
