// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.User;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Who was found behind an Authorization header, remembered so that the next request on the connection with the same header
 * is not checked anew. Confined to the connection's loop.
 */
final class Caller {
    /** How long a check is good for, so that a changed password or a removed user is noticed. */
    private static final Duration REMEMBERED = Duration.ofSeconds(30);

    private final byte[] authorization;
    private final User user;
    private final long since = System.nanoTime();
    private final Map<String, Context> contexts;

    /**
     * @param before who called so far on this connection; the same user keeps its contexts
     */
    Caller(byte[] authorization, User user, Map<String, Context> before) {
        this.authorization = authorization;
        this.user = user;
        this.contexts = before;
    }

    /** Whether this header is the one that was checked, in constant time, and lately. */
    boolean is(byte[] header) {
        return MessageDigest.isEqual(authorization, header) && System.nanoTime() - since < REMEMBERED.toNanos();
    }

    User user() {
        return user;
    }

    /** The contexts made so far, if they belong to this user. */
    Map<String, Context> contexts(User other) {
        return user.equals(other) ? contexts : new HashMap<>(2);
    }

    /** The context for a protocol, the same one each time. */
    Context context(Resources resources, String protocol, Connection connection) {
        return contexts.computeIfAbsent(
                protocol, name -> resources.context(user, name, connection.id(), connection.remote()));
    }

    /**
     * What an Authorization header shows.
     *
     * @throws Failure UNAUTHENTICATED when it cannot be read
     */
    static Credentials credentials(String header) {
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
