// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Notices a key that comes twice in one map, for writers that keep nothing else of it. For one document. */
final class Keys {

    /** Up to this many keys are compared one by one. */
    private static final int FEW = 12;

    private static final class Open {
        private final String[] few = new String[FEW];
        private int count;
        private @Nullable Set<String> many;

        boolean add(String name) {
            Set<String> known = many;
            if (known != null) {
                return known.add(name);
            }
            for (int i = 0; i < count; i++) {
                if (few[i].equals(name)) {
                    return false;
                }
            }
            if (count == FEW) {
                Set<String> set = new HashSet<>(List.of(few));
                set.add(name);
                many = set;
            } else {
                few[count++] = name;
            }
            return true;
        }
    }

    /** One for each depth that was reached, used again by the next map there. */
    private final List<Open> opened = new ArrayList<>();

    private int depth;

    void start() {
        if (depth == opened.size()) {
            opened.add(new Open());
        }
        Open open = opened.get(depth++);
        open.count = 0;
        open.many = null;
    }

    /** Returns false when the innermost map has this key already. */
    boolean add(String name) {
        return opened.get(depth - 1).add(name);
    }

    void end() {
        depth--;
    }
}
