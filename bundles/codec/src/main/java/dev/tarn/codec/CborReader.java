// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;

/** Reads one CBOR document, RFC 8949, into a sink. Recursion is as deep as the limit on depth. */
final class CborReader extends BinaryReader {

    private static final int INDEFINITE = 31;
    private static final int BREAK = 0xFF;

    private static final BigInteger TWO_TO_64 = BigInteger.ONE.shiftLeft(64);

    CborReader(byte[] in, Limits limits, Sink sink) {
        super(in, limits, sink);
    }

    @Override
    void item(int depth) {
        int from = at;
        item(one(), from, depth);
    }

    private void item(int initial, int from, int depth) {
        element(from);
        int detail = initial & 0x1F;
        switch (initial >> 5) {
            case 0 -> unsigned(argument(detail, from));
            case 1 -> negative(argument(detail, from));
            case 2 -> byteString(detail, from);
            case 3 -> textString(detail, from);
            case 4 -> list(detail, from, deeper(depth, from));
            case 5 -> map(detail, from, deeper(depth, from));
            case 6 -> tagged(argument(detail, from), from, deeper(depth, from));
            default -> simple(detail, from);
        }
    }

    /** The number in or after the initial byte, unsigned (RFC 8949 §3). */
    private long argument(int detail, int from) {
        return switch (detail) {
            case 24 -> one();
            case 25 -> two();
            case 26 -> four() & 0xFFFF_FFFFL;
            case 27 -> eight();
            case 28, 29, 30, INDEFINITE -> throw Refusal.malformed("an initial byte that CBOR does not have", from);
            default -> detail;
        };
    }

    private void unsigned(long value) {
        if (value >= 0) {
            sink.integer(value);
        } else {
            sink.integer(BigInteger.valueOf(value).add(TWO_TO_64));
        }
    }

    private void negative(long value) {
        if (value >= 0) {
            sink.integer(~value);
        } else {
            sink.integer(BigInteger.valueOf(~value).subtract(TWO_TO_64));
        }
    }

    private void byteString(int detail, int from) {
        if (detail == INDEFINITE) {
            byte[] joined = chunks(2, limits.text(), from);
            sink.bytes(joined, 0, joined.length);
        } else {
            int length = string(argument(detail, from), from);
            sink.bytes(in, skip(length), length);
        }
    }

    private void textString(int detail, int from) {
        if (detail == INDEFINITE) {
            byte[] joined = chunks(3, limits.text(), from);
            sink.text(joined, 0, joined.length);
        } else {
            text(string(argument(detail, from), from));
        }
    }

    /** Joins the chunks of a string of indefinite length: each is a definite one of the same kind (RFC 8949 §3.2.3). */
    private byte[] chunks(int major, int most, int from) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        while (true) {
            int chunkAt = at;
            int initial = one();
            if (initial == BREAK) {
                return joined.toByteArray();
            }
            element(chunkAt);
            if (initial >> 5 != major || (initial & 0x1F) == INDEFINITE) {
                throw Refusal.malformed("a chunk of another kind in a string of indefinite length", chunkAt);
            }
            int length = string(argument(initial & 0x1F, chunkAt), chunkAt);
            if (length > most - joined.size()) {
                throw Refusal.tooLarge("a string of more than " + most + " bytes", from);
            }
            int start = skip(length);
            if (major == 3) {
                checkUtf8(start);
            }
            joined.write(in, start, length);
        }
    }

    private void list(int detail, int from, int depth) {
        if (detail == INDEFINITE) {
            sink.startList(Sink.UNKNOWN);
            for (int itemAt = at, initial = one(); initial != BREAK; itemAt = at, initial = one()) {
                item(initial, itemAt, depth);
            }
        } else {
            int size = claimed(argument(detail, from), 1, from);
            sink.startList(size);
            for (int i = 0; i < size; i++) {
                item(depth);
            }
        }
        sink.endList();
    }

    private void map(int detail, int from, int depth) {
        if (detail == INDEFINITE) {
            sink.startMap(Sink.UNKNOWN);
            for (int keyAt = at, initial = one(); initial != BREAK; keyAt = at, initial = one()) {
                entry(initial, keyAt, depth);
            }
        } else {
            int size = claimed(argument(detail, from), 2, from);
            sink.startMap(size);
            for (int i = 0; i < size; i++) {
                int keyAt = at;
                entry(one(), keyAt, depth);
            }
        }
        sink.endMap();
    }

    private void entry(int initial, int from, int depth) {
        if (initial >> 5 != 3) {
            throw Refusal.malformed("a key that is not text", from);
        }
        int detail = initial & 0x1F;
        if (detail == INDEFINITE) {
            byte[] joined = chunks(3, limits.key(), from);
            name(Utf8.text(joined, 0, joined.length), from);
        } else {
            key(claimed(argument(detail, from), 1, from), from);
        }
        item(depth);
    }

    private void simple(int detail, int from) {
        switch (detail) {
            case 20 -> sink.bool(false);
            case 21 -> sink.bool(true);
            case 22 -> sink.nothing();
            case 25 -> number(half(two()), from);
            case 26 -> number(Float.intBitsToFloat(four()), from);
            case 27 -> number(Double.longBitsToDouble(eight()), from);
            case INDEFINITE -> throw Refusal.malformed("a break where a value should be", from);
            default -> throw Refusal.malformed("a simple value other than true, false and null", from);
        }
    }

    /** The double that a half-precision number is (RFC 8949 appendix D). */
    private static double half(int bits) {
        int exponent = bits >> 10 & 0x1F;
        int fraction = bits & 0x3FF;
        double size;
        if (exponent == 0) {
            size = Math.scalb((double) fraction, -24);
        } else if (exponent == 31) {
            size = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        } else {
            size = Math.scalb((double) (fraction + 1_024), exponent - 25);
        }
        return (bits & 0x8000) == 0 ? size : -size;
    }

    /** Tags that values have a word for; any other says something about its content that may be left unread. */
    private void tagged(long tag, int from, int depth) {
        if (tag == 0) {
            sink.moment(written(from));
        } else if (tag == 1) {
            sink.moment(counted(from));
        } else if (tag == 2 || tag == 3) {
            sink.integer(big(tag == 3, from));
        } else if (tag == 4) {
            sink.number(decimal(from));
        } else if (tag == 5) {
            throw Refusal.malformed("a bigfloat (tag 5), which cannot be kept exactly", from);
        } else {
            item(depth);
        }
    }

    /** A moment as RFC 3339 text, RFC 8949 §3.4.1. */
    private Instant written(int from) {
        int initial = one();
        if (initial >> 5 != 3 || (initial & 0x1F) == INDEFINITE) {
            throw Refusal.malformed("tag 0 (date and time) without a text", from);
        }
        int length = string(argument(initial & 0x1F, from), from);
        if (length > 64) {
            throw Refusal.malformed("a date and time of " + length + " bytes", from);
        }
        int start = skip(length);
        checkUtf8(start);
        String text = Utf8.text(in, start, length);
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            return expanded(text, from);
        }
    }

    /** A moment beyond the years that an OffsetDateTime has, as this bundle's own writer spells it. */
    private static Instant expanded(String text, int from) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw Refusal.malformed("tag 0 with a text that is no date and time", from);
        }
    }

    /** A moment as seconds since 1970, RFC 8949 §3.4.2. */
    private Instant counted(int from) {
        int initial = one();
        try {
            return switch (initial) {
                case 0xF9 -> seconds(half(two()), from);
                case 0xFA -> seconds(Float.intBitsToFloat(four()), from);
                case 0xFB -> seconds(Double.longBitsToDouble(eight()), from);
                default -> {
                    if (initial >> 5 > 1) {
                        throw Refusal.malformed("tag 1 (seconds since 1970) without a number", from);
                    }
                    long argument = argument(initial & 0x1F, from);
                    if (argument < 0) {
                        throw Refusal.malformed("a moment that is too far away", from);
                    }
                    yield Instant.ofEpochSecond(initial >> 5 == 0 ? argument : ~argument);
                }
            };
        } catch (DateTimeException e) {
            throw Refusal.malformed("a moment that is too far away", from);
        }
    }

    private static Instant seconds(double value, int from) {
        if (!Double.isFinite(value) || Math.abs(value) > 1e18) {
            throw Refusal.malformed("a moment that is too far away", from);
        }
        BigDecimal exact = new BigDecimal(value).setScale(9, RoundingMode.HALF_EVEN);
        BigDecimal whole = exact.setScale(0, RoundingMode.FLOOR);
        return Instant.ofEpochSecond(
                whole.longValueExact(), exact.subtract(whole).movePointRight(9).longValueExact());
    }

    /** A whole number of any size, RFC 8949 §3.4.3. */
    private BigInteger big(boolean negative, int from) {
        int initial = one();
        if (initial >> 5 != 2) {
            throw Refusal.malformed("tag 2 or 3 (big number) without a byte string", from);
        }
        int detail = initial & 0x1F;
        byte[] bytes;
        if (detail == INDEFINITE) {
            bytes = chunks(2, limits.numberBytes(), from);
        } else {
            long claim = argument(detail, from);
            if (Long.compareUnsigned(claim, limits.numberBytes()) > 0) {
                throw Refusal.tooLarge("a number of more than " + limits.digits() + " digits", from);
            }
            int length = claimed(claim, 1, from);
            int start = skip(length);
            bytes = Arrays.copyOfRange(in, start, start + length);
        }
        BigInteger value = new BigInteger(1, bytes);
        return negative ? value.not() : value;
    }

    /** A decimal fraction, RFC 8949 §3.4.4: a list of the exponent and the mantissa. */
    private BigDecimal decimal(int from) {
        if (one() != 0x82) {
            throw Refusal.malformed("tag 4 (decimal fraction) without a list of two", from);
        }
        BigInteger exponent = whole(from);
        BigInteger mantissa = whole(from);
        if (exponent.abs().compareTo(BigInteger.valueOf(limits.exponent())) > 0) {
            throw Refusal.tooLarge("a number with an exponent beyond " + limits.exponent(), from);
        }
        return new BigDecimal(mantissa, -exponent.intValueExact());
    }

    private BigInteger whole(int from) {
        int initial = one();
        long argument = argument(initial & 0x1F, from);
        BigInteger unsigned = argument >= 0
                ? BigInteger.valueOf(argument)
                : BigInteger.valueOf(argument).add(TWO_TO_64);
        int major = initial >> 5;
        if (major == 0) {
            return unsigned;
        } else if (major == 1) {
            return unsigned.not();
        } else if (major == 6 && (argument == 2 || argument == 3)) {
            return big(argument == 3, from);
        }
        throw Refusal.malformed("tag 4 (decimal fraction) of something other than whole numbers", from);
    }
}
