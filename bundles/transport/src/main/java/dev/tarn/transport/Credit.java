// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.util.function.LongSupplier;

/**
 * How many changes a subscriber behind a socket may be sent: few enough that what is on the way stays within a budget of
 * bytes, whatever the size of the changes. Begins small, doubles while it learns how large changes are. For one loop.
 */
public final class Credit {
    private static final int MOST = 512;
    private static final int FIRST = 2;

    private final LongSupplier budget;
    private long open;
    private long ceiling = FIRST;
    private double average = 1;

    /**
     * No credit open yet.
     *
     * @param budget bytes that may be on the way, at each moment
     */
    public Credit(LongSupplier budget) {
        this.budget = budget;
    }

    /** So many changes with so many bytes in all have arrived. */
    public void delivered(int changes, long bytes) {
        open -= changes;
        if (changes > 0) {
            double mean = (double) bytes / changes;
            average += average < mean ? mean - average : (mean - average) / 4;
            ceiling = Math.min(MOST, ceiling * 2);
        }
    }

    /** How many more to request now; they count as open from here on. */
    public long more() {
        long fitting = (long) (budget.getAsLong() / Math.max(1, average));
        long allowed = Math.max(1, Math.min(ceiling, fitting));
        // Asking for a handful at a time would make a batch of each.
        if (open > allowed / 2) {
            return 0;
        }
        long more = allowed - open;
        open += more;
        return more;
    }
}
