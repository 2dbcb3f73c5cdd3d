// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AttributeKey;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What is known about an accepted connection. Immutable.
 *
 * @param id unique on the node while it runs
 * @param listener the listener's name
 * @param tls the TLS session, or null for plain text
 * @param upgrade the headers of the WebSocket upgrade that carries a stream protocol; empty otherwise
 */
public record Connection(
        String id,
        String listener,
        SocketAddress remote,
        SocketAddress local,
        @Nullable SSLSession tls,
        HttpHeaders upgrade) {

    private static final AttributeKey<Connection> KEY = AttributeKey.valueOf(Connection.class, "connection");

    /** The connection of this channel; every channel that a protocol sees has one. */
    public static Connection of(Channel channel) {
        return Optional.ofNullable(channel.attr(KEY).get())
                .orElseThrow(() -> new IllegalStateException("channel without a connection: " + channel));
    }

    /** Attaches this to a channel. */
    public void attach(Channel channel) {
        channel.attr(KEY).set(this);
    }

    /** The same connection, its bytes encrypted from now on. */
    Connection secured(SSLSession session) {
        return new Connection(id, listener, remote, local, session, upgrade);
    }

    /** The same connection as one carried by a WebSocket. */
    public Connection upgraded(HttpHeaders headers) {
        return new Connection(id, listener, remote, local, tls, headers.copy());
    }

    /** The certificate that the peer showed and that was verified; empty for none. */
    public Optional<X509Certificate> certificate() {
        if (tls == null) {
            return Optional.empty();
        }
        try {
            return tls.getPeerCertificates()[0] instanceof X509Certificate shown
                    ? Optional.of(shown)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException none) {
            return Optional.empty();
        }
    }

    /** Whether this connection is carried by a WebSocket. */
    public boolean overWebSocket() {
        return upgrade != EmptyHttpHeaders.INSTANCE;
    }
}
