// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Ways to say who one is that take several messages, called as SASL calls them (RFC 4422). What takes one message is for
 * {@link Users}. Safe on any thread, never blocks.
 */
@ProviderType
public interface Mechanisms {
    /** What is offered, the best first, such as {@code SCRAM-SHA-256}. */
    List<String> names();

    /**
     * Begins a login.
     *
     * @param from the peer, or null when there is none
     * @throws dev.tarn.api.data.Failure UNSUPPORTED when no mechanism of this name is offered
     */
    Dialogue begin(String mechanism, @Nullable SocketAddress from);

    /** One login. For one thread at a time. */
    @ProviderType
    interface Dialogue {
        /**
         * Takes the client's next message. Fails with UNAUTHENTICATED when it is wrong in whatever way, BUSY when the
         * client must wait; then, and when a step has a user, the login is over.
         *
         * @param message not to be changed; none may come before the stage of the one before has completed
         */
        CompletionStage<Step> next(byte[] message);
    }

    /**
     * The server's answer.
     *
     * @param message for the client; also the last one has one that he may want to check
     * @param user who it is, once that is certain
     */
    @SuppressWarnings("ArrayRecordComponent") // steps are not compared, and nobody changes them
    record Step(byte[] message, @Nullable User user) {}
}
