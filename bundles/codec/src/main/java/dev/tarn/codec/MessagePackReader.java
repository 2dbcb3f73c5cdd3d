// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;

/** Reads one MessagePack document into a sink. Recursion is as deep as the limit on depth. */
final class MessagePackReader extends BinaryReader {

    private static final int TIMESTAMP = -1;

    MessagePackReader(byte[] in, Limits limits, Sink sink) {
        super(in, limits, sink);
    }

    @Override
    void item(int depth) {
        int from = at;
        element(from);
        int first = one();
        if (first < 0x80) {
            sink.integer(first);
        } else if (first < 0x90) {
            map(first & 0xF, from, deeper(depth, from));
        } else if (first < 0xA0) {
            list(first & 0xF, from, deeper(depth, from));
        } else if (first < 0xC0) {
            text(string(first & 0x1F, from));
        } else if (first >= 0xE0) {
            sink.integer((byte) first);
        } else {
            longForm(first, from, depth);
        }
    }

    private void longForm(int first, int from, int depth) {
        switch (first) {
            case 0xC0 -> sink.nothing();
            case 0xC2 -> sink.bool(false);
            case 0xC3 -> sink.bool(true);
            case 0xC4 -> bytes(one(), from);
            case 0xC5 -> bytes(two(), from);
            case 0xC6 -> bytes(unsigned(), from);
            case 0xC7 -> extension(one(), from);
            case 0xC8 -> extension(two(), from);
            case 0xC9 -> extension(unsigned(), from);
            case 0xCA -> number(Float.intBitsToFloat(four()), from);
            case 0xCB -> number(Double.longBitsToDouble(eight()), from);
            case 0xCC -> sink.integer(one());
            case 0xCD -> sink.integer(two());
            case 0xCE -> sink.integer(unsigned());
            case 0xCF -> unsigned(eight());
            case 0xD0 -> sink.integer((byte) one());
            case 0xD1 -> sink.integer((short) two());
            case 0xD2 -> sink.integer(four());
            case 0xD3 -> sink.integer(eight());
            case 0xD4, 0xD5, 0xD6, 0xD7, 0xD8 -> extension(1 << (first - 0xD4), from);
            case 0xD9 -> text(string(one(), from));
            case 0xDA -> text(string(two(), from));
            case 0xDB -> text(string(unsigned(), from));
            case 0xDC -> list(two(), from, deeper(depth, from));
            case 0xDD -> list(unsigned(), from, deeper(depth, from));
            case 0xDE -> map(two(), from, deeper(depth, from));
            case 0xDF -> map(unsigned(), from, deeper(depth, from));
            default -> throw Refusal.malformed("the byte C1, which MessagePack does not have", from);
        }
    }

    private long unsigned() {
        return four() & 0xFFFF_FFFFL;
    }

    private void unsigned(long value) {
        if (value >= 0) {
            sink.integer(value);
        } else {
            sink.integer(new BigInteger(Long.toUnsignedString(value)));
        }
    }

    private void bytes(long claim, int from) {
        int length = string(claim, from);
        sink.bytes(in, skip(length), length);
    }

    private void list(long claim, int from, int depth) {
        int size = claimed(claim, 1, from);
        sink.startList(size);
        for (int i = 0; i < size; i++) {
            item(depth);
        }
        sink.endList();
    }

    private void map(long claim, int from, int depth) {
        int size = claimed(claim, 2, from);
        sink.startMap(size);
        for (int i = 0; i < size; i++) {
            int keyAt = at;
            int first = one();
            long length = switch (first) {
                case 0xD9 -> one();
                case 0xDA -> two();
                case 0xDB -> unsigned();
                default -> {
                    if (first >> 5 != 0b101) {
                        throw Refusal.malformed("a key that is not text", keyAt);
                    }
                    yield first & 0x1F;
                }
            };
            key(claimed(length, 1, keyAt), keyAt);
            item(depth);
        }
        sink.endMap();
    }

    private void extension(long claim, int from) {
        int length = string(claim, from);
        int type = (byte) one();
        if (type != TIMESTAMP) {
            throw Refusal.malformed(
                    "an extension of type " + type + "; the timestamp, -1, is the only one known", from);
        }
        sink.moment(timestamp(length, from));
    }

    /** The three forms of the timestamp extension: 32, 64 and 96 bits. */
    private Instant timestamp(int length, int from) {
        long seconds;
        int nanos;
        if (length == 4) {
            seconds = unsigned();
            nanos = 0;
        } else if (length == 8) {
            long both = eight();
            seconds = both & 0x3_FFFF_FFFFL;
            nanos = (int) (both >>> 34);
        } else if (length == 12) {
            nanos = four();
            seconds = eight();
        } else {
            throw Refusal.malformed("a timestamp of " + length + " bytes", from);
        }
        if (nanos < 0 || nanos > 999_999_999) {
            throw Refusal.malformed("a timestamp with more than 999,999,999 nanoseconds", from);
        }
        try {
            return Instant.ofEpochSecond(seconds, nanos);
        } catch (DateTimeException e) {
            throw Refusal.malformed("a moment that is too far away", from);
        }
    }
}
