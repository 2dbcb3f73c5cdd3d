// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.application.Mount;
import dev.tarn.api.data.Table;
import java.util.Collection;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The tables of this node, and which application declared them. Safe on any thread; {@link #deploy} blocks. */
@ProviderType
public interface Tables {
    /**
     * Makes these the tables of the application, at once for all requests that begin afterwards, replacing those it had.
     * Rows of a table that is no longer declared stay in the store.
     *
     * @throws dev.tarn.api.data.Failure CONFLICT when another application exports the same name (also in another case) or
     *     declares the same table, INVALID when a definition makes no sense
     */
    default void deploy(String application, List<Table> tables) {
        deploy(application, tables, List.of());
    }

    /**
     * As {@link #deploy(String, List)}, with logic over some of the tables and at paths without one. Calls that are under way
     * end in the logic that they began in.
     */
    void deploy(String application, List<Table> tables, List<Mount> mounts);

    /** Takes the application's tables away from requests; their rows stay in the store. */
    void undeploy(String application);

    /**
     * A table's rows by its own name, whether or not it is exported: what an application keeps for itself. Paths are the
     * table's, see {@link Table#path}; of all verbs get, put, patch and delete. Rights are asked as at the door.
     *
     * @param table the qualified name; where it is not declared all is refused with NOT_FOUND
     */
    default Resource rows(String table) {
        throw new UnsupportedOperationException("no rows of " + table);
    }

    /** All tables that are declared now, the server's own included. */
    Collection<Table> all();
}
