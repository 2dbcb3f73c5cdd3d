// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.codec.Bodies;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What a media type names, its parameters aside (RFC 9110 §8.3.1, RFC 6838 §4.2.8). */
final class Types {

    private Types() {}

    /** The type and subtype in lower case. */
    static String essence(String mediaType) {
        int semicolon = mediaType.indexOf(';');
        String bare = semicolon < 0 ? mediaType : mediaType.substring(0, semicolon);
        return bare.strip().toLowerCase(Locale.ROOT);
    }

    /** The media type whose syntax a structured syntax suffix names, or the essence itself. */
    static String syntax(String essence) {
        int plus = essence.lastIndexOf('+');
        if (plus < 0) {
            return essence;
        }
        return switch (essence.substring(plus)) {
            case "+json" -> Bodies.JSON;
            case "+cbor" -> Bodies.CBOR;
            case "+msgpack" -> Bodies.MSGPACK;
            default -> essence;
        };
    }

    static Set<String> ordered(String... mediaTypes) {
        return Collections.unmodifiableSet(new LinkedHashSet<>(List.of(mediaTypes)));
    }
}
