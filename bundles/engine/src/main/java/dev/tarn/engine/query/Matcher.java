// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.store.Snapshot;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Conditions on the rows of one table. Immutable. */
sealed interface Matcher {

    /** Whether the row passes. */
    boolean matches(Item item);

    /** As it could have been written, for explain. */
    String text();

    /** All of these; all rows when there are none. */
    record All(List<Matcher> parts) implements Matcher {
        public All {
            parts = List.copyOf(parts);
        }

        @Override
        public boolean matches(Item item) {
            for (Matcher part : parts) {
                if (!part.matches(item)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public String text() {
            return joined(parts, "&");
        }
    }

    /** One of these at least. */
    record Any(List<Matcher> parts) implements Matcher {
        public Any {
            parts = List.copyOf(parts);
        }

        @Override
        public boolean matches(Item item) {
            for (Matcher part : parts) {
                if (part.matches(item)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public String text() {
            return joined(parts, "|");
        }
    }

    /** Whether the row has the vector that distances are taken of. */
    record Placed(Property distance) implements Matcher {
        @Override
        public boolean matches(Item item) {
            return item.value(distance) != null;
        }

        @Override
        public String text() {
            return "near(" + Objects.requireNonNull(distance.near()).attribute() + ")";
        }
    }

    /**
     * A property compared with values. Where the row has a list, one of its elements must pass; so must one of the rows that
     * belong to it, where the property is theirs.
     *
     * @param values of the property's type; a null among them is for rows without a value. Only IN has several
     */
    record Test(Property property, Operator operator, List<Object> values, boolean none) implements Matcher {
        public Test {
            values = List.copyOf(values);
        }

        @Override
        public boolean matches(Item item) {
            Property inner = property.inner();
            if (inner != null) {
                // One of the rows that belong to it must pass.
                Test test = new Test(inner, operator, values, none);
                return item.related(property).stream().anyMatch(test::matches);
            }
            Object value = item.value(property);
            return operator == Operator.DIFFERENT ? !passes(value, Operator.EQUAL) : passes(value, operator);
        }

        /** Whether it asks for just what such a part of an index has. */
        boolean isOf(Access.Index index) {
            Snapshot.Span.Bound bound = index.spans().get(0).from();
            return operator == Operator.EQUAL
                    && !none
                    && bound != null
                    && property.equals(index.property())
                    && values.get(0).equals(bound.value());
        }

        private boolean passes(@Nullable Object value, Operator by) {
            if (value == null) {
                return none;
            }
            if (values.isEmpty()) {
                return value instanceof List<?> list && none && list.contains(null);
            }
            if (value instanceof List<?> list) {
                for (Object element : list) {
                    if (element == null ? none : by.passes(element, values)) {
                        return true;
                    }
                }
                return false;
            }
            return by.passes(value, values);
        }

        @Override
        public String text() {
            String shown = values.isEmpty()
                    ? "null"
                    : values.size() == 1 && !none
                            ? shown(values.get(0))
                            : "(" + values.size() + " values" + (none ? " or null)" : ")");
            return property.name() + operator.sign() + shown;
        }

        private static String shown(Object value) {
            return value instanceof byte[] bytes ? bytes.length + " bytes" : QueryParser.shown(value.toString());
        }
    }

    private static String joined(List<Matcher> parts, String by) {
        StringBuilder text = new StringBuilder();
        for (Matcher part : parts) {
            text.append(text.isEmpty() ? "" : by);
            text.append(part instanceof Test || part instanceof Placed ? part.text() : "(" + part.text() + ")");
        }
        return text.toString();
    }
}
