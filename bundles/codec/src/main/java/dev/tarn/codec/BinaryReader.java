// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** What the readers of both binary formats share: a position in the bytes, and the limits. For one document. */
abstract sealed class BinaryReader permits CborReader, MessagePackReader {

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    final byte[] in;
    final Limits limits;
    final Sink sink;

    /** The next byte to be read. */
    int at;

    private int elements;

    BinaryReader(byte[] in, Limits limits, Sink sink) {
        this.in = in;
        this.limits = limits;
        this.sink = sink;
    }

    /** Reads the whole document; see {@link Format#read}. */
    final void read() {
        limits.checkSize(in);
        if (in.length == 0) {
            throw Refusal.malformed("an empty body holds no value", 0);
        }
        item(0);
        if (at < in.length) {
            throw Refusal.trailing(at);
        }
    }

    /** Reads one value that lies within so many others. */
    abstract void item(int depth);

    /** Moves on by so many bytes and returns where they begin. */
    final int skip(int length) {
        if (length > in.length - at) {
            throw Refusal.truncated(in.length);
        }
        int from = at;
        at += length;
        return from;
    }

    final int one() {
        return in[skip(1)] & 0xFF;
    }

    final int two() {
        return (short) SHORT.get(in, skip(2)) & 0xFFFF;
    }

    final int four() {
        return (int) INT.get(in, skip(4));
    }

    final long eight() {
        return (long) LONG.get(in, skip(8));
    }

    final void element(int from) {
        if (++elements > limits.elements()) {
            throw Refusal.tooLarge("more than " + limits.elements() + " values", from);
        }
    }

    final int deeper(int depth, int from) {
        if (depth >= limits.depth()) {
            throw Refusal.tooLarge("more than " + limits.depth() + " lists, maps and tags within one another", from);
        }
        return depth + 1;
    }

    /**
     * A length in bytes or a number of elements, which is no more than there can be in what is left.
     *
     * @param claim unsigned
     * @param least bytes that each needs at least
     */
    final int claimed(long claim, int least, int from) {
        if (claim < 0 || claim > (in.length - at) / least) {
            throw Refusal.malformed(
                    Long.toUnsignedString(claim) + " bytes or elements are announced where " + (in.length - at)
                            + " bytes are left",
                    from);
        }
        return (int) claim;
    }

    /** Checks the length of a text or byte string. */
    final int string(long claim, int from) {
        if (Long.compareUnsigned(claim, limits.text()) > 0) {
            throw Refusal.tooLarge("a text or byte string of more than " + limits.text() + " bytes", from);
        }
        return claimed(claim, 1, from);
    }

    /** Gives the next bytes to the sink as text. */
    final void text(int length) {
        int from = skip(length);
        checkUtf8(from);
        sink.text(in, from, length);
    }

    /** Gives the next bytes to the sink as a key. */
    final void key(int length, int from) {
        if (length > limits.key()) {
            throw Refusal.tooLarge("a key of more than " + limits.key() + " bytes", from);
        }
        int start = skip(length);
        checkUtf8(start);
        name(Utf8.text(in, start, length), from);
    }

    final void name(String name, int from) {
        if (!sink.key(name)) {
            throw Refusal.malformed("the key " + Refusal.shown(name) + " comes twice", from);
        }
    }

    final void number(double value, int from) {
        if (!Double.isFinite(value)) {
            throw Refusal.malformed(value + " is not a number that a body can hold", from);
        }
        sink.number(value);
    }

    /** Refuses what lies between {@code from} and {@link #at} when it is not UTF-8. */
    final void checkUtf8(int from) {
        int bad = Utf8.firstBad(in, from, at);
        if (bad >= 0) {
            throw Refusal.malformed("a text that is not UTF-8", bad);
        }
    }
}
