// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/** What one user may do with one table. Immutable to the eye; quick; safe on any thread. */
@ProviderType
public interface TableRights {
    /**
     * Whether the verb is allowed here at all; for rows, {@link #grants} tells which and what of them.
     *
     * @param path a canonical path, or a filter, which then must be allowed as a whole
     */
    boolean allows(Access.Verb verb, String path);

    /**
     * Under which conditions rows may be read and written; one of them suffices. Empty where only paths decide, or where
     * nothing is allowed.
     *
     * @param verb READ, INSERT, UPDATE or DELETE
     */
    List<Grant> grants(Access.Verb verb);

    /** Whether the verb, where its path is allowed, is allowed for every row and attribute. */
    default boolean whole(Access.Verb verb) {
        List<Grant> grants = grants(verb);
        return grants.isEmpty() || grants.stream().anyMatch(Grant::whole);
    }

    /**
     * Some rows, and something of them.
     *
     * @param attributes which; null for all of them. The id is always among them
     * @param rows a condition of the query language; empty for all rows
     */
    record Grant(@Nullable Set<String> attributes, String rows) {
        /** Every attribute of every row. */
        public static final Grant ALL = new Grant(null, "");

        public Grant {
            attributes = attributes == null ? null : Set.copyOf(attributes);
        }

        boolean whole() {
            return attributes == null && rows.isEmpty();
        }
    }
}
