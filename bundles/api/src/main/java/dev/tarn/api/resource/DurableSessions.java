// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Who is owed changes while away. A protocol keeps its sessions' state in tables of its own (database {@code system},
 * {@code Table.Keeping.STATE}), registers each session here when it starts, and reads what a session missed by
 * subscribing its {@link Mailbox} with {@link Start#after}. Provided by the engine; safe on any thread.
 */
@ProviderType
public interface DurableSessions {

    /**
     * Registers a session until it is closed. It covers nothing yet.
     *
     * @param name unique on the node, such as {@code mqtt/client-7}
     * @param cursor everything up to this sequence is settled
     */
    DurableSession open(String name, long cursor);

    /** All sessions of all protocols that are open now, in no order. What they are owed may be looked at. */
    default List<DurableSession> sessions() {
        return List.of();
    }
}
