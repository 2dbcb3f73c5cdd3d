// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Property;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** Random values, small and odd ones more often than chance would have it. A failing case names its seed. */
final class Cases {

    private static final long FIRST_SEED = Long.getLong("tarn.seed", 20_261_121L);

    private final Random random;

    Cases(Random random) {
        this.random = random;
    }

    /** Runs the test with so many seeds. */
    static void each(int count, Consumer<Cases> test) {
        for (int i = 0; i < count; i++) {
            long seed = FIRST_SEED + i;
            try {
                test.accept(new Cases(new Random(seed)));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("with -Dtarn.seed=" + seed, e);
            }
        }
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    byte[] bytes(int atMost) {
        byte[] bytes = new byte[random.nextInt(atMost + 1)];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            if (oneIn(4)) {
                bytes[i] = (byte) (oneIn(2) ? 0 : 0xFF);
            }
        }
        return bytes;
    }

    /** A text with zeros, surrogate pairs and characters on both sides of them. */
    String text(int atMost) {
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(atMost + 1); left > 0; left--) {
            switch (random.nextInt(6)) {
                case 0 -> text.append('\0');
                case 1 -> text.appendCodePoint(0x10000 + random.nextInt(0x100));
                case 2 -> text.append((char) (0xE000 + random.nextInt(0x1FFE)));
                case 3 -> text.append((char) (0x80 + random.nextInt(0x1000)));
                default -> text.append((char) ('a' + random.nextInt(3)));
            }
        }
        return text.toString();
    }

    long integer() {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextInt(5) - 2;
            case 1 -> (1L << random.nextInt(63)) + random.nextInt(3) - 1;
            case 2 -> -(1L << random.nextInt(63)) + random.nextInt(3) - 1;
            case 3 -> Long.MAX_VALUE - random.nextInt(2_000);
            default -> random.nextLong();
        };
    }

    double real() {
        while (true) {
            double value = switch (random.nextInt(5)) {
                case 0 -> random.nextInt(5) - 2;
                case 1 -> random.nextDouble();
                case 2 -> integer();
                case 3 -> -Double.MIN_VALUE * random.nextInt(3);
                default -> Double.longBitsToDouble(random.nextLong());
            };
            if (Double.isFinite(value)) {
                return value;
            }
        }
    }

    /** A number of any kind that an index takes. */
    Number number() {
        return switch (random.nextInt(4)) {
            case 0 -> integer();
            case 1 -> real();
            case 2 ->
                BigInteger.valueOf(integer())
                        .shiftLeft(random.nextInt(3) * random.nextInt(300))
                        .add(BigInteger.valueOf(random.nextInt(3) - 1));
            default -> new BigDecimal(real()).add(new BigDecimal(BigInteger.valueOf(integer()), random.nextInt(60)));
        };
    }

    Instant instant() {
        return Instant.ofEpochSecond(
                oneIn(2) ? random.nextInt() : random.nextInt(3) - 1, random.nextInt(1_000_000_000));
    }

    /** What a body can hold. */
    Object value(int depth) {
        int kind = random.nextInt(depth > 0 ? 12 : 9);
        return switch (kind) {
            case 0 -> "null";
            case 1 -> random.nextBoolean();
            case 2, 3 -> integer();
            case 4 -> real();
            case 5, 6 -> text(12);
            case 7 -> bytes(12);
            case 8 -> BigInteger.valueOf(integer()).shiftLeft(70);
            case 9 -> {
                List<Object> list = new ArrayList<>();
                for (int i = random.nextInt(5); i > 0; i--) {
                    list.add(value(depth - 1));
                }
                yield list;
            }
            default -> object(depth - 1);
        };
    }

    Map<String, Object> object(int depth) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = oneIn(20) ? 300 : random.nextInt(8); i > 0; i--) {
            map.put(text(6), value(depth));
        }
        return map;
    }

    Attributes attributes() {
        Attributes.Builder builder = Attributes.builder().qos(random.nextInt(3));
        if (oneIn(2)) {
            builder.contentType(text(20)).payloadFormat(random.nextInt(2));
        }
        if (oneIn(2)) {
            builder.responsePath(text(20)).correlation(bytes(30));
        }
        List<Property> properties = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            properties.add(new Property(text(3), text(9)));
        }
        builder.properties(properties);
        if (oneIn(2)) {
            builder.origin(text(9)).node(text(5));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            builder.extension(9 + random.nextInt(1_000), bytes(9));
        }
        return builder.build();
    }
}
