// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/** Who reads the store, so that it is not closed under anybody, and since when. Safe on any thread. */
final class OpenSnapshots {

    /** One party for the store, one for each reader. */
    private final Phaser phaser = new Phaser(1);

    /** When each reader came, by {@link System#nanoTime}. */
    private final Map<Reader, Long> since = new ConcurrentHashMap<>();

    private final AtomicBoolean closed = new AtomicBoolean();

    /** Someone who reads until this is run, once or more often. */
    final class Reader implements Runnable {
        @Override
        public void run() {
            if (since.remove(this) != null) {
                phaser.arriveAndDeregister();
            }
        }
    }

    /** @throws Failure UNAVAILABLE when the store is closed */
    Reader enter() {
        if (phaser.register() < 0) {
            throw stopped();
        }
        Reader reader = new Reader();
        since.put(reader, System.nanoTime());
        if (closed.get()) {
            reader.run();
            throw stopped();
        }
        return reader;
    }

    private static Failure stopped() {
        return new Failure(Failure.Code.UNAVAILABLE, "the store is stopped");
    }

    int count() {
        return since.size();
    }

    /** For how many milliseconds the oldest has been reading; 0 without any. */
    long oldestMillis() {
        long now = System.nanoTime();
        long oldest = 0;
        for (long began : since.values()) {
            oldest = Math.max(oldest, now - began);
        }
        return TimeUnit.NANOSECONDS.toMillis(oldest);
    }

    /** Lets nobody in any more. */
    void close() {
        closed.set(true);
    }

    /** After {@link #close}: waits until all are gone, and returns whether they are. */
    boolean awaitLast(long seconds) {
        try {
            phaser.awaitAdvanceInterruptibly(phaser.arriveAndDeregister(), seconds, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
