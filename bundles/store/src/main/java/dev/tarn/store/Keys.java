// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Snapshot;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Keys whose bytes, compared without sign, are in the order of the values: a type tag, then text as UTF-8 with {@code 00}
 * as {@code 00 FF} and an end of {@code 00 00}, or a number big-endian with its sign flipped. No key is the beginning of
 * another one. FORMAT.md has the layouts.
 */
final class Keys {

    /** Of a row without a value. */
    static final int NONE = 0x08;

    static final int FALSE = 0x10;
    static final int TRUE = 0x11;
    static final int NUMBER = 0x20;
    static final int LONG_ID = 0x21;
    static final int DATE = 0x30;
    static final int TEXT = 0x40;
    static final int BYTES = 0x50;

    private static final BigDecimal LARGEST = new BigDecimal(Double.MAX_VALUE);
    private static final long EXACT = 1L << 53;

    private Keys() {}

    /** The key of a text id. */
    static byte[] id(String id) {
        byte[] utf8 = id.getBytes(StandardCharsets.UTF_8);
        byte[] key = new byte[utf8.length + 3];
        key[0] = TEXT;
        for (int i = 0; i < utf8.length; i++) {
            if (utf8[i] == 0) {
                ByteWriter out = new ByteWriter(utf8.length + 8);
                text(out, utf8);
                return out.toArray();
            }
            key[i + 1] = utf8[i];
        }
        return key;
    }

    /** The key of a numeric id. */
    static byte[] id(long id) {
        ByteWriter out = new ByteWriter(9);
        out.u8(LONG_ID);
        out.u64(id ^ Long.MIN_VALUE);
        return out.toArray();
    }

    /** What the keys of all text ids with this prefix begin with. */
    static byte[] prefix(String prefix) {
        ByteWriter out = new ByteWriter(prefix.length() + 8);
        out.u8(TEXT);
        escaped(out, prefix.getBytes(StandardCharsets.UTF_8));
        return out.toArray();
    }

    /** The id whose key begins here. */
    static String idAt(byte[] key, int from, int end) {
        ByteReader in = new ByteReader(key, from, end);
        int tag = in.u8();
        return switch (tag) {
            case TEXT -> new String(unescaped(in), StandardCharsets.UTF_8);
            case LONG_ID -> Long.toString(in.u64() ^ Long.MIN_VALUE);
            default -> throw new DamagedException("a row's key begins with " + tag);
        };
    }

    /** A value of an index. */
    static byte[] value(Object value) {
        ByteWriter out = new ByteWriter(24);
        value(out, value);
        return out.toArray();
    }

    /**
     * Appends the key of a value: Boolean, Long, Integer, Double, BigInteger, BigDecimal, Instant, String or byte[].
     *
     * @throws Failure INVALID for anything else, NaN, and numbers beyond the doubles
     */
    static void value(ByteWriter out, Object value) {
        if (value instanceof String text) {
            text(out, text.getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof Long || value instanceof Integer) {
            number(out, ((Number) value).longValue());
        } else if (value instanceof Double || value instanceof Float) {
            number(out, ((Number) value).doubleValue());
        } else if (value instanceof Boolean bool) {
            out.u8(bool ? TRUE : FALSE);
        } else if (value instanceof Snapshot.Nothing) {
            out.u8(NONE);
        } else if (value instanceof Instant instant) {
            out.u8(DATE);
            out.u64(instant.getEpochSecond() ^ Long.MIN_VALUE);
            out.u32(instant.getNano());
        } else if (value instanceof BigInteger integer) {
            number(out, new BigDecimal(integer));
        } else if (value instanceof BigDecimal decimal) {
            number(out, decimal);
        } else if (value instanceof byte[] bytes) {
            out.u8(BYTES);
            escaped(out, bytes);
            out.u16(0);
        } else {
            throw new Failure(
                    Failure.Code.INVALID, "a value of type " + value.getClass().getSimpleName() + " cannot be indexed");
        }
    }

    private static void text(ByteWriter out, byte[] utf8) {
        out.u8(TEXT);
        escaped(out, utf8);
        out.u16(0);
    }

    private static void escaped(ByteWriter out, byte[] bytes) {
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                out.raw(bytes, from, i - from);
                out.u16(0x00FF);
                from = i + 1;
            }
        }
        out.raw(bytes, from, bytes.length - from);
    }

    private static byte[] unescaped(ByteReader in) {
        ByteWriter out = new ByteWriter(Math.max(8, in.left()));
        while (true) {
            int next = in.u8();
            if (next != 0) {
                out.u8(next);
            } else if (in.u8() == 0xFF) {
                out.u8(0);
            } else {
                return out.toArray();
            }
        }
    }

    private static void number(ByteWriter out, long value) {
        if (value >= -EXACT && value <= EXACT) {
            floor(out, (double) value);
            out.u8(0);
        } else {
            number(out, BigDecimal.valueOf(value));
        }
    }

    private static void number(ByteWriter out, double value) {
        if (!Double.isFinite(value)) {
            throw new Failure(Failure.Code.INVALID, "NaN and infinities cannot be indexed");
        }
        floor(out, value);
        out.u8(0);
    }

    /** The greatest double that is not above the number, then how far above it the number is, in decimal. */
    private static void number(ByteWriter out, BigDecimal value) {
        if (tooLarge(value)) {
            throw new Failure(Failure.Code.INVALID, "a number beyond the doubles cannot be indexed");
        }
        double floor = value.doubleValue();
        BigDecimal exact = Double.isInfinite(floor) ? null : new BigDecimal(floor);
        if (exact == null || exact.compareTo(value) > 0) {
            floor = Math.nextDown(floor);
            exact = new BigDecimal(floor);
        }
        floor(out, floor);
        BigDecimal above = value.subtract(exact);
        if (above.signum() == 0) {
            out.u8(0);
            return;
        }
        String digits = above.unscaledValue().toString();
        out.u8(1);
        // The number is 0.digits x 10^exponent, so that the exponent decides first, then the digits from the left.
        out.u32((digits.length() - above.scale()) ^ Integer.MIN_VALUE);
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        out.raw(digits.substring(0, end).getBytes(StandardCharsets.US_ASCII));
        out.u8(0);
    }

    /** Without computing anything as large as the number's exponent asks for. */
    private static boolean tooLarge(BigDecimal value) {
        long magnitude = (long) value.precision() - value.scale();
        if (magnitude > 400 || value.precision() > 2_000 || value.scale() > 2_000) {
            return true;
        }
        return value.abs().compareTo(LARGEST) > 0;
    }

    private static void floor(ByteWriter out, double value) {
        long bits = Double.doubleToLongBits(value == 0 ? 0.0 : value);
        out.u8(NUMBER);
        out.u64(bits < 0 ? ~bits : bits ^ Long.MIN_VALUE);
    }

    /** Where the value that begins here ends. */
    static int end(byte[] key, int from, int limit) {
        ByteReader in = new ByteReader(key, from, limit);
        int tag = in.u8();
        switch (tag) {
            case NONE, FALSE, TRUE -> {}
            case LONG_ID -> in.take(8);
            case DATE -> in.take(12);
            case NUMBER -> {
                in.take(8);
                if (in.u8() != 0) {
                    in.take(4);
                    while (in.u8() != 0) {
                        // The digits end with 00.
                    }
                }
            }
            case TEXT, BYTES -> {
                // 00 FF is a zero of the text, 00 00 its end.
                int last = -1;
                for (int next = in.u8(); next != 0 || last != 0; next = in.u8()) {
                    last = next == 0xFF && last == 0 ? 1 : next;
                }
            }
            default -> throw new DamagedException("an index key begins with " + tag);
        }
        return in.at();
    }

    /** The smallest bytes that are above everything that begins with these; null when there are none. */
    static byte @Nullable [] above(byte[] prefix) {
        for (int i = prefix.length - 1; i >= 0; i--) {
            if (prefix[i] != (byte) 0xFF) {
                byte[] above = java.util.Arrays.copyOf(prefix, i + 1);
                above[i]++;
                return above;
            }
        }
        return null;
    }

    /** A number that is never negative, such as a sequence. */
    static byte[] u64(long value) {
        byte[] key = new byte[8];
        u64(key, 0, value);
        return key;
    }

    static void u64(byte[] target, int at, long value) {
        for (int i = 0; i < 8; i++) {
            target[at + i] = (byte) (value >>> (56 - 8 * i));
        }
    }

    /** A table's number, then a sequence. */
    static byte[] tableSequence(int table, long sequence) {
        byte[] key = new byte[12];
        for (int i = 0; i < 4; i++) {
            key[i] = (byte) (table >>> (24 - 8 * i));
        }
        u64(key, 4, sequence);
        return key;
    }
}
