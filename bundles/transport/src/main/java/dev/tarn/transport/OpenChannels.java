// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.channel.Channel;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Channels that are open for one purpose. Safe on any thread. */
public final class OpenChannels {
    private final Set<Channel> channels = ConcurrentHashMap.newKeySet();

    /** Counts a channel in until it is closed or {@link #remove removed}. */
    public void add(Channel channel) {
        channels.add(channel);
        channel.closeFuture().addListener(closed -> channels.remove(channel));
    }

    void remove(Channel channel) {
        channels.remove(channel);
    }

    List<Channel> all() {
        return List.copyOf(channels);
    }

    /**
     * Asks every channel to end, waits, then cuts those that have not. Blocks for the patience given at most, plus a second
     * for those that are cut.
     */
    public void drain(String reason, Duration patience) {
        List<Channel> open = all();
        for (Channel channel : open) {
            try {
                channel.eventLoop().execute(() -> Closing.ask(channel, reason));
            } catch (RejectedExecutionException stopped) {
                // The loops are gone, and every channel with them.
                return;
            }
        }
        long deadline = System.nanoTime() + patience.toNanos();
        for (Channel channel : open) {
            await(channel, deadline - System.nanoTime());
        }
        for (Channel channel : open) {
            cut(channel);
        }
        deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        for (Channel channel : open) {
            await(channel, deadline - System.nanoTime());
        }
    }

    /** Closes a channel whatever its handlers want to wait for. */
    private static void cut(Channel channel) {
        try {
            channel.eventLoop().execute(() -> channel.unsafe().close(channel.voidPromise()));
        } catch (RejectedExecutionException stopped) {
            channel.close();
        }
    }

    private static void await(Channel channel, long nanos) {
        if (nanos > 0 && !channel.eventLoop().inEventLoop()) {
            channel.closeFuture().awaitUninterruptibly(nanos, TimeUnit.NANOSECONDS);
        }
    }
}
