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

    /** {@link #allows} for one path. */
    default boolean allows(User user, Verb verb, Table table, Path path) {
        return allows(user, verb, table, path.text());
    }
}
