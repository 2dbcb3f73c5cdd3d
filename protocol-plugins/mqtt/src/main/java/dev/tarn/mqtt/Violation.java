// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

/**
 * A packet that breaks the protocol: its sender is told the reason where its version can be told, and cut off
 * [MQTT-4.13.1-1]. Carries no stack trace, since it is an answer and not a bug.
 */
final class Violation extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Reason reason;

    Violation(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    /** Something that cannot be read as the specification says. */
    static Violation malformed(String message) {
        return new Violation(Reason.MALFORMED_PACKET, message);
    }

    /** Something that can be read, but must not be sent, or not now. */
    static Violation protocol(String message) {
        return new Violation(Reason.PROTOCOL_ERROR, message);
    }

    Reason reason() {
        return reason;
    }

    /** What is wrong, never null. */
    String text() {
        String message = getMessage();
        return message == null ? reason.name() : message;
    }
}
