// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** What expressions can do with values. Whatever makes no sense, such as the root of a text, has no value: null. */
final class Functions {
    /** Digits beyond which a result has no value. */
    private static final int BITS = 4_096;

    private static final Map<String, Function> ALL = new TreeMap<>();

    /** Takes values, of which some may be missing. */
    @FunctionalInterface
    private interface Body {
        @Nullable
        Object apply(List<@Nullable Object> values);
    }

    /** A function and how many values it takes. */
    record Function(int least, int most, boolean missing, Body body) {
        @Nullable
        Object apply(List<@Nullable Object> values) {
            return !missing && values.contains(null) ? null : body.apply(values);
        }

        String takes() {
            return least == most ? least + " values" : least + " to " + most + " values";
        }
    }

    static {
        number("abs", x -> x.signum() < 0 ? negated(x) : null);
        number("ceil", x -> whole(x, RoundingMode.CEILING));
        number("floor", x -> whole(x, RoundingMode.FLOOR));
        ALL.put("round", new Function(1, 2, false, Functions::round));
        ALL.put(
                "sqrt",
                new Function(
                        1,
                        1,
                        false,
                        values -> values.get(0) instanceof Number x ? finite(Math.sqrt(x.doubleValue())) : null));
        ALL.put("min", new Function(1, 64, false, values -> extreme(values, order -> order < 0)));
        ALL.put("max", new Function(1, 64, false, values -> extreme(values, order -> order > 0)));
        ALL.put("sum", new Function(1, 1, false, values -> sum(values.get(0))));
        ALL.put("coalesce", new Function(1, 64, true, Functions::first));
        ALL.put("concat", new Function(1, 64, true, Functions::concat));
        ALL.put("text", new Function(1, 1, false, values -> text(values.get(0))));
        ALL.put("number", new Function(1, 1, false, values -> parsed(values.get(0))));
        ALL.put("length", new Function(1, 1, false, values -> length(values.get(0))));
        ALL.put(
                "lower",
                new Function(
                        1,
                        1,
                        false,
                        values -> values.get(0) instanceof String text ? text.toLowerCase(Locale.ROOT) : null));
        ALL.put(
                "upper",
                new Function(
                        1,
                        1,
                        false,
                        values -> values.get(0) instanceof String text ? text.toUpperCase(Locale.ROOT) : null));
        ALL.put(
                "trim",
                new Function(1, 1, false, values -> values.get(0) instanceof String text ? text.strip() : null));
        ALL.put("substring", new Function(2, 3, false, Functions::substring));
        ALL.put("contains", new Function(2, 2, false, Functions::contains));
        ALL.put(
                "startsWith",
                new Function(
                        2,
                        2,
                        false,
                        values -> values.get(0) instanceof String text
                                && values.get(1) instanceof String part
                                && text.startsWith(part)));
        ALL.put(
                "endsWith",
                new Function(
                        2,
                        2,
                        false,
                        values -> values.get(0) instanceof String text
                                && values.get(1) instanceof String part
                                && text.endsWith(part)));
    }

    private Functions() {}

    @FunctionalInterface
    private interface OfNumber {
        /** Null to keep the number as it is. */
        @Nullable
        Object of(BigDecimal number);
    }

    private static void number(String name, OfNumber body) {
        ALL.put(name, new Function(1, 1, false, values -> {
            if (!(values.get(0) instanceof Number number)) {
                return null;
            }
            Object changed = body.of(Values.decimal(number));
            return changed == null ? number : number instanceof Double ? doubled(changed) : changed;
        }));
    }

    static @Nullable Function named(String name) {
        return ALL.get(name);
    }

    static Set<String> names() {
        return ALL.keySet();
    }

    // Comparing

    static boolean same(@Nullable Object a, @Nullable Object b) {
        if (a == null || b == null) {
            return a == b;
        }
        return (Values.ordered(a) && Values.ordered(b)) ? Values.compare(a, b) == 0 : a.equals(b);
    }

    static @Nullable Object ordered(@Nullable Object a, @Nullable Object b, IntPredicate test) {
        if (a == null || b == null || !Values.ordered(a) || Values.sort(a) != Values.sort(b)) {
            return null;
        }
        return test.test(Values.compare(a, b));
    }

    private static @Nullable Object extreme(List<@Nullable Object> values, IntPredicate better) {
        Object best = null;
        for (Object value : values) {
            if (best == null || (value != null && Boolean.TRUE.equals(ordered(value, best, better)))) {
                best = value;
            }
        }
        return best;
    }

    private static @Nullable Object first(List<@Nullable Object> values) {
        for (Object value : values) {
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    // Numbers

    static @Nullable Object plus(@Nullable Object a, @Nullable Object b) {
        if (a instanceof String || b instanceof String) {
            return String.valueOf(text(a)) + text(b);
        }
        return arithmetic(a, b, Double::sum, BigDecimal::add);
    }

    static @Nullable Object minus(@Nullable Object a, @Nullable Object b) {
        return arithmetic(a, b, (x, y) -> x - y, BigDecimal::subtract);
    }

    static @Nullable Object times(@Nullable Object a, @Nullable Object b) {
        return arithmetic(a, b, (x, y) -> x * y, BigDecimal::multiply);
    }

    static @Nullable Object over(@Nullable Object a, @Nullable Object b) {
        if (!(a instanceof Number x) || !(b instanceof Number y) || y.doubleValue() == 0) {
            return null;
        }
        if (!(a instanceof Double) && !(b instanceof Double)) {
            BigDecimal[] parts = Values.decimal(x).divideAndRemainder(Values.decimal(y));
            if (parts[1].signum() == 0) {
                return exact(parts[0]);
            }
        }
        return finite(x.doubleValue() / y.doubleValue());
    }

    static @Nullable Object rest(@Nullable Object a, @Nullable Object b) {
        if (!(b instanceof Number by) || by.doubleValue() == 0) {
            return null;
        }
        return arithmetic(a, b, (x, y) -> x % y, BigDecimal::remainder);
    }

    @FunctionalInterface
    private interface OfDoubles {
        double of(double a, double b);
    }

    @FunctionalInterface
    private interface OfDecimals {
        BigDecimal of(BigDecimal a, BigDecimal b);
    }

    private static @Nullable Object arithmetic(
            @Nullable Object a, @Nullable Object b, OfDoubles doubles, OfDecimals decimals) {
        if (!(a instanceof Number x) || !(b instanceof Number y)) {
            return null;
        }
        if (a instanceof Double || b instanceof Double) {
            return finite(doubles.of(x.doubleValue(), y.doubleValue()));
        }
        return exact(decimals.of(Values.decimal(x), Values.decimal(y)));
    }

    private static @Nullable Object finite(double number) {
        return Double.isFinite(number) ? (Object) number : null;
    }

    /** As a Long where it is one. */
    private static @Nullable Object exact(BigDecimal number) {
        if (number.unscaledValue().bitLength() > BITS || Math.abs(number.scale()) > BITS) {
            return null;
        }
        try {
            BigInteger whole = number.toBigIntegerExact();
            return whole.bitLength() < Long.SIZE ? (Object) whole.longValue() : whole;
        } catch (ArithmeticException fraction) {
            return number;
        }
    }

    private static @Nullable Object negated(BigDecimal number) {
        return exact(number.negate());
    }

    private static @Nullable Object whole(BigDecimal number, RoundingMode mode) {
        return exact(number.setScale(0, mode));
    }

    private static @Nullable Object doubled(Object number) {
        return finite(((Number) number).doubleValue());
    }

    private static @Nullable Object round(List<@Nullable Object> values) {
        Object digits = values.size() < 2 ? Long.valueOf(0) : values.get(1);
        if (!(values.get(0) instanceof Number number) || !(digits instanceof Long scale) || Math.abs(scale) > 30) {
            return null;
        }
        Object rounded = exact(Values.decimal(number).setScale((int) (long) scale, RoundingMode.HALF_UP));
        return rounded != null && number instanceof Double ? doubled(rounded) : rounded;
    }

    private static @Nullable Object sum(@Nullable Object list) {
        if (!(list instanceof List<?> elements)) {
            return null;
        }
        Object sum = 0L;
        for (Object element : elements) {
            sum = element == null ? sum : arithmetic(sum, element, Double::sum, BigDecimal::add);
        }
        return sum;
    }

    private static @Nullable Object parsed(@Nullable Object value) {
        if (value instanceof Number) {
            return value;
        }
        try {
            return value instanceof String text && text.length() <= 400 ? exact(new BigDecimal(text.strip())) : null;
        } catch (NumberFormatException none) {
            return null;
        }
    }

    // Text

    private static @Nullable String text(@Nullable Object value) {
        if (value instanceof String text) {
            return text;
        } else if (value instanceof Double number) {
            return number == Math.rint(number) && Math.abs(number) < 1e15
                    ? Long.toString((long) (double) number)
                    : number.toString();
        }
        return value == null ? null : value instanceof BigDecimal number ? number.toPlainString() : value.toString();
    }

    private static Object concat(List<@Nullable Object> values) {
        StringBuilder all = new StringBuilder();
        for (Object value : values) {
            String text = text(value);
            all.append(text == null ? "" : text);
        }
        return all.toString();
    }

    private static @Nullable Object length(@Nullable Object value) {
        if (value instanceof String text) {
            return (long) text.codePointCount(0, text.length());
        }
        return value instanceof List<?> list
                ? (Object) (long) list.size()
                : value instanceof byte[] bytes ? (Object) (long) bytes.length : null;
    }

    private static @Nullable Object substring(List<@Nullable Object> values) {
        if (!(values.get(0) instanceof String text) || !(values.get(1) instanceof Long from)) {
            return null;
        }
        int length = text.codePointCount(0, text.length());
        Object end = values.size() < 3 ? Long.valueOf(length) : values.get(2);
        if (!(end instanceof Long to)) {
            return null;
        }
        int first = (int) Math.max(0, Math.min(length, from));
        int last = (int) Math.max(first, Math.min(length, to));
        return text.substring(text.offsetByCodePoints(0, first), text.offsetByCodePoints(0, last));
    }

    private static @Nullable Object contains(List<@Nullable Object> values) {
        Object part = values.get(1);
        if (values.get(0) instanceof List<?> list) {
            return list.stream().anyMatch(each -> each != null && same(each, part));
        }
        return values.get(0) instanceof String text && part instanceof String inner && text.contains(inner);
    }
}
