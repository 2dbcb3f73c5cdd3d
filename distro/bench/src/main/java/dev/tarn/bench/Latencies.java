// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

/**
 * A histogram of times with an error of at most 1.6 %: 64 steps to each power of two, so that recording is one addition.
 * For one thread.
 */
final class Latencies {
    private static final int BITS = 6;
    private static final int STEPS = 1 << BITS;

    private final long[] counts = new long[(64 - BITS + 1) * STEPS];
    private long count;
    private long greatest;

    void record(long nanoseconds) {
        long value = Math.max(0, nanoseconds);
        counts[index(value)]++;
        count++;
        greatest = Math.max(greatest, value);
    }

    private static int index(long value) {
        if (value < STEPS) {
            return (int) value;
        }
        int power = 63 - Long.numberOfLeadingZeros(value);
        int step = (int) (value >>> (power - BITS)) & (STEPS - 1);
        return (power - BITS + 1) * STEPS + step;
    }

    /** The greatest value that falls into the same step. */
    private static long top(int index) {
        if (index < STEPS) {
            return index;
        }
        int power = index / STEPS - 1 + BITS;
        long step = index % STEPS;
        return ((STEPS + step + 1) << (power - BITS)) - 1;
    }

    /** Takes in what another has recorded. */
    void add(Latencies other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        count += other.count;
        greatest = Math.max(greatest, other.greatest);
    }

    void clear() {
        java.util.Arrays.fill(counts, 0);
        count = 0;
        greatest = 0;
    }

    long count() {
        return count;
    }

    /** The time that this share of all stay under, in nanoseconds; 0 when there are none. */
    long percentile(double share) {
        long wanted = (long) Math.ceil(count * share);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= wanted && seen > 0) {
                return Math.min(top(i), greatest);
            }
        }
        return greatest;
    }

    long greatest() {
        return greatest;
    }
}
