// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of type BLOB of one table, whose bytes are kept beside the row: takes bytes out of objects, puts references in
 * their place, and finds what a reference stands for in the row as it is. Blobs in lists and in nested objects stay in the row.
 * Immutable, safe on any thread.
 */
final class Blobs {

    private final List<String> names = new ArrayList<>();
    private final Bodies bodies;

    Blobs(Table table, Bodies bodies) {
        this.bodies = bodies;
        for (Attribute attribute : table.attributes()) {
            if (attribute.type() == Attribute.Type.BLOB && !attribute.list()) {
                names.add(attribute.name());
            }
        }
    }

    boolean has(String attribute) {
        return names.contains(attribute);
    }

    /** Whether the object has a value for any of them. */
    boolean any(Map<String, @Nullable Object> object) {
        for (String name : names) {
            if (object.get(name) != null) {
                return true;
            }
        }
        return false;
    }

    /**
     * The object as a body, its bytes apart.
     *
     * @param brought contents that references in the object stand for
     */
    Body apart(Map<String, @Nullable Object> object, Map<String, Content> brought) {
        Map<String, @Nullable Object> changed = object;
        Map<String, Content> contents = new HashMap<>(brought);
        for (String name : names) {
            if (object.get(name) instanceof byte[] bytes) {
                Content content = Content.of(Body.OPAQUE, bytes);
                contents.put(name, content);
                changed = changed == object ? new LinkedHashMap<>(object) : changed;
                changed.put(name, content.reference());
            }
        }
        return bodies.of(changed).with(contents);
    }

    /** Whether there are references whose contents did not come along, so that the row must have them. */
    boolean refers(Body body) {
        return !names.isEmpty()
                && body.value() instanceof Map<?, ?> object
                && !missing(object, body).isEmpty();
    }

    private List<String> missing(Map<?, ?> object, Body body) {
        List<String> missing = new ArrayList<>(names.size());
        for (String name : names) {
            if (object.get(name) instanceof Map<?, ?> && !body.contents().containsKey(name)) {
                missing.add(name);
            }
        }
        return missing;
    }

    /**
     * The body with the contents that its references stand for in the row as it is.
     *
     * @throws Failure INVALID when the row has others there
     */
    Body resolved(Body body, @Nullable Row present) {
        if (names.isEmpty() || !(body.value() instanceof Map<?, ?> object)) {
            return body;
        }
        Map<String, Content> contents = new HashMap<>(body.contents());
        List<String> violations = new ArrayList<>(0);
        for (String name : missing(object, body)) {
            Content content = present == null ? null : present.body().contents().get(name);
            if (content != null && content.reference().equals(object.get(name))) {
                contents.put(name, content);
            } else {
                violations.add(name + ": must be bytes, or the reference that the row has");
            }
        }
        if (!violations.isEmpty()) {
            throw new Failure(Failure.Code.INVALID, String.join("; ", violations), violations);
        }
        return body.with(contents);
    }
}
