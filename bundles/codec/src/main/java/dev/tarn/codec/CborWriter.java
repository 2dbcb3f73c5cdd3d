// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Writes CBOR in its preferred form (RFC 8949 §4.1), but for floats, which have four bytes at least. */
final class CborWriter extends BinaryWriter {

    private static final int UNSIGNED = 0;
    private static final int NEGATIVE = 1;
    private static final int BYTES = 2;
    private static final int TEXT = 3;
    private static final int LIST = 4;
    private static final int MAP = 5;
    private static final int TAG = 6;

    CborWriter(int expected) {
        super(expected, 0xF6, 0xFA);
    }

    private static void head(Output out, int major, long argument) {
        int type = major << 5;
        if (argument >>> 32 != 0) {
            out.put(type | 27);
            out.put8(argument);
        } else if (argument > 0xFFFF) {
            out.put(type | 26);
            out.put4((int) argument);
        } else if (argument > 0xFF) {
            out.put(type | 25);
            out.put2((int) argument);
        } else if (argument > 23) {
            out.put2((type | 24) << 8 | (int) argument);
        } else {
            out.put(type | (int) argument);
        }
    }

    @Override
    public void write(Output target, boolean map, int count) {
        head(target, map ? MAP : LIST, count);
    }

    @Override
    public int two(boolean map) {
        return (map ? MAP : LIST) << 5 | 25;
    }

    @Override
    public int four(boolean map) {
        return (map ? MAP : LIST) << 5 | 26;
    }

    @Override
    public void bool(boolean value) {
        containers.element();
        out.put(value ? 0xF5 : 0xF4);
    }

    @Override
    public void integer(long value) {
        containers.element();
        whole(value);
    }

    private void whole(long value) {
        if (value < 0) {
            head(out, NEGATIVE, ~value);
        } else {
            head(out, UNSIGNED, value);
        }
    }

    @Override
    public void integer(BigInteger value) {
        containers.element();
        whole(value);
    }

    private void whole(BigInteger value) {
        BigInteger argument = value.signum() < 0 ? value.not() : value;
        int major = value.signum() < 0 ? NEGATIVE : UNSIGNED;
        if (argument.bitLength() <= Long.SIZE) {
            head(out, major, argument.longValue());
            return;
        }
        byte[] bytes = argument.toByteArray();
        int sign = bytes[0] == 0 ? 1 : 0;
        head(out, TAG, 2 + major);
        head(out, BYTES, bytes.length - sign);
        out.put(bytes, sign, bytes.length - sign);
    }

    @Override
    public void number(BigDecimal value) {
        containers.element();
        head(out, TAG, 4);
        head(out, LIST, 2);
        whole(-(long) value.scale());
        whole(value.unscaledValue());
    }

    @Override
    void textHead(int length) {
        head(out, TEXT, length);
    }

    @Override
    public void bytes(byte[] source, int from, int length) {
        containers.element();
        head(out, BYTES, length);
        out.put(source, from, length);
    }

    /** Whole seconds are counted, tag 1; others are written out, tag 0, since a double would lose their nanoseconds. */
    @Override
    public void moment(Instant value) {
        containers.element();
        if (value.getNano() == 0) {
            head(out, TAG, 1);
            whole(value.getEpochSecond());
        } else {
            byte[] text = value.toString().getBytes(StandardCharsets.US_ASCII);
            head(out, TAG, 0);
            head(out, TEXT, text.length);
            out.put(text, 0, text.length);
        }
    }
}
