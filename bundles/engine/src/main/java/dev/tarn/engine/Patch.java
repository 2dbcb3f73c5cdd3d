// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A change of a row in part, read from a body before the row is known: by top-level properties, where
 * {@code {"__op__":"add","value":n}} adds to what is there; by {@code application/merge-patch+json} (RFC 7386), which goes
 * deep; or by {@code application/json-patch+json} (RFC 6902). Immutable, so that the committer may apply it again.
 */
interface Patch {

    /**
     * What becomes of an object; the object itself is left as it is.
     *
     * @throws Failure INVALID or PRECONDITION when the patch cannot be applied to this object
     */
    Map<String, @Nullable Object> apply(Map<String, @Nullable Object> object);

    /**
     * The patch that a body means.
     *
     * @throws Failure MALFORMED or INVALID when it is none
     */
    static Patch of(Body body, Schema schema, Bodies bodies) {
        String type = essence(body.mediaType());
        if (type.equals("application/json-patch+json")) {
            return JsonPatch.of(bodies.structured(Bodies.JSON, body.bytes()).value());
        }
        if (type.equals("application/merge-patch+json")) {
            Map<String, @Nullable Object> deep = schema.object(bodies.structured(Bodies.JSON, body.bytes()));
            return object -> merged(object, deep);
        }
        Map<String, @Nullable Object> top = schema.object(body);
        return object -> topMerged(object, top);
    }

    private static String essence(String mediaType) {
        int parameters = mediaType.indexOf(';');
        return (parameters < 0 ? mediaType : mediaType.substring(0, parameters))
                .strip()
                .toLowerCase(java.util.Locale.ROOT);
    }

    private static Map<String, @Nullable Object> topMerged(
            Map<String, @Nullable Object> object, Map<String, @Nullable Object> changes) {
        Map<String, @Nullable Object> merged = new LinkedHashMap<>(object);
        changes.forEach((name, value) -> {
            if (value instanceof Map<?, ?> operation && operation.containsKey("__op__")) {
                merged.put(name, operated(name, merged.get(name), operation));
            } else {
                merged.put(name, value);
            }
        });
        return merged;
    }

    private static Object operated(String name, @Nullable Object old, Map<?, ?> operation) {
        if (!"add".equals(operation.get("__op__"))) {
            throw refused(name, "only the operation add is known, not " + Schema.described(operation.get("__op__")));
        }
        Object by = operation.get("value");
        if (!(by instanceof Number increment)) {
            throw refused(name, "add needs a number as its value");
        }
        if (old == null) {
            return by;
        }
        if (!(old instanceof Number present)) {
            throw refused(name, "add needs a number in the row, not " + Schema.described(old));
        }
        return sum(present, increment);
    }

    private static Failure refused(String name, String why) {
        return new Failure(Failure.Code.INVALID, name + ": " + why, List.of(name + ": " + why));
    }

    private static Object sum(Number a, Number b) {
        if (a instanceof Long x && b instanceof Long y) {
            long sum = x + y;
            boolean overflow = ((x ^ sum) & (y ^ sum)) < 0;
            return overflow ? (Object) BigInteger.valueOf(x).add(BigInteger.valueOf(y)) : (Object) sum;
        }
        if (a instanceof Double || b instanceof Double) {
            return a.doubleValue() + b.doubleValue();
        }
        if (a instanceof BigDecimal || b instanceof BigDecimal) {
            return new BigDecimal(a.toString()).add(new BigDecimal(b.toString()));
        }
        return new BigInteger(a.toString()).add(new BigInteger(b.toString()));
    }

    /** RFC 7386 §2. As deep as the codec lets a body be. */
    private static Map<String, @Nullable Object> merged(
            Map<String, @Nullable Object> object, Map<String, @Nullable Object> changes) {
        Map<String, @Nullable Object> merged = new LinkedHashMap<>(object);
        changes.forEach((name, value) -> {
            if (value == null) {
                merged.remove(name);
            } else if (value instanceof Map<?, ?> deeper) {
                Map<String, @Nullable Object> old =
                        merged.get(name) instanceof Map<?, ?> there ? Schema.object(there) : Map.of();
                merged.put(name, merged(old, Schema.object(deeper)));
            } else {
                merged.put(name, value);
            }
        });
        return merged;
    }
}
