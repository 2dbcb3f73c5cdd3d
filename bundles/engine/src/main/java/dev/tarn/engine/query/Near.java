// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far a list of numbers is from a given one.
 *
 * @param attribute that has the lists
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record Near(String attribute, double[] vector, Measure measure) {
    /** What distance means. */
    public enum Measure {
        /** One less the cosine of the angle: 0 for the same direction, 2 for the opposite one. */
        COSINE,
        /** The length of the line between them. */
        EUCLIDEAN;

        /** By its name in lower case; null for none. */
        static @Nullable Measure named(String name) {
            for (Measure measure : values()) {
                if (measure.name().toLowerCase(Locale.ROOT).equals(name)) {
                    return measure;
                }
            }
            return null;
        }
    }

    /** The distance of a value; null where it is no list of as many numbers, or where there is none. */
    @Nullable
    Double distance(@Nullable Object value) {
        if (!(value instanceof List<?> list) || list.size() != vector.length) {
            return null;
        }
        double dot = 0;
        double own = 0;
        double theirs = 0;
        double square = 0;
        for (int i = 0; i < vector.length; i++) {
            if (!(list.get(i) instanceof Number number)) {
                return null;
            }
            double x = number.doubleValue();
            dot += x * vector[i];
            own += x * x;
            theirs += vector[i] * vector[i];
            square += (x - vector[i]) * (x - vector[i]);
        }
        double distance = measure == Measure.EUCLIDEAN ? Math.sqrt(square) : 1 - dot / Math.sqrt(own * theirs);
        return Double.isFinite(distance) ? (Double) Math.max(0, distance) : null;
    }
}
