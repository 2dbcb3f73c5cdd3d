// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How fast all clients together may publish: so much a second, and a second's worth at once (the generic cell rate
 * algorithm of ITU-T I.371, which is one number). Safe on any thread, without a lock.
 */
final class SharedRate {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final long interval;
    private final AtomicLong due;

    /**
     * @param messages a second
     * @param now in nanoseconds, as {@link System#nanoTime}
     */
    SharedRate(int messages, long now) {
        this.interval = SECOND / messages;
        this.due = new AtomicLong(now);
    }

    /**
     * Takes one publish into account.
     *
     * @return for how many nanoseconds its client should not be read from; 0 for no wait
     */
    long published(long now) {
        while (true) {
            long before = due.get();
            long next = (before - now > 0 ? before : now) + interval;
            if (due.compareAndSet(before, next)) {
                return Math.max(0, next - now - SECOND);
            }
        }
    }
}
