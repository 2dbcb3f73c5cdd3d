// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Credentials;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** The header field of HTTP in which credentials are shown (RFC 9110 §11.6.2). Safe on any thread. */
public final class Authorization {
    private Authorization() {}

    /**
     * What an Authorization header shows.
     *
     * @throws Failure UNAUTHENTICATED when it cannot be read
     */
    public static Credentials credentials(String header) {
        if (header.isEmpty()) {
            return new Credentials.Nothing();
        } else if (header.regionMatches(true, 0, "Basic ", 0, 6)) {
            return basic(header.substring(6).strip());
        } else if (header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return new Credentials.Token(header.substring(7).strip());
        }
        throw new Failure(Failure.Code.UNAUTHENTICATED, "this authentication scheme is not offered; use Basic");
    }

    /** RFC 7617 §2: base64 of name, colon, password; UTF-8. */
    private static Credentials basic(String encoded) {
        byte[] pair;
        try {
            pair = Base64.getDecoder().decode(encoded);
        } catch (IllegalArgumentException notBase64) {
            throw new Failure(Failure.Code.UNAUTHENTICATED, "the Basic credentials are not base64");
        }
        try {
            int colon = 0;
            while (colon < pair.length && pair[colon] != ':') {
                colon++;
            }
            if (colon == pair.length) {
                throw new Failure(Failure.Code.UNAUTHENTICATED, "the Basic credentials have no colon");
            }
            String name = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(pair, 0, colon))
                    .toString();
            return new Credentials.Password(name, Arrays.copyOfRange(pair, colon + 1, pair.length));
        } catch (CharacterCodingException notUtf8) {
            throw new Failure(Failure.Code.UNAUTHENTICATED, "the user name is not UTF-8");
        } finally {
            Arrays.fill(pair, (byte) 0);
        }
    }
}
