// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.transport.Connection;
import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection so that the last words arrive: a socket that is closed with bytes unread is reset, and a reset
 * overtakes what was sent (RFC 1122 §4.2.2.13). Plain TCP is closed one way first, and fully when the client has
 * followed, or after a second.
 */
final class Farewell {
    private Farewell() {}

    /** On the channel's loop; everything was flushed. */
    static void close(Channel channel, Connection peer) {
        if (!(channel instanceof DuplexChannel socket)
                || !channel.isActive()
                || peer.tls() != null
                || peer.overWebSocket()) {
            channel.close();
            return;
        }
        channel.config().setAutoRead(true);
        socket.shutdownOutput();
        channel.eventLoop().schedule(() -> channel.close(), 1, TimeUnit.SECONDS);
    }
}
