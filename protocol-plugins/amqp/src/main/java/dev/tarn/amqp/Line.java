// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.resource.Context;
import io.netty.channel.Channel;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/** What the links of a connection share: whose they are, where to write, and how to end. For the connection's loop. */
interface Line {
    Channel channel();

    Broker broker();

    Codec codec();

    /** On whose behalf it acts; known once the connection is open. */
    Context context();

    /** What the client calls itself. */
    String container();

    /**
     * Runs something that the engine has asked for: what it throws is the peer's fault or a bug, and closes the
     * connection, since the engine itself would swallow it.
     */
    void guarded(Runnable task);

    /** Runs something on the loop, guarded, and sends what it has written. On any thread. */
    void later(Runnable task);

    /** So many bytes of messages wait for the engine behind the door; reads nothing more while it is too many. */
    void waiting(int bytes);

    /** So many bytes of messages that are not complete yet were added, or taken away where negative. */
    void incomplete(int bytes);

    /** A message is streamed into the store from now on, or no more. Returns false where too many are. */
    boolean streaming(Arrival arrival, boolean running);

    /** Transactions that are not discharged. */
    Transactions transactions();

    /** A queue that ends with the connection, if not before. */
    void owning(FeedKey temporary);

    /** Reads nothing more until {@link #goOn}. */
    void hold();

    void goOn();

    /** Tells observers what the client has done; any thread. */
    void tell(ClientEvent.Type type, @Nullable String path, int qos, @Nullable String reason);

    /** Says why and closes. */
    void end(ErrorCondition error);
}
