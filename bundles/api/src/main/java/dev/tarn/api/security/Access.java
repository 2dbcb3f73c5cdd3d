// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import org.osgi.annotation.versioning.ProviderType;

/** Decides what a user may do. Asked by the engine for every request of every protocol; default deny. */
@ProviderType
public interface Access {

    /** What somebody wants to do. */
    enum Verb {
        READ,
        INSERT,
        UPDATE,
        DELETE,
        PUBLISH,
        SUBSCRIBE,
        DESCRIBE
    }

    /**
     * Whether the user may do this. Quick; anything thrown counts as no. Safe on any thread.
     *
     * @param path canonical path or filter text within the table
     */
    boolean allows(User user, Verb verb, Table table, String path);

    /**
     * Everything that the user may do now, put together once and then only looked at. Quick; safe on any thread.
     *
     * @param client the id of the MQTT client that he uses; empty for none
     */
    default Rights rights(User user, String client) {
        return new AskedRights(this, user);
    }

    /** Another number after each change of roles and users: rights from before are to be asked for again. */
    default long epoch() {
        return 0;
    }

    /**
     * Tells whoever must act on a change of {@link #epoch}, once it is in force. The task is run on the store's sync thread
     * and must be quick.
     *
     * @return ends it
     */
    default AutoCloseable observe(Runnable changed) {
        return () -> {};
    }

    /** {@link #allows} for one path. */
    default boolean allows(User user, Verb verb, Table table, Path path) {
        return allows(user, verb, table, path.text());
    }
}
