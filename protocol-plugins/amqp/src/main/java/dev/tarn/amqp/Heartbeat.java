// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When the engine must look whether the peer is silent or has heard too little, AMQP 1.0 §2.4.5. The library's own clock
 * looks at most once a second, too seldom for peers that expect something every half. For the connection's loop.
 */
final class Heartbeat {

    /** Milliseconds: a peer that wants to hear something more often is refused. */
    static final long SHORTEST = 100;

    /** Milliseconds between two looks where nothing is due. */
    private static final long LAZY = 5_000;

    private final EventLoop loop;
    private final Runnable look;
    private final long start = System.nanoTime();
    private @Nullable Future<?> timer;

    Heartbeat(EventLoop loop, Runnable look) {
        this.loop = loop;
        this.look = look;
    }

    /** Milliseconds since some moment, never 0. */
    long now() {
        return 1 + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    void begin() {
        schedule(0);
    }

    /** Looks again at this moment; 0 for no certain one. */
    void next(long deadline) {
        long left = deadline == 0 ? LAZY : deadline - now();
        // In time even when the loop is busy: at half of what is left.
        schedule(Math.max(SHORTEST / 4, Math.min(LAZY, left / 2)));
    }

    private void schedule(long millis) {
        timer = loop.schedule(look, millis, TimeUnit.MILLISECONDS);
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
