// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/**
 * A JSON Web Token taken apart (RFC 7515 §3.1); nothing in it is believed yet.
 *
 * @param signed what the signature is about
 */
@SuppressWarnings("ArrayRecordComponent") // not compared, and nobody changes them
record WebToken(Map<?, ?> header, Map<?, ?> claims, byte[] signed, byte[] signature) {

    /** The longest token that is looked at, in characters. */
    static final int LONGEST = 8_192;

    /**
     * The parts of a token.
     *
     * @throws IllegalArgumentException when it is none
     */
    static WebToken of(String token, Bodies bodies) {
        String[] parts = token.length() > LONGEST ? new String[0] : token.split("\\.", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("not the three parts of a token");
        }
        byte[] signed = (parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII);
        return new WebToken(
                object(decoded(parts[0]), bodies), object(decoded(parts[1]), bodies), signed, decoded(parts[2]));
    }

    static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** One form only for the same bytes, so that a token is not valid in others than were given out. */
    private static byte[] decoded(String part) {
        byte[] bytes = Base64.getUrlDecoder().decode(part);
        if (!encoded(bytes).equals(part)) {
            throw new IllegalArgumentException("not the base64 that a token has");
        }
        return bytes;
    }

    private static Map<?, ?> object(byte[] json, Bodies bodies) {
        try {
            if (bodies.structured(Bodies.JSON, json).value() instanceof Map<?, ?> map) {
                return map;
            }
        } catch (Failure malformed) {
            throw new IllegalArgumentException(malformed);
        }
        throw new IllegalArgumentException("a part of the token is no object");
    }
}
