// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.qpid.protonj2.types.transport.AmqpError;

/** What a connection's client has sent and is in memory or on its way into the store, and when that is enough. For its loop. */
final class Load {

    /** Messages of one connection that are streamed into the store at a time: each may have a window of bytes in memory. */
    private static final int MOST_ARRIVALS = 8;

    private final AmqpConnection connection;
    private final Limits limits;
    private final Set<Arrival> arrivals = new LinkedHashSet<>();

    /** How many have asked for nothing to be read. */
    private int holding;

    private long waiting;
    private long incomplete;

    Load(AmqpConnection connection, Limits limits) {
        this.connection = connection;
        this.limits = limits;
    }

    /** As {@link Line#hold}. */
    void hold() {
        if (holding++ == 0) {
            connection.pause(AmqpConnection.Pause.DECLARING);
        }
    }

    /** As {@link Line#goOn}. */
    void goOn() {
        if (--holding == 0) {
            connection.resume(AmqpConnection.Pause.DECLARING);
        }
    }

    /** As {@link Line#waiting}. */
    void waiting(int bytes) {
        waiting += bytes;
        if (waiting > limits.receivedBytes()) {
            connection.pause(AmqpConnection.Pause.RECEIVING);
        } else {
            connection.resume(AmqpConnection.Pause.RECEIVING);
        }
    }

    /** As {@link Line#incomplete}. */
    void incomplete(int bytes) {
        incomplete += bytes;
        if (incomplete > 2L * limits.message()) {
            throw new Refusal(
                    AmqpError.RESOURCE_LIMIT_EXCEEDED, incomplete + " bytes of messages that are not complete");
        }
    }

    /** As {@link Line#streaming}. */
    boolean streaming(Arrival arrival, boolean running) {
        if (!running) {
            return arrivals.remove(arrival);
        }
        return arrivals.size() < MOST_ARRIVALS && arrivals.add(arrival);
    }

    /** The connection is over. */
    void close() {
        Set.copyOf(arrivals).forEach(Arrival::close);
    }
}
