// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Notices a peer that leaves unread what it was sent. Confined to its loop. */
final class Unread {
    /** Who takes less than this in a whole period does not read. */
    private static final int LEAST = 1 << 10;

    private final Duration patience;
    private final LongSupplier left;
    private final Runnable stalled;
    private final Deadline deadline;
    private long before;
    private boolean watching;

    /**
     * Watches nothing yet.
     *
     * @param left bytes that the peer has still to take; 0 when all is well
     * @param stalled called once when it took next to nothing for so long
     */
    Unread(EventLoop loop, Duration patience, LongSupplier left, Runnable stalled) {
        this.patience = patience;
        this.left = left;
        this.stalled = stalled;
        this.deadline = new Deadline(loop, this::look);
    }

    /** There is something to take: watches from now on, unless it does already. */
    void begin() {
        if (!watching) {
            watching = true;
            before = left.getAsLong();
            deadline.in(patience);
        }
    }

    /** All was taken. */
    void clear() {
        watching = false;
        deadline.clear();
    }

    /** Never looks again. */
    void cancel() {
        watching = false;
        deadline.cancel();
    }

    private void look() {
        long now = left.getAsLong();
        if (now == 0) {
            watching = false;
        } else if (before - now < LEAST) {
            watching = false;
            stalled.run();
        } else {
            before = now;
            deadline.in(patience);
        }
    }
}
