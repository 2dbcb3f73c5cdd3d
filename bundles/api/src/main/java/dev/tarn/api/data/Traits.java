// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is declared about an attribute beyond its type.
 *
 * @param values the only ones it may have; empty for any
 * @param otherwise its value where a row comes without one; null for none
 * @param bounds what its values must keep to
 * @param unique whether no two rows have the same value; rows without one do not count
 * @param hidden whether it is kept from everybody who reads over a protocol
 * @param origin where its value comes from
 */
public record Traits(
        List<String> values, @Nullable Object otherwise, Bounds bounds, boolean unique, boolean hidden, Origin origin) {
    /** Nothing special. */
    public static final Traits NONE = new Traits(List.of(), null, Bounds.NONE, false, false, Origin.SENT);

    /**
     * What values must keep to; of a list, each element.
     *
     * @param min the least number; null for no bound
     * @param max the greatest number; null for no bound
     * @param shortest the fewest characters of a text, bytes, or elements of a list
     * @param longest the most of them
     * @param pattern what the whole text must be like; null for anything
     */
    public record Bounds(
            @Nullable BigDecimal min,
            @Nullable BigDecimal max,
            int shortest,
            int longest,
            @Nullable String pattern) {
        /** None. */
        public static final Bounds NONE = new Bounds(null, null, 0, Integer.MAX_VALUE, null);
    }

    public Traits {
        values = List.copyOf(values);
    }

    /** With another origin. */
    public Traits from(Origin changed) {
        return new Traits(values, otherwise, bounds, unique, hidden, changed);
    }

    /** With a value for rows that come without one. */
    public Traits otherwise(Object value) {
        return new Traits(values, value, bounds, unique, hidden, origin);
    }

    /** With bounds. */
    public Traits within(Bounds changed) {
        return new Traits(values, otherwise, changed, unique, hidden, origin);
    }

    /** With these values only. */
    public Traits oneOf(List<String> only) {
        return new Traits(only, otherwise, bounds, unique, hidden, origin);
    }

    /** As that of no other row. */
    public Traits asUnique() {
        return new Traits(values, otherwise, bounds, true, hidden, origin);
    }

    /** Kept from readers. */
    public Traits asHidden() {
        return new Traits(values, otherwise, bounds, unique, true, origin);
    }

    /** The other rows that it stands for. */
    public Optional<Origin.Related> related() {
        return origin instanceof Origin.Related related ? Optional.of(related) : Optional.empty();
    }

    /** How it is computed. */
    public Optional<Origin.Computed> computed() {
        return origin instanceof Origin.Computed computed ? Optional.of(computed) : Optional.empty();
    }

    /** Whether the server puts this moment in. */
    public boolean stamped(Origin.Moment moment) {
        return origin instanceof Origin.Stamped stamped && stamped.moment() == moment;
    }
}
