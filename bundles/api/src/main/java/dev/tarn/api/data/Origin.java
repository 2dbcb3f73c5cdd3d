// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import org.jspecify.annotations.Nullable;

/** Where the value of an attribute comes from. */
public sealed interface Origin {
    /** Whoever writes the row sends it. */
    Origin SENT = new Sent();

    /** See {@link #SENT}. */
    record Sent() implements Origin {}

    /** The server puts a moment in: a date, or milliseconds since 1970 where the type is a number. */
    record Stamped(Moment moment) implements Origin {}

    /** Which moment. */
    enum Moment {
        /** When the row was created. */
        CREATED,
        /** When the row was last written. */
        UPDATED,
        /** When the row expires; whoever writes the row may choose it. */
        EXPIRES
    }

    /**
     * Made from other attributes of the row whenever it is written, and kept with it.
     *
     * @param expression in the language of computed attributes
     * @param version counted up by whoever wants all rows computed anew; may be empty
     */
    record Computed(String expression, String version) implements Origin {}

    /**
     * Not in the row: rows of another table. At least one of {@code from} and {@code to} is given.
     *
     * @param table the other table's qualified name
     * @param from the attribute of this table that holds the other rows' {@code to}; null for the id
     * @param to the attribute of the other table that holds this row's {@code from}; null for the id
     */
    record Related(
            String table, @Nullable String from, @Nullable String to) implements Origin {}
}
