// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.util.Arrays;

/**
 * The maps and lists that a binary writer has open. Both binary formats put the number of elements before them; where
 * that is not known, room for a head of two bytes of number is left and filled in at the end.
 */
final class Containers {

    /** A container of no more bytes than this is moved to close the gap that a shorter head leaves. */
    private static final int WORTH_MOVING = 1_024;

    /** Bytes of the head that is left open. */
    private static final int OPEN = 3;

    /** Writes the head of a container. */
    interface Head {
        /** The shortest head for this many entries or elements. */
        void write(Output out, boolean map, int count);

        /** The byte that says: a number of two bytes follows. */
        int two(boolean map);

        /** The byte that says: a number of four bytes follows. */
        int four(boolean map);
    }

    private final Output out;
    private final Head head;
    private int[] counts = new int[16];
    private int[] starts = new int[16];
    private boolean[] maps = new boolean[16];
    private int depth;

    Containers(Output out, Head head) {
        this.out = out;
        this.head = head;
    }

    /** One more value in the innermost container; in a map keys are what counts. */
    void element() {
        if (depth > 0 && !maps[depth - 1]) {
            counts[depth - 1]++;
        }
    }

    void entry() {
        counts[depth - 1]++;
    }

    void start(boolean map, int size) {
        if (depth == counts.length) {
            counts = Arrays.copyOf(counts, depth * 2);
            starts = Arrays.copyOf(starts, depth * 2);
            maps = Arrays.copyOf(maps, depth * 2);
        }
        counts[depth] = 0;
        maps[depth] = map;
        if (size == Sink.UNKNOWN) {
            starts[depth] = out.size();
            out.put(0);
            out.put2(0);
        } else {
            starts[depth] = Sink.UNKNOWN;
            head.write(out, map, size);
        }
        depth++;
    }

    void end() {
        depth--;
        int start = starts[depth];
        if (start == Sink.UNKNOWN) {
            return;
        }
        int count = counts[depth];
        boolean map = maps[depth];
        int content = out.size() - start - OPEN;
        if (count > 0xFFFF) {
            out.shift(start + OPEN, 2);
            out.set(start, head.four(map));
            out.set4(start + 1, count);
        } else if (content <= WORTH_MOVING) {
            int end = out.size();
            out.back(start);
            head.write(out, map, count);
            out.append(start + OPEN, end);
        } else {
            out.set(start, head.two(map));
            out.set2(start + 1, count);
        }
    }
}
