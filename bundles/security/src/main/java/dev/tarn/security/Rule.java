// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Table;
import dev.tarn.api.security.Access.Verb;
import dev.tarn.api.security.User;

/** Something that may allow what nothing else forbids. Quick and safe on any thread; what it throws counts as no. */
@FunctionalInterface
interface Rule {

    /** Administrators may do everything. */
    Rule ADMINISTRATORS = (user, verb, table, path) -> user.administrator();

    /**
     * Whether this rule allows it.
     *
     * @param path canonical path or filter text within the table
     */
    boolean allows(User user, Verb verb, Table table, String path);
}
