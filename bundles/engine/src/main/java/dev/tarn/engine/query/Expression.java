// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A computed attribute: arithmetic, comparisons, conditions, text and a fixed set of functions over the attributes of one
 * row. There are no loops, no variables and nothing outside of the row, so it ends after as many steps as it has parts.
 * Immutable, safe on any thread.
 */
public final class Expression {
    /** Gives a value for a row; null for none. */
    @FunctionalInterface
    interface Node {
        @Nullable
        Object of(Map<String, @Nullable Object> row);
    }

    private final Node root;
    private final Set<String> names;

    Expression(Node root, Set<String> names) {
        this.root = root;
        this.names = Set.copyOf(names);
    }

    /**
     * Reads an expression.
     *
     * @throws dev.tarn.api.data.Failure MALFORMED with the position and what was expected there
     */
    public static Expression parse(String text) {
        return new ExpressionParser(text).whole();
    }

    /** The attributes of the row that it looks at. */
    public Set<String> names() {
        return names;
    }

    /** Its value for a row, or null where it has none, such as without one of the values that it needs. */
    public @Nullable Object of(Map<String, @Nullable Object> row) {
        return root.of(row);
    }
}
