// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

/**
 * User event that travels a connection's pipeline when the server wants it to end: the node stops, or its protocol is
 * being removed. A handler that needs time to say goodbye or to finish what runs calls {@link #hold()} and closes the
 * channel when done; it is closed anyway when the drain time is over, and at once when nobody holds it. Confined to the
 * connection's loop.
 */
public final class Closing {
    private final String reason;
    private boolean held;

    Closing(String reason) {
        this.reason = reason;
    }

    /** Why, in words for a log or a goodbye. */
    public String reason() {
        return reason;
    }

    /** Keeps the channel open for the drain time; the caller promises to close it. */
    public void hold() {
        held = true;
    }

    boolean held() {
        return held;
    }
}
