// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Somebody known. He is the same whatever he was let in by.
 *
 * @param administrator may do everything
 * @param stored whether he is a row of {@code system.users}, so that what it says later holds for who is logged in too
 * @param grounds what he was let in by
 */
public record User(String name, Set<String> roles, boolean administrator, boolean stored, Grounds grounds) {
    public User {
        roles = Set.copyOf(roles);
    }

    /** Somebody of whom it does not matter how he came in. */
    public User(String name, Set<String> roles, boolean administrator, boolean stored) {
        this(name, roles, administrator, stored, Grounds.NONE);
    }

    /** Somebody who is what he is for as long as he is here: the server itself, or who showed a token that says it. */
    public User(String name, Set<String> roles, boolean administrator) {
        this(name, roles, administrator, false);
    }

    /** The same user, let in by this. */
    public User by(Grounds shown) {
        return new User(name, roles, administrator, stored, shown);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof User user
                && name.equals(user.name)
                && roles.equals(user.roles)
                && administrator == user.administrator
                && stored == user.stored;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, roles, administrator, stored);
    }
}
