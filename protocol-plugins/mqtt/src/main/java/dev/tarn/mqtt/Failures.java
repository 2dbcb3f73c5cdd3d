// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Failure;

/** What MQTT says for each {@link Failure.Code}: the one table. */
final class Failures {
    private Failures() {}

    /** The reason in a PUBACK or PUBREC. [MQTT-3.4.2-1], [MQTT-3.5.2-1] */
    static Reason published(Failure.Code code) {
        return switch (code) {
            case MALFORMED, NOT_FOUND -> Reason.TOPIC_NAME_INVALID;
            case INVALID -> Reason.PAYLOAD_FORMAT_INVALID;
            case UNAUTHENTICATED, FORBIDDEN -> Reason.NOT_AUTHORIZED;
            case CONFLICT, PRECONDITION, UNSUPPORTED -> Reason.IMPLEMENTATION_SPECIFIC_ERROR;
            case TOO_LARGE, BUSY, FULL -> Reason.QUOTA_EXCEEDED;
            case UNAVAILABLE -> Reason.UNSPECIFIED_ERROR;
        };
    }

    /**
     * Whether a refused publish may be acknowledged to a client before 5.0, which cannot be told: it would send again for
     * ever what will never be taken [MQTT-3.3.5-2]. What could be taken at another time must not be acknowledged.
     */
    static boolean dropped(Failure.Code code) {
        return switch (code) {
            case MALFORMED,
                    NOT_FOUND,
                    INVALID,
                    UNAUTHENTICATED,
                    FORBIDDEN,
                    CONFLICT,
                    PRECONDITION,
                    UNSUPPORTED,
                    TOO_LARGE -> true;
            case BUSY, FULL, UNAVAILABLE -> false;
        };
    }

    /** The reason in a SUBACK; before 5.0 all are 0x80. */
    static Reason subscribed(Failure.Code code) {
        return switch (code) {
            case MALFORMED, INVALID, NOT_FOUND -> Reason.TOPIC_FILTER_INVALID;
            case UNAUTHENTICATED, FORBIDDEN -> Reason.NOT_AUTHORIZED;
            case CONFLICT, PRECONDITION, UNSUPPORTED -> Reason.IMPLEMENTATION_SPECIFIC_ERROR;
            case TOO_LARGE, BUSY, FULL -> Reason.QUOTA_EXCEEDED;
            case UNAVAILABLE -> Reason.UNSPECIFIED_ERROR;
        };
    }

    /** The reason in a CONNACK. [MQTT-3.2.2-8] */
    static Reason connected(Failure.Code code) {
        return switch (code) {
            case MALFORMED, INVALID -> Reason.MALFORMED_PACKET;
            case UNAUTHENTICATED -> Reason.BAD_USER_NAME_OR_PASSWORD;
            case FORBIDDEN -> Reason.NOT_AUTHORIZED;
            case BUSY -> Reason.SERVER_BUSY;
            case TOO_LARGE, FULL -> Reason.QUOTA_EXCEEDED;
            case NOT_FOUND, CONFLICT, PRECONDITION, UNSUPPORTED -> Reason.IMPLEMENTATION_SPECIFIC_ERROR;
            case UNAVAILABLE -> Reason.SERVER_UNAVAILABLE;
        };
    }

    /** The reason in a DISCONNECT when the server ends a mailbox. */
    static Reason ended(Failure.Code code) {
        return switch (code) {
            case UNAUTHENTICATED, FORBIDDEN -> Reason.NOT_AUTHORIZED;
            case BUSY, TOO_LARGE, FULL -> Reason.QUOTA_EXCEEDED;
            case UNAVAILABLE -> Reason.SERVER_SHUTTING_DOWN;
            case MALFORMED, INVALID, NOT_FOUND, CONFLICT, PRECONDITION, UNSUPPORTED -> Reason.UNSPECIFIED_ERROR;
        };
    }

    /** What went wrong in a stage, as a failure; null for a bug. */
    static @org.jspecify.annotations.Nullable Failure of(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof java.util.concurrent.CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof Failure failure ? failure : null;
    }
}
