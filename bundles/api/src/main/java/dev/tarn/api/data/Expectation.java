// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.Set;

/** What must be true of a row, checked by the writer in the transaction that changes it. */
public sealed interface Expectation {

    /** Anything goes. */
    Expectation ANYTHING = new Anything();

    /** There must be no such row. */
    Expectation ABSENT = new Absent();

    /** There must be such a row. */
    Expectation PRESENT = new Present();

    /** The row must be at one of these versions. */
    static Expectation at(Set<Long> versions) {
        return new At(versions);
    }

    /**
     * Whether it is true.
     *
     * @param version the row's version, or 0 when there is no row
     */
    boolean holds(long version);

    /** See {@link #ANYTHING}. */
    record Anything() implements Expectation {
        @Override
        public boolean holds(long version) {
            return true;
        }
    }

    /** See {@link #ABSENT}. */
    record Absent() implements Expectation {
        @Override
        public boolean holds(long version) {
            return version == 0;
        }
    }

    /** See {@link #PRESENT}. */
    record Present() implements Expectation {
        @Override
        public boolean holds(long version) {
            return version != 0;
        }
    }

    /** See {@link #at}. */
    record At(Set<Long> versions) implements Expectation {
        public At {
            versions = Set.copyOf(versions);
        }

        @Override
        public boolean holds(long version) {
            return version != 0 && versions.contains(version);
        }
    }
}
