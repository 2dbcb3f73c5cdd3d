// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.codec.Bodies;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a client gets structured bodies; opaque ones come as they are. */
enum Format {
    JSON(Bodies.JSON),
    CBOR(Bodies.CBOR),
    MSGPACK(Bodies.MSGPACK);

    private final String mediaType;

    Format(String mediaType) {
        this.mediaType = mediaType;
    }

    String mediaType() {
        return mediaType;
    }

    /** The first of the media types in an Accept header or user property that there is a format for, or null. */
    static @Nullable Format accepted(@Nullable String accept) {
        if (accept == null) {
            return null;
        }
        for (String part : accept.split(",", 16)) {
            int end = part.indexOf(';');
            String type = (end < 0 ? part : part.substring(0, end)).trim().toLowerCase(Locale.ROOT);
            switch (type) {
                case "application/json" -> {
                    return JSON;
                }
                case "application/cbor" -> {
                    return CBOR;
                }
                case "application/x-msgpack", "application/msgpack" -> {
                    return MSGPACK;
                }
                default -> {
                    // Another part may name one.
                }
            }
        }
        return null;
    }
}
