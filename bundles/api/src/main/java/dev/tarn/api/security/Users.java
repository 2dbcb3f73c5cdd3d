// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.net.SocketAddress;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/** Finds out who somebody is. Safe on any thread, never blocks. */
@ProviderType
public interface Users {
    /**
     * The user these credentials belong to. Fails with UNAUTHENTICATED when they are wrong or missing (always the same
     * answer, after the same time), BUSY when too many are being checked.
     *
     * @param from the peer, or null when there is none
     */
    CompletionStage<User> authenticate(Credentials credentials, @Nullable SocketAddress from);

    /**
     * Another number once credentials that were right may be so no longer: a user has changed, a token was revoked, somebody
     * has logged out. Who was found by them before is to be asked for again. Quick.
     */
    default long epoch() {
        return 0;
    }

    /**
     * Tells once when what a user was let in by holds no longer: a token was revoked, a password changed, a browser logged out,
     * the user was removed. That it has ended by itself ({@link Grounds#until}) is not told.
     *
     * @param user as {@link #authenticate} found him, a moment ago at most; what has changed since is told as well
     * @param gone run on any thread; must be quick
     * @return ends the watch
     */
    default AutoCloseable watch(User user, Runnable gone) {
        return () -> {};
    }
}
