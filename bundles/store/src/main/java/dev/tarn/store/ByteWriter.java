// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Collects bytes, big-endian. For one thread. */
final class ByteWriter {

    private byte[] bytes;
    private int size;

    ByteWriter(int capacity) {
        bytes = new byte[capacity];
    }

    int size() {
        return size;
    }

    private int room(int count) {
        int from = size;
        int wanted = Math.addExact(from, count);
        if (wanted > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8, Math.max(wanted, bytes.length * 2L)));
        }
        size = wanted;
        return from;
    }

    void u8(int value) {
        int at = room(1);
        bytes[at] = (byte) value;
    }

    void u16(int value) {
        int at = room(2);
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
    }

    void u32(int value) {
        u32At(room(4), value);
    }

    void u64(long value) {
        int at = room(8);
        ByteReader.LONGS.set(bytes, at, value);
    }

    /** Overwrites four bytes that were written before. */
    void u32At(int at, int value) {
        ByteReader.INTS.set(bytes, at, value);
    }

    /** Seven bits a byte, the lowest first; the top bit says that more follow. */
    void varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            u8((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        u8((int) rest);
    }

    void raw(byte[] source) {
        raw(source, 0, source.length);
    }

    void raw(byte[] source, int from, int count) {
        int at = room(count);
        System.arraycopy(source, from, bytes, at, count);
    }

    /** A varint length and the text in UTF-8. */
    void text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        varint(utf8.length);
        raw(utf8);
    }

    /** The bytes, shared with this writer. */
    byte[] array() {
        return bytes;
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, size);
    }
}
