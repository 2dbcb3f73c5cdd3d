// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A listener that was asked to open its port: either it did, or it says why not. Registered as a service once that is
 * known, with the property {@code name}, and not before the first of its protocols is there to serve. Immutable.
 */
@ProviderType
public interface Endpoint {
    /** The listener's name, such as {@code http}. */
    String name();

    /** Names of the stream protocols that it lets in. */
    List<String> protocols();

    /** Where it accepts connections, with the real port; empty when it could not. */
    Optional<InetSocketAddress> address();

    /** Why it does not accept connections, in one line for an operator; empty when it does. */
    Optional<String> problem();

    /** Whether the node serves without it, when it does not accept connections. */
    boolean optional();
}
