// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.client;

import org.jspecify.annotations.Nullable;

/**
 * Something that a client did, or that became of it. Immutable.
 *
 * @param topic the filter of a subscription, the path of a publish; else null
 * @param qos that was granted to a subscription, or of a publish; else 0
 * @param reason why a client was refused or its connection ended, in words; else null
 * @param timestamp in milliseconds since 1970
 */
public record ClientEvent(
        Type type,
        Client client,
        @Nullable String topic,
        int qos,
        @Nullable String reason,
        long timestamp) {

    /** What happened. */
    public enum Type {
        /** There is a connection; nobody knows yet who it is. */
        CONNECTION("connection"),
        /** A client was let in. */
        CONNECTED("connected"),
        /** A client could not say who it is, or may not come in. */
        AUTH_FAILED("auth-failed"),
        /** A client that was let in is gone. */
        DISCONNECTED("disconnected"),
        /** A subscription began, or was renewed. */
        SUBSCRIBED("subscribed"),
        /** A subscription was ended by its client. */
        UNSUBSCRIBED("unsubscribed"),
        /** What a client published was accepted. */
        PUBLISHED("published");

        private final String text;

        Type(String text) {
            this.text = text;
        }

        /** Its name in configuration and to scripts. */
        public String text() {
            return text;
        }
    }
}
