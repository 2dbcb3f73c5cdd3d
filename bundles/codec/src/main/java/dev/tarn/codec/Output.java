// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.data.Failure;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Bytes that grow as they are written, numbers most significant byte first. For one thread. */
final class Output {

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] buffer;
    private int size;

    Output(int expected) {
        buffer = new byte[Math.max(32, expected)];
    }

    int size() {
        return size;
    }

    byte[] toByteArray() {
        return size == buffer.length ? buffer : Arrays.copyOf(buffer, size);
    }

    void put(int value) {
        room(1);
        buffer[size++] = (byte) value;
    }

    void put2(int value) {
        room(2);
        SHORT.set(buffer, size, (short) value);
        size += 2;
    }

    void put4(int value) {
        room(4);
        INT.set(buffer, size, value);
        size += 4;
    }

    void put8(long value) {
        room(8);
        LONG.set(buffer, size, value);
        size += 8;
    }

    void put(byte[] source, int from, int length) {
        room(length);
        System.arraycopy(source, from, buffer, size, length);
        size += length;
    }

    /** Writes text that is ASCII only. */
    @SuppressWarnings("deprecation") // the one method that copies the low bytes of a String without a detour
    void ascii(String text) {
        room(text.length());
        text.getBytes(0, text.length(), buffer, size);
        size += text.length();
    }

    /** Writes text as UTF-8; fails with MALFORMED when it has a lone surrogate. */
    void utf8(String text) {
        int length = text.length();
        room(length);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                room(length - i);
                buffer[size++] = (byte) c;
            } else if (!Character.isSurrogate(c)) {
                room(length - i + 3);
                character(c);
            } else if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
                room(length - i + 4);
                character(Character.toCodePoint(c, text.charAt(++i)));
            } else {
                throw new Failure(Failure.Code.MALFORMED, "a text has a lone surrogate");
            }
        }
    }

    private void character(int c) {
        if (c < 0x800) {
            buffer[size++] = (byte) (0xC0 | c >> 6);
        } else {
            if (c < 0x10000) {
                buffer[size++] = (byte) (0xE0 | c >> 12);
            } else {
                buffer[size++] = (byte) (0xF0 | c >> 18);
                buffer[size++] = (byte) (0x80 | (c >> 12 & 0x3F));
            }
            buffer[size++] = (byte) (0x80 | (c >> 6 & 0x3F));
        }
        buffer[size++] = (byte) (0x80 | (c & 0x3F));
    }

    /** Overwrites one byte. */
    void set(int at, int value) {
        buffer[at] = (byte) value;
    }

    /** Overwrites two bytes. */
    void set2(int at, int value) {
        SHORT.set(buffer, at, (short) value);
    }

    /** Overwrites four bytes. */
    void set4(int at, int value) {
        INT.set(buffer, at, value);
    }

    /** Moves what is written from {@code at} on by so many bytes. */
    void shift(int at, int by) {
        room(by);
        System.arraycopy(buffer, at, buffer, at + by, size - at);
        size += by;
    }

    /** Writes on from here; what was written behind stays until it is overwritten. */
    void back(int at) {
        size = at;
    }

    /** Writes what was written from {@code from} to {@code to} before going back. */
    void append(int from, int to) {
        System.arraycopy(buffer, from, buffer, size, to - from);
        size += to - from;
    }

    private void room(int more) {
        if (more > buffer.length - size) {
            grow(more);
        }
    }

    private void grow(int more) {
        long needed = (long) size + more;
        if (needed > Integer.MAX_VALUE - 16) {
            throw new Failure(Failure.Code.TOO_LARGE, "the body is too large to be written in this format");
        }
        buffer = Arrays.copyOf(buffer, (int) Math.min(Integer.MAX_VALUE - 16L, Math.max(needed, buffer.length * 2L)));
    }
}
