// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;

/**
 * Writes MessagePack, each value in its shortest form. Whole numbers beyond 64 bits are written as text, so that no digit
 * is lost; a decimal of up to 17 digits becomes the nearest double, a longer one text.
 */
final class MessagePackWriter extends BinaryWriter {

    /** What a double can tell apart. */
    private static final int DOUBLE_DIGITS = 17;

    MessagePackWriter(int expected) {
        super(expected, 0xC0, 0xCA);
    }

    @Override
    public void write(Output target, boolean map, int count) {
        if (count < 16) {
            target.put((map ? 0x80 : 0x90) | count);
        } else if (count <= 0xFFFF) {
            target.put(two(map));
            target.put2(count);
        } else {
            target.put(four(map));
            target.put4(count);
        }
    }

    @Override
    public int two(boolean map) {
        return map ? 0xDE : 0xDC;
    }

    @Override
    public int four(boolean map) {
        return map ? 0xDF : 0xDD;
    }

    @Override
    public void bool(boolean value) {
        containers.element();
        out.put(value ? 0xC3 : 0xC2);
    }

    @Override
    public void integer(long value) {
        containers.element();
        if (value >= -32 && value < 128) {
            out.put((int) value);
        } else if (value >= 0) {
            positive(value);
        } else if (value >= Byte.MIN_VALUE) {
            out.put2(0xD0 << 8 | ((int) value & 0xFF));
        } else if (value >= Short.MIN_VALUE) {
            out.put(0xD1);
            out.put2((int) value);
        } else if (value >= Integer.MIN_VALUE) {
            out.put(0xD2);
            out.put4((int) value);
        } else {
            out.put(0xD3);
            out.put8(value);
        }
    }

    private void positive(long value) {
        if (value <= 0xFF) {
            out.put2(0xCC << 8 | (int) value);
        } else if (value <= 0xFFFF) {
            out.put(0xCD);
            out.put2((int) value);
        } else if (value <= 0xFFFF_FFFFL) {
            out.put(0xCE);
            out.put4((int) value);
        } else {
            out.put(0xCF);
            out.put8(value);
        }
    }

    @Override
    public void integer(BigInteger value) {
        if (value.bitLength() < Long.SIZE) {
            integer(value.longValue());
        } else if (value.signum() > 0 && value.bitLength() == Long.SIZE) {
            containers.element();
            out.put(0xCF);
            out.put8(value.longValue());
        } else {
            text(value.toString());
        }
    }

    @Override
    public void number(BigDecimal value) {
        double nearest = value.doubleValue();
        boolean fits = Double.isFinite(nearest) && (nearest != 0 || value.signum() == 0);
        if (fits && value.precision() <= DOUBLE_DIGITS) {
            number(nearest);
        } else {
            text(value.toString());
        }
    }

    @Override
    void textHead(int length) {
        if (length < 32) {
            out.put(0xA0 | length);
        } else if (length <= 0xFF) {
            out.put2(0xD9 << 8 | length);
        } else if (length <= 0xFFFF) {
            out.put(0xDA);
            out.put2(length);
        } else {
            out.put(0xDB);
            out.put4(length);
        }
    }

    @Override
    public void bytes(byte[] source, int from, int length) {
        containers.element();
        if (length <= 0xFF) {
            out.put2(0xC4 << 8 | length);
        } else if (length <= 0xFFFF) {
            out.put(0xC5);
            out.put2(length);
        } else {
            out.put(0xC6);
            out.put4(length);
        }
        out.put(source, from, length);
    }

    /** The shortest of the three forms of the timestamp extension. */
    @Override
    public void moment(Instant value) {
        containers.element();
        long seconds = value.getEpochSecond();
        int nanos = value.getNano();
        if (seconds >>> 34 != 0) {
            out.put(0xC7);
            out.put2(12 << 8 | 0xFF);
            out.put4(nanos);
            out.put8(seconds);
        } else if (nanos == 0 && seconds <= 0xFFFF_FFFFL) {
            out.put2(0xD6 << 8 | 0xFF);
            out.put4((int) seconds);
        } else {
            out.put2(0xD7 << 8 | 0xFF);
            out.put8((long) nanos << 34 | seconds);
        }
    }
}
