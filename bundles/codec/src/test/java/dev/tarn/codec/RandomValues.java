// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Makes values of every kind from a seed, and compares values. */
final class RandomValues {

    /** Kinds that not every format can hold. */
    enum Kind {
        BYTES,
        MOMENTS,
        BIG
    }

    private static final long[] EDGES = {
        0,
        1,
        23,
        24,
        31,
        32,
        127,
        128,
        255,
        256,
        32_767,
        32_768,
        65_535,
        65_536,
        Integer.MAX_VALUE,
        1L << 31,
        0xFFFF_FFFFL,
        1L << 32,
        (1L << 53) - 1,
        1L << 53,
        (1L << 53) + 1,
        Long.MAX_VALUE
    };

    private static final double[] DOUBLES = {
        0.0,
        -0.0,
        1.0,
        0.1,
        1.5,
        72.5,
        1e22,
        9.999999999999999E22,
        1e300,
        Double.MIN_VALUE,
        Double.MIN_NORMAL,
        Double.MAX_VALUE,
        0.30000000000000004,
        2.0E-3,
        9007199254740992.0,
        Float.MAX_VALUE,
        Float.MIN_VALUE
    };

    private static final String[] TEXTS = {
        "",
        "a",
        "id",
        "warehouse",
        "ü",
        "€",
        "\u07FF",
        "\u0800",
        "\uD7FF",
        "\uE000",
        "\uFFFF",
        "\uD83D\uDE00",
        "\uDBFF\uDFFF",
        "\u0000",
        "\n\r\t\b\f\"\\/",
        "\u001F\u007F\u0080",
        "\u2028\u2029\u202E",
        "=1+1",
        " a b "
    };

    private final Random random;
    private final List<Kind> kinds;

    RandomValues(long seed, Kind... kinds) {
        this.random = new Random(seed);
        this.kinds = List.of(kinds);
    }

    Object next() {
        return next(0);
    }

    private Object next(int depth) {
        int bound = depth < 6 ? 12 : 9;
        return switch (random.nextInt(bound)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2, 3 -> integer();
            case 4 -> number();
            case 5 -> text();
            case 6 -> kinds.contains(Kind.BYTES) ? bytes() : text();
            case 7 -> kinds.contains(Kind.MOMENTS) ? moment() : integer();
            case 8 -> kinds.contains(Kind.BIG) ? big() : number();
            case 9 -> list(depth);
            default -> map(depth);
        };
    }

    private Object integer() {
        long edge = EDGES[random.nextInt(EDGES.length)];
        return switch (random.nextInt(3)) {
            case 0 -> edge;
            case 1 -> -edge - 1;
            default -> random.nextLong() >> random.nextInt(64);
        };
    }

    private Object number() {
        double value = switch (random.nextInt(4)) {
            case 0 -> DOUBLES[random.nextInt(DOUBLES.length)];
            case 1 -> random.nextInt(100_000) / 100.0;
            case 2 -> (double) random.nextFloat();
            default -> Double.longBitsToDouble(random.nextLong());
        };
        return Double.isFinite(value) ? value : 1.25;
    }

    private Object big() {
        BigInteger digits = new BigInteger(64 + random.nextInt(400), random).setBit(63);
        BigInteger signed = random.nextBoolean() ? digits : digits.not();
        return random.nextBoolean() ? signed : new BigDecimal(signed, random.nextInt(400) - 200);
    }

    private String text() {
        if (random.nextInt(3) == 0) {
            return TEXTS[random.nextInt(TEXTS.length)];
        }
        int length = random.nextInt(10) == 0 ? 200 + random.nextInt(400) : random.nextInt(40);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(
                    random.nextInt(8) == 0
                            ? TEXTS[random.nextInt(TEXTS.length)]
                            : String.valueOf((char) ('a' + random.nextInt(26))));
        }
        return text.toString();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(10) == 0 ? 70_000 : random.nextInt(300)];
        random.nextBytes(bytes);
        return bytes;
    }

    private Instant moment() {
        return switch (random.nextInt(5)) {
            case 0 -> Instant.ofEpochSecond(random.nextInt());
            case 1 -> Instant.ofEpochSecond(random.nextLong() >>> 30, random.nextInt(1_000_000_000));
            case 2 -> Instant.ofEpochMilli(1_700_000_000_000L + random.nextInt());
            case 3 -> Instant.ofEpochSecond(-random.nextInt(Integer.MAX_VALUE), random.nextInt(1_000_000_000));
            default -> random.nextBoolean() ? Instant.MIN : Instant.MAX;
        };
    }

    private Object list(int depth) {
        int size = random.nextInt(20) == 0 ? 300 : random.nextInt(6);
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            list.add(size > 10 ? integer() : next(depth + 1));
        }
        return list;
    }

    private Object map(int depth) {
        int size = random.nextInt(20) == 0 ? 40 : random.nextInt(8);
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            map.put(text(), size > 10 ? text() : next(depth + 1));
        }
        return map;
    }

    /** Whether two values are the same to every reader: numbers by what they stand for, maps with their order. */
    static boolean same(Object a, Object b) {
        if (a instanceof byte[] x && b instanceof byte[] y) {
            return Arrays.equals(x, y);
        } else if (a instanceof List<?> x && b instanceof List<?> y) {
            return x.size() == y.size() && all(x.iterator(), y.iterator());
        } else if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            return List.copyOf(x.keySet()).equals(List.copyOf(y.keySet()))
                    && all(x.values().iterator(), y.values().iterator());
        } else if (a instanceof BigDecimal || b instanceof BigDecimal) {
            return a instanceof Number && b instanceof Number && decimal(a).compareTo(decimal(b)) == 0;
        }
        return Objects.equals(a, b);
    }

    private static boolean all(Iterator<?> a, Iterator<?> b) {
        while (a.hasNext()) {
            if (!same(a.next(), b.next())) {
                return false;
            }
        }
        return true;
    }

    private static BigDecimal decimal(Object number) {
        return new BigDecimal(number.toString());
    }
}
