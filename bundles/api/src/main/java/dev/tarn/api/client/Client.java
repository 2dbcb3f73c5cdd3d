// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.client;

import dev.tarn.api.security.User;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client. Immutable.
 *
 * @param protocol the protocol's name, such as {@code mqtt}
 * @param connection unique on the node while it runs; as the log has it
 * @param remote where it comes from
 * @param id what the client calls itself; empty while it has not said so
 * @param user who it is; null while that is not known
 */
public record Client(
        String protocol,
        String connection,
        SocketAddress remote,
        String id,
        @Nullable User user) {}
