// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What is given to somebody who has shown his password, so that he need not show it each time. It ends with its time, with the
 * user, with his password, and when he gives it back. Safe on any thread, never blocks.
 */
@ProviderType
public interface Logins {
    /**
     * Gives a pair of tokens. Fails as {@link Users#authenticate} does; a token in the place of the password is wrong.
     *
     * @param from the peer, or null when there is none
     */
    CompletionStage<Pair> grant(Credentials.Password credentials, @Nullable SocketAddress from);

    /**
     * Gives a new pair for one that was given before, whose refresh token ends with that. Fails with UNAUTHENTICATED; who shows
     * a refresh token that was used already has stolen it or was stolen from, and all that came from it ends.
     */
    CompletionStage<Pair> refresh(String refresh, @Nullable SocketAddress from);

    /** Ends what a refresh token and those before it have given; completes also when there is nothing to end. */
    CompletionStage<Void> revoke(String refresh);

    /** Gives the cookie of a browser's session. Fails as {@link #grant} does. */
    CompletionStage<Opened> open(Credentials.Password credentials, @Nullable SocketAddress from);

    /** Ends a browser's session; completes also when there is none. */
    CompletionStage<Void> close(Credentials.Cookie cookie);

    /** Two tokens: a short one to show, and one to get the next pair with. */
    record Pair(String user, String access, Duration accessLife, String refresh, Duration refreshLife) {
        @Override
        public String toString() {
            return "Pair[user=" + user + "]";
        }
    }

    /** A browser's session. */
    record Opened(String user, Credentials.Cookie cookie, Duration life) {}
}
