// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import dev.tarn.api.data.Table;
import org.osgi.annotation.versioning.ProviderType;

/** What one user may do, as of one {@link Access#epoch}. Immutable to the eye; quick; safe on any thread. */
@ProviderType
public interface Rights {
    /** The epoch that they are of. */
    long epoch();

    /** Whether the user is still there; when not, what he has open is to be ended. */
    boolean known();

    /** Whether there is nothing but the server's own tables that he may not see; then no row and no change is looked at. */
    boolean everything();

    /** What he may do with this table; the same object each time. */
    TableRights of(Table table);

    /** Whether he may run the operation of this name. */
    boolean operation(String name);
}
