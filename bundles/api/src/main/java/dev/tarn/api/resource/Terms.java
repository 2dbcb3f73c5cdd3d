// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.store.Draft;
import java.util.List;

/**
 * How a write is meant.
 *
 * @param expectation what must be true of the row for the write to happen
 * @param alongside state of the protocol, in tables of database {@code system}, that is committed with it or not at all;
 *     a message with any is logged
 */
public record Terms(Attributes attributes, Expectation expectation, List<Draft> alongside) {

    /** No attributes, no conditions. */
    public static final Terms NONE = new Terms(Attributes.NONE, Expectation.ANYTHING, List.of());

    public Terms {
        alongside = List.copyOf(alongside);
    }

    public static Terms of(Attributes attributes) {
        return new Terms(attributes, Expectation.ANYTHING, List.of());
    }

    public Terms expecting(Expectation expected) {
        return new Terms(attributes, expected, alongside);
    }
}
