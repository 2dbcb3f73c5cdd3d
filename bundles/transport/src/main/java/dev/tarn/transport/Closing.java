// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.channel.Channel;

/**
 * User event that travels a connection's pipeline when the server wants it to end: the node stops, its protocol is
 * being removed, or its peer may not stay. A handler that needs time to say goodbye or to finish what runs calls {@link #hold()} and closes the
 * channel when done; it is closed anyway when the drain time is over, and at once when nobody holds it. Confined to the
 * connection's loop.
 */
public final class Closing {

    /** Whose doing it is. */
    public enum Cause {
        /** The node stops, or the protocol is being removed. */
        STOPPING,
        /** What let the peer in was taken from him. */
        REVOKED,
        /** What let the peer in has ended by itself. */
        EXPIRED
    }

    private final Cause cause;
    private final String reason;
    private boolean held;

    private Closing(Cause cause, String reason) {
        this.cause = cause;
        this.reason = reason;
    }

    public Cause cause() {
        return cause;
    }

    /** Why, in words for a log or a goodbye. */
    public String reason() {
        return reason;
    }

    /** Keeps the channel open for the drain time; the caller promises to close it. */
    public void hold() {
        held = true;
    }

    /** Whether somebody before has kept the channel open. */
    public boolean held() {
        return held;
    }

    /** Sends the event through a channel's pipeline and closes the channel when nobody holds it. On the channel's loop. */
    public static void ask(Channel channel, String reason) {
        ask(channel, Cause.STOPPING, reason);
    }

    static void ask(Channel channel, Cause cause, String reason) {
        Closing closing = new Closing(cause, reason);
        channel.pipeline().fireUserEventTriggered(closing);
        if (!closing.held()) {
            channel.close();
        }
    }
}
