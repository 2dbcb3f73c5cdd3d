// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.concurrent.TimeUnit;

/**
 * How many writes share a transaction and a force (decision 0016). Learns how many are worth waiting for: who writes alone never waits for
 * others, writers that wait for their answers are waited for until all are there, and where writes keep coming, those of
 * about two milliseconds are committed together. On the committer thread.
 */
final class Gathering {

    /** So many writes are worth a transaction of their own while the disk is still busy with the one before. */
    static final int ENOUGH = 64;

    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Nobody is waited for longer than this after the transaction before was begun. */
    private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** Where none came for so long, no more are expected. */
    private static final long GAP_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    /** After so many transactions that had all that were waited for, more are waited for. */
    static final int STEADY = 16;

    private final SyncThread sync;
    private final WriteQueue queue;

    /** Nanoseconds that a write took of late, in transactions of many. */
    private long each;

    private final Wanted wanted = new Wanted();
    private long began = System.nanoTime() - EVERY_NANOS;

    Gathering(SyncThread sync, WriteQueue queue) {
        this.sync = sync;
        this.queue = queue;
    }

    /** Waits, with one write in hand, while it is better to have more. */
    void await() {
        if (isEnough()) {
            return;
        }
        sync.await(PATIENCE_NANOS);
        int before = 0;
        int now = 1 + queue.size();
        long rest = EVERY_NANOS;
        while (now < wanted.count() && now > before && rest > 0 && !isEnough()) {
            queue.await(wanted.count() - 1, Math.min(rest, GAP_NANOS));
            before = now;
            now = 1 + queue.size();
            rest = began + EVERY_NANOS - System.nanoTime();
        }
    }

    private boolean isEnough() {
        return queue.size() >= ENOUGH || queue.closing();
    }

    /**
     * How many more to take: while nothing is being forced, half of those that wait, if forcing them takes less time than
     * committing the others; two steps that take turns are as slow as both together. Else all, so that one force is for all.
     */
    int most() {
        int half = queue.size() / 2;
        return half >= ENOUGH && sync.isIdle() && sync.forcing() < half * each ? half : Integer.MAX_VALUE;
    }

    /** So many writes were committed in a transaction that was begun then and took so long. */
    void committed(int writes, long at, long took) {
        began = at;
        if (writes >= ENOUGH) {
            each = (3 * each + took / writes) / 4;
        }
        wanted.committed(writes);
    }

    /** How many writes are waited for, learnt from how many came. For one thread. */
    static final class Wanted {
        private int count = 1;
        private int reached;

        int count() {
            return count;
        }

        /** So many were committed together. */
        void committed(int writes) {
            if (writes < count) {
                reached = 0;
                count = Math.max(writes, count * 3 / 4);
                return;
            }
            reached++;
            count = writes;
            if (writes > 1 && reached >= STEADY) {
                reached = 0;
                count += Math.max(1, writes / 4);
            }
            count = Math.min(ENOUGH, count);
        }
    }
}
