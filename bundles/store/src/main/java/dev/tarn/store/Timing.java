// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.concurrent.atomic.AtomicLong;

/** How often something happened and how long it took. Written by one thread, read by any. */
final class Timing {

    private final AtomicLong count = new AtomicLong();
    private final AtomicLong total = new AtomicLong();
    private final AtomicLong longest = new AtomicLong();

    void add(long nanos) {
        count.lazySet(count.get() + 1);
        total.lazySet(total.get() + nanos);
        if (nanos > longest.get()) {
            longest.lazySet(nanos);
        }
    }

    long count() {
        return count.get();
    }

    /** Nanoseconds altogether. */
    long total() {
        return total.get();
    }

    /** Nanoseconds of the longest one. */
    long longest() {
        return longest.get();
    }
}
