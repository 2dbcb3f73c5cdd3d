// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.User;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
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
    private final long epoch;
    private final Map<String, Context> contexts;

    /**
     * @param epoch of the users, from before the header was checked
     * @param before who called so far on this connection; the same user keeps its contexts
     */
    Caller(byte[] authorization, User user, long epoch, Map<String, Context> before) {
        this.authorization = authorization;
        this.user = user;
        this.epoch = epoch;
        this.contexts = before;
    }

    /** Whether this header is the one that was checked, in constant time, lately, in the same epoch, and not over yet. */
    boolean is(byte[] header, long now) {
        return now == epoch
                && MessageDigest.isEqual(authorization, header)
                && System.nanoTime() - since < REMEMBERED.toNanos()
                && (user.grounds().until().equals(Instant.MAX)
                        || !user.grounds().over(Instant.now()));
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
}
