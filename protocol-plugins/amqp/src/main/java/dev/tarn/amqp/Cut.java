// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A long text or binary in encoded sections, which a body has as well.
 *
 * @param from where it is
 * @param leaf how many values that hold no others are before it, keys counted
 * @param binary whether it is bytes, which JSON has in base64
 */
record Cut(int from, int length, int leaf, boolean binary) {

    /** What one takes when it is written. */
    static final int BYTES = 9;

    /** Bytes of all of them. */
    static int total(List<Cut> cuts) {
        return cuts.stream().mapToInt(Cut::length).sum();
    }

    void write(ByteBuffer to) {
        to.putInt(from).putInt(leaf).put((byte) (binary ? 1 : 0));
    }

    /** As many as were written; how long they are is not, since the body has them. */
    static List<Cut> read(ByteBuffer from, int count) {
        List<Cut> cuts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            cuts.add(new Cut(from.getInt(), 0, from.getInt(), from.get() == 1));
        }
        return cuts;
    }

    /** Sections as they were before they were cut. */
    static byte[] restored(List<Cut> cuts, ByteBuffer rest, @Nullable Object value) {
        Restoring restoring = new Restoring(cuts, rest);
        restoring.walk(value);
        restoring.copy(rest.remaining());
        return restoring.out.toByteArray();
    }

    /** Goes through the leaves of a value in their order. */
    private static final class Restoring {
        private final List<Cut> cuts;
        private final ByteBuffer rest;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private int next;
        private int leaves;

        Restoring(List<Cut> cuts, ByteBuffer rest) {
            this.cuts = cuts;
            this.rest = rest;
        }

        void walk(@Nullable Object value) {
            if (value instanceof Map<?, ?> map) {
                map.forEach((key, entry) -> {
                    walk(key);
                    walk(entry);
                });
            } else if (value instanceof List<?> list) {
                list.forEach(this::walk);
            } else {
                if (next < cuts.size() && cuts.get(next).leaf() == leaves) {
                    insert(cuts.get(next++), value);
                }
                leaves++;
            }
        }

        private void insert(Cut cut, @Nullable Object leaf) {
            copy(cut.from() - out.size());
            out.writeBytes(bytes(cut, leaf));
        }

        private static byte[] bytes(Cut cut, @Nullable Object leaf) {
            if (leaf instanceof byte[] bytes) {
                return bytes;
            }
            byte[] text = String.valueOf(leaf).getBytes(StandardCharsets.UTF_8);
            try {
                return cut.binary() ? Base64.getDecoder().decode(text) : text;
            } catch (IllegalArgumentException another) {
                return text; // a leaf that is counted elsewhere: whoever cuts compares, and does not
            }
        }

        void copy(int count) {
            byte[] part = new byte[Math.max(0, Math.min(count, rest.remaining()))];
            rest.get(part);
            out.writeBytes(part);
        }
    }
}
