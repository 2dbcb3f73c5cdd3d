// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Ends a connection after one and a half silent keep-alive periods [MQTT-3.1.2-22]. For the connection's loop. */
final class KeepAlive {

    private final EventExecutor loop;
    private final Runnable silent;
    private final long limit;
    private long heard;
    private @Nullable Future<?> check;

    /** A period of zero never ends anything. [MQTT-3.1.2-22]; 3.1.1 [MQTT-3.1.2-24] */
    KeepAlive(EventExecutor loop, Duration period, Runnable silent) {
        this.loop = loop;
        this.silent = silent;
        this.limit = period.toNanos() * 3 / 2;
        this.heard = System.nanoTime();
        if (limit > 0) {
            check(limit);
        }
    }

    /** A packet, or a good part of one, came. */
    void heard() {
        heard = System.nanoTime();
    }

    void stop() {
        Future<?> pending = check;
        if (pending != null) {
            pending.cancel(false);
            check = null;
        }
    }

    private void check(long after) {
        check = loop.schedule(this::look, after, TimeUnit.NANOSECONDS);
    }

    private void look() {
        long left = limit - (System.nanoTime() - heard);
        if (left <= 0) {
            silent.run();
        } else {
            check(left);
        }
    }
}
