// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.util.Set;

/**
 * Somebody known.
 *
 * @param administrator may do everything
 * @param stored whether he is a row of {@code system.users}, so that what it says later holds for who is logged in too
 */
public record User(String name, Set<String> roles, boolean administrator, boolean stored) {
    public User {
        roles = Set.copyOf(roles);
    }

    /** Somebody who is what he is for as long as he is here: the server itself, or who showed a token that says it. */
    public User(String name, Set<String> roles, boolean administrator) {
        this(name, roles, administrator, false);
    }
}
