// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.transport.Connection;
import java.util.List;
import java.util.Set;

/**
 * Which ways to log in are offered, as it is configured. Immutable.
 *
 * @param names of mechanisms, the best first
 * @param plainNeedsTls whether passwords travel encrypted or not at all
 */
record Offer(List<String> names, boolean plainNeedsTls) {

    static final String EXTERNAL = "EXTERNAL";
    static final String PLAIN = "PLAIN";
    static final String ANONYMOUS = "ANONYMOUS";

    private static final Set<String> KNOWN = Set.of(EXTERNAL, "SCRAM-SHA-256", PLAIN, ANONYMOUS);

    /** @throws IllegalArgumentException naming what is not known here */
    Offer {
        names = List.copyOf(names);
        for (String name : names) {
            if (!KNOWN.contains(name)) {
                throw new IllegalArgumentException("amqp.mechanisms: " + name + " is none of " + List.copyOf(KNOWN));
            }
        }
    }

    /** Whether this peer may choose it, as far as it is a mechanism of one message. */
    boolean covers(String mechanism, Connection peer) {
        return names.contains(mechanism)
                && switch (mechanism) {
                    case EXTERNAL -> peer.certificate().isPresent();
                    case PLAIN -> !plainNeedsTls || peer.tls() != null;
                    default -> true;
                };
    }
}
