// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

/** What the writers of both binary formats share: containers with their lengths in front, text, floats. For one document. */
abstract sealed class BinaryWriter implements Format.Writer, Containers.Head permits CborWriter, MessagePackWriter {

    final Output out;
    final Containers containers;
    private final Keys keys = new Keys();
    private final int nothing;
    private final int floatOfFour;

    /**
     * A writer for a document of about so many bytes.
     *
     * @param nothing the byte that stands for null
     * @param floatOfFour the byte before a float of four bytes; before one of eight it is the next one
     */
    BinaryWriter(int expected, int nothing, int floatOfFour) {
        this.out = new Output(expected);
        this.containers = new Containers(out, this);
        this.nothing = nothing;
        this.floatOfFour = floatOfFour;
    }

    /** Writes what comes before a text of so many bytes. */
    abstract void textHead(int length);

    @Override
    public final byte[] finish() {
        return out.toByteArray();
    }

    @Override
    public final void startMap(int size) {
        containers.element();
        containers.start(true, size);
        keys.start();
    }

    @Override
    public final boolean key(String name) {
        containers.entry();
        string(name);
        return keys.add(name);
    }

    @Override
    public final void endMap() {
        keys.end();
        containers.end();
    }

    @Override
    public final void startList(int size) {
        containers.element();
        containers.start(false, size);
    }

    @Override
    public final void endList() {
        containers.end();
    }

    @Override
    public final void nothing() {
        containers.element();
        out.put(nothing);
    }

    @Override
    public final void number(double value) {
        containers.element();
        if (Double.compare((float) value, value) == 0) {
            out.put(floatOfFour);
            out.put4(Float.floatToRawIntBits((float) value));
        } else {
            out.put(floatOfFour + 1);
            out.put8(Double.doubleToRawLongBits(value));
        }
    }

    @Override
    public final void text(String value) {
        containers.element();
        string(value);
    }

    private void string(String text) {
        int length = Utf8.length(text);
        textHead(length);
        if (length == text.length()) {
            out.ascii(text);
        } else {
            out.utf8(text);
        }
    }

    @Override
    public final void text(byte[] source, int from, int length) {
        containers.element();
        textHead(length);
        out.put(source, from, length);
    }
}
