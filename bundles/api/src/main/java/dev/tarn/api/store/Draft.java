// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import org.jspecify.annotations.Nullable;

/**
 * A change that somebody asks for: not yet versioned, not yet in the log. Immutable.
 *
 * @param path canonical, with an id
 * @param body what to store or say; null for DELETE and EXPIRE, and where {@code edit} makes it
 * @param edit makes the body from the row as it is, inside the transaction; null where {@code body} is given
 * @param guard may refuse the change inside the transaction; null for none
 * @param expectation checked against the row before it is changed; when it does not hold the whole write is refused
 *     with PRECONDITION, or CONFLICT for {@link Expectation#ABSENT}
 */
public record Draft(
        Kind kind,
        Table table,
        Path path,
        @Nullable Body body,
        @Nullable Edit edit,
        Attributes attributes,
        Expectation expectation,
        @Nullable Guard guard) {

    /** Without a guard. */
    public Draft(
            Kind kind,
            Table table,
            Path path,
            @Nullable Body body,
            @Nullable Edit edit,
            Attributes attributes,
            Expectation expectation) {
        this(kind, table, path, body, edit, attributes, expectation, null);
    }

    /** The same, with this guard. */
    public Draft guarded(Guard by) {
        return new Draft(kind, table, path, body, edit, attributes, expectation, by);
    }

    public static Draft put(Table table, Path path, Body body, Attributes attributes, Expectation expectation) {
        return new Draft(Kind.PUT, table, path, body, null, attributes, expectation);
    }

    public static Draft patch(Table table, Path path, Edit edit, Attributes attributes, Expectation expectation) {
        return new Draft(Kind.PATCH, table, path, null, edit, attributes, expectation);
    }

    /** Removes the row; nothing happens, and nothing is logged, where there is none and the expectation allows it. */
    public static Draft delete(Table table, Path path, Attributes attributes, Expectation expectation) {
        return new Draft(Kind.DELETE, table, path, null, null, attributes, expectation);
    }

    /** A message that the log keeps; no row changes. */
    public static Draft message(Table table, Path path, Body body, Attributes attributes) {
        return new Draft(Kind.MESSAGE, table, path, body, null, attributes, Expectation.ANYTHING);
    }
}
