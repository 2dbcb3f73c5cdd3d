// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All shapes of this environment. New ones are made on the committer thread only and stay {@link #unsaved} until a
 * transaction that holds them is committed; {@link #shape} is for any thread.
 */
final class Shapes {

    /** Rows beyond these keep their names with them. */
    static final int MOST = 50_000;

    static final int MOST_NAMES = 255;
    static final int LONGEST_NAMES = 8_192;

    private final Map<Integer, Shape> byNumber = new ConcurrentHashMap<>();
    private final Map<Names, Shape> byNames = new HashMap<>();
    private final List<Shape> unsaved = new ArrayList<>();
    private int last;

    /** Names as CBOR texts one after the other. */
    @SuppressWarnings("ArrayRecordComponent") // Compared by content, below.
    private record Names(byte[] bytes, int hash) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Names that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** Takes over a shape that was read from the disk. */
    void add(Shape shape) {
        ByteWriter keys = new ByteWriter(256);
        for (int i = 0; i < shape.size(); i++) {
            keys.raw(shape.key(i));
        }
        byNumber.put(shape.number(), shape);
        byNames.put(names(keys), shape);
        last = Math.max(last, shape.number());
    }

    private static Names names(ByteWriter keys) {
        byte[] bytes = keys.toArray();
        return new Names(bytes, Arrays.hashCode(bytes));
    }

    /**
     * The shape of these names, made if it is new; null when there are too many or a name is there twice.
     *
     * @param keys the names as CBOR texts in their shortest form
     */
    @Nullable
    Shape of(ByteWriter keys, int count) {
        if (count > MOST_NAMES || keys.size() > LONGEST_NAMES) {
            return null;
        }
        Names names = names(keys);
        Shape known = byNames.get(names);
        if (known != null) {
            return known;
        }
        if (last >= MOST) {
            return null;
        }
        List<String> list = new ArrayList<>(count);
        Cbor in = new Cbor(names.bytes(), 0, names.bytes().length);
        while (!in.done()) {
            list.add(in.text());
        }
        if (new HashSet<>(list).size() < list.size()) {
            return null;
        }
        Shape shape = new Shape(++last, list);
        byNumber.put(shape.number(), shape);
        byNames.put(names, shape);
        unsaved.add(shape);
        return shape;
    }

    /** The shape with this number. */
    Shape shape(int number) {
        Shape shape = byNumber.get(number);
        if (shape == null) {
            throw new DamagedException("no shape has the number " + number);
        }
        return shape;
    }

    /** Those that no committed transaction holds; the committer empties it. */
    List<Shape> unsaved() {
        return unsaved;
    }
}
