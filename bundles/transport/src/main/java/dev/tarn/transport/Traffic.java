// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Counters of one protocol; written from many loops, read by whoever shows them. {@link Meter} keeps one per protocol; a
 * stream protocol finds its own on the channel, an HTTP protocol on the exchange.
 */
public final class Traffic {
    private static final AttributeKey<Traffic> KEY = AttributeKey.valueOf(Traffic.class, "traffic");

    /** The counters of the protocol that this channel speaks; ones that nobody reads when it was never said. */
    public static Traffic of(Channel channel) {
        return Optional.ofNullable(channel.attr(KEY).get()).orElseGet(Traffic::new);
    }

    /** The counters of this channel's protocol, or null while it is not known which one that is. */
    static @Nullable Traffic known(Channel channel) {
        return channel.attr(KEY).get();
    }

    /** Makes these the counters of the channel. */
    public void attach(Channel channel) {
        channel.attr(KEY).set(this);
    }

    /** Messages, rows or requests that came in. */
    public final LongAdder in = new LongAdder();

    /** Messages, rows or answers that went out. */
    public final LongAdder out = new LongAdder();

    /** Bytes that came in, as they were on the wire. */
    public final LongAdder bytesIn = new LongAdder();

    /** Bytes that went out, as they were on the wire. */
    public final LongAdder bytesOut = new LongAdder();

    /** Messages that were dropped because a subscriber was slow. */
    public final LongAdder dropped = new LongAdder();

    /** Requests, packets and connections that were refused. */
    public final LongAdder refused = new LongAdder();

    /** Connections that are open now. */
    public final LongAdder open = new LongAdder();
}
