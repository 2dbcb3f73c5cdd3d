// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/**
 * Who reads the store, so that it is not closed under anybody, and since when. Each thread has a lane with a few places of its own,
 * so that coming and going costs it one exchange of memory that others rarely touch. Safe on any thread.
 */
final class OpenSnapshots {

    private static final int LANES = 64;

    /** In one lane; as many numbers as two lines of a processor's cache have. */
    private static final int PLACES = 16;

    private static final long FREE = 0;

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Since when each place is taken, in nanoseconds; numbers, because a collector has work with each reference. */
    private final AtomicLongArray places = new AtomicLongArray(LANES * PLACES);

    /** Those who found no place in their lane. */
    private final Set<Reader> others = ConcurrentHashMap.newKeySet();

    private final long start = System.nanoTime() - 1;

    private volatile boolean closed;

    /** Someone who reads until this is run, once. */
    final class Reader implements Runnable {
        private final long since = System.nanoTime() - start;
        private final int place;

        private Reader() {
            int lane = (int) ((Thread.currentThread().getId() * 0x9E3779B97F4A7C15L) >>> 58) * PLACES;
            int free = lane;
            while (free < lane + PLACES && !places.compareAndSet(free, FREE, since)) {
                free++;
            }
            place = free < lane + PLACES ? free : -1;
            if (place < 0) {
                others.add(this);
            }
        }

        @Override
        public void run() {
            if (place < 0) {
                others.remove(this);
            } else {
                places.setRelease(place, FREE);
            }
        }
    }

    /** @throws Failure UNAVAILABLE when the store is closed */
    Reader enter() {
        // First in, then the look: whoever closes does it the other way round, so that one of the two sees the other.
        Reader reader = new Reader();
        if (closed) {
            reader.run();
            throw new Failure(Failure.Code.UNAVAILABLE, "the store is stopped");
        }
        return reader;
    }

    /** Since when each of them reads. */
    private void each(LongConsumer use) {
        for (int i = 0; i < places.length(); i++) {
            long since = places.get(i);
            if (since != FREE) {
                use.accept(since);
            }
        }
        others.forEach(reader -> use.accept(reader.since));
    }

    int count() {
        int[] count = new int[1];
        each(since -> count[0]++);
        return count[0];
    }

    /** For how many milliseconds the oldest has been reading; 0 without any. */
    long oldestMillis() {
        long now = System.nanoTime() - start;
        long[] oldest = new long[1];
        each(since -> oldest[0] = Math.max(oldest[0], now - since));
        return TimeUnit.NANOSECONDS.toMillis(oldest[0]);
    }

    /** Lets nobody in any more. */
    void close() {
        closed = true;
    }

    /** After {@link #close}: waits until all are gone, and returns whether they are. */
    boolean awaitLast(long seconds) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (count() > 0) {
            if (System.nanoTime() - end >= 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return true;
    }
}
