// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.Iterator;

/** Takes all rows that match before the first one is answered. For one thread at a time. */
interface Gathering {

    /**
     * Takes a row.
     *
     * @return how many bytes it holds more than before, or fewer if negative
     */
    long add(Item item);

    /** Whether only the number of rows matters. */
    default boolean counts() {
        return false;
    }

    /** Takes so many rows of which only the number matters. */
    default void count(long rows) {
        throw new IllegalStateException("these rows have to be looked at");
    }

    /** What is answered, in order. */
    Iterator<Answered> finish();
}
