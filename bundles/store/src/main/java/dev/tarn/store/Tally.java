// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.store.StoreStatistics.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** How a figure was spread since the start. Written by one thread, read by any. */
final class Tally {

    private final List<Long> bounds;

    /** One more than there are bounds: the last is for what is above all of them. */
    private final AtomicLongArray counts;

    private final AtomicLong total = new AtomicLong();
    private final AtomicLong most = new AtomicLong();

    private Tally(List<Long> bounds) {
        this.bounds = bounds;
        this.counts = new AtomicLongArray(bounds.size() + 1);
    }

    /** Of durations in nanoseconds, from 50 µs to 10 s in steps of 1, 2, 5. */
    static Tally ofDurations() {
        List<Long> bounds = new ArrayList<>();
        for (long unit = TimeUnit.MICROSECONDS.toNanos(10); unit < TimeUnit.SECONDS.toNanos(10); unit *= 10) {
            bounds.add(5 * unit);
            bounds.add(10 * unit);
            bounds.add(20 * unit);
        }
        bounds.remove(bounds.size() - 1);
        return new Tally(bounds);
    }

    /** Of counts, by powers of two. */
    static Tally ofCounts(int most) {
        List<Long> bounds = new ArrayList<>();
        for (long bound = 1; bound < most; bound *= 2) {
            bounds.add(bound);
        }
        bounds.add((long) most);
        return new Tally(bounds);
    }

    void add(long figure) {
        int place = 0;
        while (place < bounds.size() && figure > bounds.get(place)) {
            place++;
        }
        counts.lazySet(place, counts.get(place) + 1);
        total.lazySet(total.get() + figure);
        if (figure > most.get()) {
            most.lazySet(figure);
        }
    }

    long count() {
        long count = 0;
        for (int i = 0; i < counts.length(); i++) {
            count += counts.get(i);
        }
        return count;
    }

    Spread spread() {
        List<Long> within = new ArrayList<>(bounds.size());
        long count = 0;
        for (int i = 0; i < bounds.size(); i++) {
            count += counts.get(i);
            within.add(count);
        }
        return new Spread(count + counts.get(bounds.size()), total.get(), most.get(), bounds, within);
    }
}
