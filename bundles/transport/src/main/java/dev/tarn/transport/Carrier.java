// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpResponse;

/**
 * What carries an {@link Exchange}: an HTTP/1.1 connection, which has one at a time, or a stream of an HTTP/2 connection.
 * Confined to the connection's loop.
 */
interface Carrier {
    HttpFraming http();

    Connection connection();

    /** The channel of the exchange: the connection's own, or that of the stream. */
    Channel channel();

    /** Whether this is a stream of HTTP/2. */
    boolean stream();

    /** Whether the connection ends after what runs now. */
    boolean closing();

    /** Says once per connection why something was refused, and counts each. */
    void complain(String reason);

    // The request's body

    /** Lets the body of the request arrive, and its time begin. */
    void readBody();

    /**
     * So many bytes of the body have arrived.
     *
     * @param kept whether they are held until the rest is there
     */
    void bodyProgress(int bytes, boolean kept);

    /** Nothing more of the body is wanted now. */
    void holdBody();

    /** Sends 100 Continue. */
    void sendContinue();

    // The answer

    /** Queues a whole answer, when it has content, or the head of one. */
    void write(HttpResponse response, boolean toHead);

    /** Queues a part of the answer's body; takes over the buffer. */
    void write(ByteBuf part);

    void flush();

    /** Whether more may be queued. */
    boolean writable();

    /** Queues the end of a body that was written in parts. */
    void end();

    /** Breaks the answer off so that the peer can tell. */
    void abort();

    /** The answer, or its last part, has been queued. */
    void answered(Exchange done, boolean close);

    /**
     * Leaves the pipeline to a protocol that upgrades; HTTP's codec stays for the handshake.
     *
     * @throws IllegalStateException where a connection carries more than one exchange
     */
    ChannelPipeline upgrade(Roster.Installed by);
}
