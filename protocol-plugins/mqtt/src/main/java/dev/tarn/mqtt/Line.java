// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.transport.Outbox;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** What the parts of a connection share: where to write, and how to end. For the connection's loop. */
interface Line {
    Channel channel();

    Outbox outbox();

    PacketWriter writer();

    Agreement agreement();

    /** Who it is, as observers are told. */
    dev.tarn.api.client.Client identity();

    /** Why nothing is read. */
    enum Pause {
        CONNECTING,
        PUBLISHING,
        SUBSCRIBING,
        RATE,
        WRITING
    }

    /** This is no reason any more; goes on reading if there is no other. */
    void resume(Pause why);

    /** Reads nothing more until {@link #resume} was called for every reason. */
    void pause(Pause why);

    /** Tells the client why, where its version can be told, and closes. */
    void end(Reason reason, @Nullable String text);

    /** Closes because of a bug, which is logged. */
    void fail(Throwable bug);
}
