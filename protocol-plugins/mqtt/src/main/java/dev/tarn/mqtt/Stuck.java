// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection whose client takes nothing of what waits for it for a whole period. One that reads slowly is left
 * alone. For the connection's loop.
 */
final class Stuck {

    private final Channel channel;
    private final long period;
    private final Runnable end;
    private @Nullable Future<?> check;
    private long waiting;

    /** A period of zero never ends anything. */
    Stuck(Channel channel, Duration period, Runnable end) {
        this.channel = channel;
        this.period = period.toMillis();
        this.end = end;
    }

    /** More waits for the client than the channel likes. */
    void watch() {
        if (check == null && period > 0) {
            waiting = pending();
            check = channel.eventLoop().schedule(this::look, period, TimeUnit.MILLISECONDS);
        }
    }

    /** Bytes of the oldest that waits, and of all that does. */
    private long pending() {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    private void look() {
        check = null;
        if (!channel.isActive() || channel.isWritable()) {
            return;
        }
        long now = pending();
        if (now >= waiting) {
            end.run();
        } else {
            watch();
        }
    }

    void stop() {
        Future<?> pending = check;
        if (pending != null) {
            pending.cancel(false);
            check = null;
        }
    }
}
