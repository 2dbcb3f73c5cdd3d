// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

/**
 * How many changes a subscriber behind a socket may be sent: few enough that what is on the way stays within a budget of
 * bytes, whatever the size of the changes. Begins small and learns. For one loop.
 */
public final class Credit {
    private static final int MOST = 512;
    private static final int FIRST = 16;

    private final long budget;
    private long open;
    private double average;

    /**
     * No credit open yet.
     *
     * @param budget bytes that may be on the way
     */
    public Credit(long budget) {
        this.budget = budget;
        this.average = (double) budget / FIRST;
    }

    /** So many changes with so many bytes in all have arrived. */
    public void delivered(int changes, long bytes) {
        open -= changes;
        if (changes > 0) {
            average += ((double) bytes / changes - average) / 4;
        }
    }

    /** How many more to request now; they count as open from here on. */
    public long more() {
        long allowed = Math.max(1, Math.min(MOST, (long) (budget / Math.max(1, average))));
        // Asking for a handful at a time would make a batch of each.
        if (open > allowed / 2) {
            return 0;
        }
        long more = allowed - open;
        open += more;
        return more;
    }
}
