// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Path;
import dev.tarn.api.store.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A way to rows that may match. Immutable. */
sealed interface Access {

    /** In a few words, for people. */
    String text();

    /** How good it is likely to be where nothing was counted; less is better. */
    int rank();

    /** Rows by id, each looked up; in key order. */
    record Points(List<Path> paths) implements Access {
        public Points {
            paths = List.copyOf(paths);
        }

        @Override
        public String text() {
            return "id";
        }

        @Override
        public int rank() {
            return 0;
        }
    }

    /** A range of ids; all of them where nothing bounds it. */
    record Keys(
            String prefix, @Nullable Bound from, @Nullable Bound to) implements Access {

        /** All rows of a table. */
        static final Keys ALL = new Keys("", null, null);

        /** One end of a range. */
        record Bound(Path path, boolean included) {}

        boolean whole() {
            return prefix.isEmpty() && from == null && to == null;
        }

        @Override
        public String text() {
            return whole() ? "scan" : "id range";
        }

        @Override
        public int rank() {
            return whole() ? 9 : from != null && to != null ? 4 : 5;
        }
    }

    /**
     * Parts of an index.
     *
     * @param spans in ascending order, and apart
     */
    record Index(Property property, List<Snapshot.Span> spans) implements Access {
        public Index {
            spans = List.copyOf(spans);
        }

        /** Whether all entries have one and the same value, so that they are in the order of ids. */
        boolean equality() {
            return spans.size() == 1 && equality(spans.get(0));
        }

        /** Whether rows without a value are among those that it leads to; these come last in an order, not first. */
        boolean withNothing() {
            Snapshot.Span.Bound first = spans.get(0).from();
            return first != null && first.value() == Snapshot.Nothing.NOTHING;
        }

        private static boolean equality(Snapshot.Span span) {
            return span.from() != null && span.from().equals(span.to());
        }

        @Override
        public String text() {
            return "index " + property.name();
        }

        @Override
        public int rank() {
            Snapshot.Span first = spans.get(0);
            if (equality(first)) {
                return spans.size() == 1 ? 1 : 2;
            } else if (first.prefix() != null) {
                return 3;
            }
            return first.from() != null && first.to() != null ? 4 : first.from() == null && first.to() == null ? 9 : 5;
        }
    }

    /** What one of several ways leads to, for conditions of which one must hold. */
    record Union(List<Branch> branches) implements Access {

        /** A way, and the condition for which it stands. */
        record Branch(Access access, Matcher condition) {}

        public Union {
            branches = List.copyOf(branches);
        }

        /**
         * The first branch whose condition a row fulfils: it comes by that one only, even if others lead to it as well; -1
         * for none.
         */
        int first(Item item) {
            for (int i = 0; i < branches.size(); i++) {
                if (branches.get(i).condition().matches(item)) {
                    return i;
                }
            }
            return -1;
        }

        @Override
        public String text() {
            return String.join(
                    " + ",
                    branches.stream()
                            .map(branch -> branch.access().text())
                            .distinct()
                            .toList());
        }

        @Override
        public int rank() {
            return branches.stream()
                    .mapToInt(branch -> branch.access().rank())
                    .max()
                    .orElse(0);
        }
    }
}
