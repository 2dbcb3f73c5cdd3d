// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.util.Set;

/**
 * Somebody known.
 *
 * @param administrator may do everything
 */
public record User(String name, Set<String> roles, boolean administrator) {
    public User {
        roles = Set.copyOf(roles);
    }
}
