// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelPipeline;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A protocol over a stream of bytes, found by its first bytes on any listener that lets it in, or named by a WebSocket
 * subprotocol. Registered as a service; when the service goes its connections are closed and its listener turns callers
 * away.
 */
@ConsumerType
public interface StreamProtocol {

    /** What a connection's first bytes say. */
    enum Match {
        YES,
        NO,
        /** Too few bytes to tell. */
        MORE
    }

    /** Lower case, unique, such as {@code mqtt}: also the name of its listener and of its section in the configuration. */
    String name();

    /** WebSocket subprotocols, by preference, that carry this protocol; empty for none. */
    default java.util.List<String> subprotocols() {
        return java.util.List.of();
    }

    /**
     * Names that TLS offers for this protocol (ALPN, RFC 7301), by preference; empty for none. Whatever is agreed on, the
     * first bytes inside decide; a handler finds what it was with {@code SslHandler.applicationProtocol()}.
     */
    default java.util.List<String> applicationProtocols() {
        return java.util.List.of();
    }

    /**
     * Looks at the first bytes without moving the reader index; asked only where several protocols share a listener. One
     * that cannot be told by its first bytes says no, and has listeners of its own. On the connection's loop.
     */
    default Match match(ByteBuf firstBytes) {
        return Match.NO;
    }

    /**
     * Adds this protocol's handlers at the end of the pipeline; the bytes seen so far arrive as the first read. Plain
     * bytes come and go, whatever carries them. On the connection's loop; {@link Connection#of} tells about the peer.
     */
    void open(ChannelPipeline pipeline);
}
