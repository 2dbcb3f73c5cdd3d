// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.resource.Context;
import dev.tarn.api.security.User;
import java.util.Map;
import java.util.Set;
import org.apache.qpid.protonj2.engine.Connection;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/** What a peer says of itself when it opens, AMQP 1.0 §2.4.1, and whether it may stay. For the connection's loop. */
final class Introduction {
    private final AmqpConnection connection;
    private final Broker broker;
    private final @Nullable User user;
    private final @Nullable ErrorCondition refused;
    private String container = "";
    private boolean sole;

    /** @param refused why the peer may not come in; null when {@code user} may */
    Introduction(AmqpConnection connection, Broker broker, @Nullable User user, @Nullable ErrorCondition refused) {
        this.connection = connection;
        this.broker = broker;
        this.user = user;
        this.refused = refused;
    }

    /** Who it is; null for nobody who may come in. */
    @Nullable
    User user() {
        return user;
    }

    /** The name of its container; empty before it has opened. */
    String container() {
        return container;
    }

    /**
     * It has opened.
     *
     * @return for whom it acts; null when it may not stay, and was told so
     * @throws Refusal when it asks for what cannot be
     */
    @Nullable
    Context opened(Connection remote, Containers.Holder holder) {
        String name = remote.getRemoteContainerId();
        container = name == null ? "" : name;
        long idle = remote.getRemoteIdleTimeout();
        if (idle > 0 && idle < Heartbeat.SHORTEST) {
            throw new Refusal(
                    AmqpError.NOT_ALLOWED,
                    "an idle-time-out of " + idle + " ms; " + Heartbeat.SHORTEST + " ms is the shortest");
        }
        User known = user;
        if (known == null) {
            connection.end(refused == null ? new ErrorCondition(AmqpError.UNAUTHORIZED_ACCESS, "nobody") : refused);
            return null;
        }
        Symbol[] desired = remote.getRemoteDesiredCapabilities();
        if (desired != null && Set.of(desired).contains(Containers.SOLE) && !claim(remote, holder)) {
            connection.end(Containers.taken());
            return null;
        }
        return broker.resources()
                .context(
                        known,
                        "amqp",
                        "amqp/" + connection.peer().id(),
                        connection.peer().remote());
    }

    /** OASIS soleconn-v1.0 §2.1: refuse the new connection, or close the one that is there. */
    private boolean claim(Connection remote, Containers.Holder holder) {
        Map<Symbol, Object> properties = remote.getRemoteProperties();
        Object policy = properties == null ? null : Values.ofAmqp(properties.get(Containers.POLICY));
        sole = broker.containers().claim(container, holder, Long.valueOf(1).equals(policy));
        return sole;
    }

    /** The connection is over. */
    void release(Containers.Holder holder) {
        if (sole) {
            broker.containers().release(container, holder);
        }
    }
}
