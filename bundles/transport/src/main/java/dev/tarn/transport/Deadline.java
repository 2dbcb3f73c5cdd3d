// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A moment that is moved often and reached seldom: moving it later costs a clock reading, no timer. Confined to its loop.
 */
final class Deadline {
    private static final long NEVER = Long.MAX_VALUE;

    private final EventLoop loop;
    private final Runnable reached;
    private long at = NEVER;
    private @Nullable ScheduledFuture<?> timer;
    private long timerAt;

    Deadline(EventLoop loop, Runnable reached) {
        this.loop = loop;
        this.reached = reached;
    }

    /** Moves it to so far from now. */
    void in(Duration delay) {
        at = System.nanoTime() + delay.toNanos();
        if (timer == null) {
            schedule(delay.toNanos());
        } else if (timerAt - at > 0) {
            timer.cancel(false);
            schedule(delay.toNanos());
        }
    }

    /** Moves it further off, where it is set. */
    void later(Duration more) {
        if (at != NEVER) {
            at += more.toNanos();
        }
    }

    /** Takes it away. The timer may still run, once, for nothing. */
    void clear() {
        at = NEVER;
    }

    /** Takes it away with its timer. */
    void cancel() {
        clear();
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void schedule(long nanos) {
        timerAt = at;
        timer = loop.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
    }

    private void look() {
        timer = null;
        if (at == NEVER) {
            return;
        }
        long left = at - System.nanoTime();
        if (left > 0) {
            schedule(left);
        } else {
            at = NEVER;
            reached.run();
        }
    }
}
