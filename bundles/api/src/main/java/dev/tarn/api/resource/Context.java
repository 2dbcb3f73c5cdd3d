// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.security.User;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * On whose behalf something is done, and the order it must keep: everything that is written and published through one
 * context reaches any one subscriber in the order of the calls. One per connection; made by {@link Resources#context}.
 */
@ProviderType
public interface Context {
    User user();

    /** The protocol's name, such as {@code mqtt}. */
    String protocol();

    /** Who changes made here come from, such as a connection's or session's id; goes into their attributes. */
    String origin();

    /** The peer, or null when there is none. */
    @Nullable
    SocketAddress remote();
}
