// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Content;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a link gets structured bodies; opaque ones come as they are. */
enum Format {
    /** As an AMQP value when it came as one, else JSON. */
    SENT(Bodies.JSON),
    JSON(Bodies.JSON),
    CBOR(Bodies.CBOR),
    MSGPACK(Bodies.MSGPACK),
    /** Where a row is a content beside it, only its type and length. */
    REFERENCE(Bodies.JSON),
    /** An AMQP value: map, list, string, number. */
    VALUE(null);

    private final @Nullable String mediaType;

    Format(@Nullable String mediaType) {
        this.mediaType = mediaType;
    }

    /** The media type of data sections; null for an AMQP value. */
    @Nullable
    String mediaType() {
        return mediaType;
    }

    /** The first of the media types in a link's property {@code accept} that there is a format for; else as it was sent. */
    static Format accepted(@Nullable Object accept) {
        if (accept == null) {
            return SENT;
        }
        for (String part : accept.toString().split(",", 16)) {
            int end = part.indexOf(';');
            switch ((end < 0 ? part : part.substring(0, end)).trim().toLowerCase(Locale.ROOT)) {
                case "application/json" -> {
                    return JSON;
                }
                case "application/cbor" -> {
                    return CBOR;
                }
                case "application/x-msgpack", "application/msgpack" -> {
                    return MSGPACK;
                }
                case Content.REFERENCE -> {
                    return REFERENCE;
                }
                case "amqp-value" -> {
                    return VALUE;
                }
                default -> {
                    // Another part may name one.
                }
            }
        }
        return SENT;
    }
}
