// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The text of {@code after(…)}: a CBOR array of the order's text, the values and the id, in base64url. */
final class Cursor {

    private static final int LONGEST = 16_384;

    private Cursor() {}

    static String of(Sorting sorting, Sorting.Place place, Bodies bodies) {
        List<@Nullable Object> parts = new ArrayList<>();
        parts.add(sorting.text());
        for (Object value : place.values()) {
            parts.add(value);
        }
        parts.add(sorting.table().id(place.path()));
        byte[] bytes = bodies.of(parts).as(Bodies.CBOR).bytes();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** @throws Failure MALFORMED when it is no cursor, or one of another order */
    static Sorting.Place read(Sorting sorting, String text, Bodies bodies) {
        Object value;
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text.length() > LONGEST ? "?" : text);
            value = bodies.structured(Bodies.CBOR, bytes).value();
        } catch (IllegalArgumentException | Failure unreadable) {
            throw new Failure(
                    Failure.Code.MALFORMED, "after(…) takes what a page before said in its Link header, whole");
        }
        int keys = sorting.keys().size();
        if (!(value instanceof List<?> parts)
                || parts.size() != keys + 2
                || !sorting.text().equals(parts.get(0))
                || !(parts.get(keys + 1) instanceof String id)) {
            throw new Failure(
                    Failure.Code.MALFORMED, "after(…) has the cursor of another order; keep sort(…) between pages");
        }
        @Nullable Object[] values = new Object[keys];
        for (int i = 0; i < keys; i++) {
            Object part = parts.get(i + 1);
            if (part != null && !Values.ordered(part)) {
                throw new Failure(Failure.Code.MALFORMED, "after(…) has a cursor that was changed");
            }
            values[i] = part;
        }
        return new Sorting.Place(values, path(sorting, id));
    }

    private static Path path(Sorting sorting, String id) {
        Path path = sorting.table().path(id);
        if (sorting.table().numericIds()) {
            try {
                Long.parseLong(id);
            } catch (NumberFormatException noNumber) {
                throw new Failure(Failure.Code.MALFORMED, "after(…) has a cursor that was changed");
            }
        }
        return path;
    }
}
