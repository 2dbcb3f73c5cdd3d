// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what {@link ByteWriter} wrote. Throws {@link DamagedException} when bytes are missing. For one thread. */
final class ByteReader {

    static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] bytes;
    private final int end;
    private int at;

    ByteReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    int at() {
        return at;
    }

    int left() {
        return end - at;
    }

    byte[] array() {
        return bytes;
    }

    /** Passes over so many bytes and returns where they begin. */
    int take(long count) {
        if (count < 0 || count > end - at) {
            throw new DamagedException(count + " bytes wanted at " + at + ", " + (end - at) + " left");
        }
        int from = at;
        at += (int) count;
        return from;
    }

    int u8() {
        return bytes[take(1)] & 0xFF;
    }

    int u16() {
        int from = take(2);
        return (bytes[from] & 0xFF) << 8 | (bytes[from + 1] & 0xFF);
    }

    int u32() {
        return u32(bytes, take(4));
    }

    long u64() {
        return u64(bytes, take(8));
    }

    static int u32(byte[] bytes, int from) {
        return (int) INTS.get(bytes, from);
    }

    static long u64(byte[] bytes, int from) {
        return (long) LONGS.get(bytes, from);
    }

    long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = u8();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new DamagedException("a number without end at " + at);
    }

    /** A varint that must fit an int that is not negative. */
    int count() {
        long value = varint();
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new DamagedException("a count of " + value + " at " + at);
        }
        return (int) value;
    }

    byte[] raw(int count) {
        int from = take(count);
        return Arrays.copyOfRange(bytes, from, from + count);
    }

    String text() {
        int length = count();
        return new String(bytes, take(length), length, StandardCharsets.UTF_8);
    }
}
