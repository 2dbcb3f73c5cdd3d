// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * As much of CBOR (RFC 8949) as rows need: where an item ends, what a scalar stands for, how a map begins. Written by hand
 * so that no library's next version changes what is on disk. All methods throw {@link Failure} MALFORMED on bytes that are
 * not CBOR, or nested more than a thousand levels deep.
 */
final class Cbor {

    static final int UNSIGNED = 0;
    static final int NEGATIVE = 1;
    static final int BYTES = 2;
    static final int TEXT = 3;
    static final int ARRAY = 4;
    static final int MAP = 5;
    static final int TAG = 6;
    static final int SIMPLE = 7;

    private static final int INDEFINITE = 31;
    private static final int BREAK = 0xFF;
    private static final int NULL = 0xF6;
    private static final int DEEPEST = 1_000;

    private final byte[] bytes;
    private final int end;
    private int at;

    Cbor(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    int at() {
        return at;
    }

    byte[] array() {
        return bytes;
    }

    boolean done() {
        return at >= end;
    }

    private static Failure malformed(String what, int at) {
        return new Failure(Failure.Code.MALFORMED, "not CBOR: " + what + " at byte " + at);
    }

    private int next() {
        if (at >= end) {
            throw malformed("it ends too early", at);
        }
        return bytes[at++] & 0xFF;
    }

    /** The major type of the item that comes next. */
    int major() {
        if (at >= end) {
            throw malformed("it ends too early", at);
        }
        return (bytes[at] & 0xFF) >>> 5;
    }

    /** Whether the item that comes next is null. */
    boolean isNull() {
        return at < end && (bytes[at] & 0xFF) == NULL;
    }

    /** Whether the next byte ends a container of unknown length; passes over it if so. */
    boolean broken() {
        if (at < end && (bytes[at] & 0xFF) == BREAK) {
            at++;
            return true;
        }
        return false;
    }

    /** Passes over a head and returns its argument; -1 when it says "unknown length". */
    long head() {
        int first = next();
        int low = first & 31;
        if (low < 24) {
            return low;
        }
        switch (low) {
            case 24, 25, 26, 27 -> {
                long value = 0;
                for (int i = 1 << (low - 24); i > 0; i--) {
                    value = value << 8 | next();
                }
                if (value < 0 && first >>> 5 > NEGATIVE && first >>> 5 < SIMPLE) {
                    throw malformed("a length of 2^63 or more", at);
                }
                return value;
            }
            case INDEFINITE -> {
                int major = first >>> 5;
                if (major < BYTES || major > MAP) {
                    throw malformed("an unknown length where there is none", at - 1);
                }
                return -1;
            }
            default -> throw malformed("a reserved length", at - 1);
        }
    }

    private void pass(long count) {
        if (count > end - at) {
            throw malformed("a length of " + count + " with " + (end - at) + " bytes left", at);
        }
        at += (int) count;
    }

    /** Passes over one whole item. */
    void skip() {
        long[] left = new long[8];
        int depth = 0;
        left[0] = 1;
        while (depth >= 0) {
            if (left[depth] == 0) {
                depth--;
                continue;
            }
            if (left[depth] < 0) {
                if (broken()) {
                    if (left[depth] == -2) {
                        throw malformed("a key without a value", at);
                    }
                    depth--;
                    continue;
                }
                left[depth] = left[depth] == -1 ? -1 : left[depth] == -2 ? -3 : -2;
            } else {
                left[depth]--;
            }
            long inside = inside();
            if (inside != 0) {
                depth++;
                if (depth > DEEPEST) {
                    throw malformed("more than " + DEEPEST + " levels", at);
                }
                if (depth == left.length) {
                    left = Arrays.copyOf(left, depth * 2);
                }
                left[depth] = inside;
            }
        }
    }

    /** Passes over a head and the bytes of a scalar; returns how many items follow: -1 any number, -3 any number of pairs. */
    private long inside() {
        int major = major();
        int first = bytes[at] & 0xFF;
        if (first == BREAK) {
            throw malformed("an end of nothing", at);
        }
        long value = head();
        switch (major) {
            case UNSIGNED, NEGATIVE -> {
                return 0;
            }
            case BYTES, TEXT -> {
                if (value >= 0) {
                    pass(value);
                } else {
                    while (!broken()) {
                        if (major() != major) {
                            throw malformed("a piece of another type", at);
                        }
                        long piece = head();
                        if (piece < 0) {
                            throw malformed("a piece of unknown length", at);
                        }
                        pass(piece);
                    }
                }
                return 0;
            }
            case ARRAY -> {
                return value;
            }
            case MAP -> {
                if (value > end - at) {
                    throw malformed("a map of " + value + " pairs", at);
                }
                return value < 0 ? -3 : value * 2;
            }
            case TAG -> {
                return 1;
            }
            default -> {
                if (first == 0xF8 && value < 32) {
                    throw malformed("a simple value in two bytes", at);
                }
                return 0;
            }
        }
    }

    /** The text that comes next. */
    String text() {
        return new String(string(TEXT), StandardCharsets.UTF_8);
    }

    private byte[] string(int major) {
        if (major() != major) {
            throw malformed(major == TEXT ? "a key that is no text" : "bytes expected", at);
        }
        long length = head();
        if (length >= 0) {
            int from = at;
            pass(length);
            return Arrays.copyOfRange(bytes, from, at);
        }
        ByteWriter joined = new ByteWriter(64);
        while (!broken()) {
            if (major() != major) {
                throw malformed("a piece of another type", at);
            }
            long piece = head();
            if (piece < 0) {
                throw malformed("a piece of unknown length", at);
            }
            int from = at;
            pass(piece);
            joined.raw(bytes, from, at - from);
        }
        return joined.toArray();
    }

    /**
     * Passes over one item and returns what an index can hold of it: Boolean, Long, BigInteger, BigDecimal, Double, String,
     * byte[] or Instant; null for null, undefined, arrays and maps.
     */
    @Nullable
    Object scalar() {
        int from = at;
        switch (major()) {
            case UNSIGNED -> {
                long value = head();
                return value >= 0 ? (Object) value : unsigned(value);
            }
            case NEGATIVE -> {
                long value = head();
                return value >= 0 ? (Object) ~value : unsigned(value).not();
            }
            case BYTES -> {
                return string(BYTES);
            }
            case TEXT -> {
                return text();
            }
            case TAG -> {
                return tagged(head());
            }
            case SIMPLE -> {
                return simple();
            }
            default -> {
                at = from;
                skip();
                return null;
            }
        }
    }

    private static BigInteger unsigned(long bits) {
        return new BigInteger(1, Keys.u64(bits));
    }

    private @Nullable Object simple() {
        int first = bytes[at] & 0xFF;
        long value = head();
        return switch (first) {
            case 0xF4 -> false;
            case 0xF5 -> true;
            case 0xF9 -> half((int) value);
            case 0xFA -> (double) Float.intBitsToFloat((int) value);
            case 0xFB -> Double.longBitsToDouble(value);
            default -> null;
        };
    }

    /** RFC 8949 appendix D. */
    private static double half(int bits) {
        int exponent = bits >>> 10 & 31;
        int mantissa = bits & 1023;
        double value = exponent == 0
                ? Math.scalb((double) mantissa, -24)
                : exponent != 31
                        ? Math.scalb((double) (mantissa + 1024), exponent - 25)
                        : mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        return (bits & 0x8000) == 0 ? value : -value;
    }

    /** RFC 8949 §3.4: times, big numbers, decimals; any other tag counts for nothing. */
    private @Nullable Object tagged(long tag) {
        if (tag == 4) {
            return decimal();
        }
        int from = at;
        if (tag == 2 || tag == 3) {
            BigInteger magnitude = new BigInteger(1, string(BYTES));
            return tag == 2 ? magnitude : magnitude.not();
        }
        Object value = major() == TAG ? null : scalar();
        if (value == null) {
            at = from;
            skip();
            return null;
        }
        try {
            if (tag == 0 && value instanceof String text) {
                return java.time.OffsetDateTime.parse(text).toInstant();
            } else if (tag == 1 && value instanceof Long seconds) {
                return Instant.ofEpochSecond(seconds);
            } else if (tag == 1 && value instanceof Double seconds && Double.isFinite(seconds)) {
                BigDecimal exact = new BigDecimal(seconds);
                BigInteger whole =
                        exact.setScale(0, java.math.RoundingMode.FLOOR).toBigInteger();
                long nanos =
                        exact.subtract(new BigDecimal(whole)).movePointRight(9).longValue();
                return Instant.ofEpochSecond(whole.longValueExact(), nanos);
            }
        } catch (DateTimeException | ArithmeticException e) {
            throw malformed("no such time: " + e.getMessage(), from);
        }
        return value;
    }

    private BigDecimal decimal() {
        int from = at;
        if (major() == ARRAY && head() == 2) {
            Object exponent = scalar();
            Object mantissa = scalar();
            if (exponent instanceof Long power && power >= -100_000 && power <= 100_000) {
                if (mantissa instanceof Long small) {
                    return new BigDecimal(BigInteger.valueOf(small), (int) -power);
                } else if (mantissa instanceof BigInteger large) {
                    return new BigDecimal(large, (int) -power);
                }
            }
        }
        throw malformed("not a decimal", from);
    }

    /** Appends the shortest head. */
    static void head(ByteWriter out, int major, long value) {
        int type = major << 5;
        if (value < 24) {
            out.u8(type | (int) value);
        } else if (value < 0x100) {
            out.u8(type | 24);
            out.u8((int) value);
        } else if (value < 0x1_0000) {
            out.u8(type | 25);
            out.u16((int) value);
        } else {
            out.u8(type | 26);
            out.u32((int) value);
        }
    }

    /** Appends a text in its shortest form. */
    static void text(ByteWriter out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        head(out, TEXT, utf8.length);
        out.raw(utf8);
    }
}
