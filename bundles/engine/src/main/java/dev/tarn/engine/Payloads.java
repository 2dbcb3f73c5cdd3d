// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Row;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Bodies that are not objects in tables of objects. They are stored as an object with the body under one attribute,
 * marked in the attributes by extension {@value #EXTENSION}, whose value is one byte (0 opaque, 1 a value) and the
 * attribute's name. Readers get the body as it was sent: an opaque one has its own media type and bytes, and becomes the
 * object when it is asked for as a value or in another format. And the one place where hidden attributes are taken out of
 * what leaves. Safe on any thread.
 */
final class Payloads {

    /** The number of the attribute that marks such a row; the store has words for those up to 8. */
    static final int EXTENSION = 16;

    private static final byte OPAQUE = 0;
    private static final byte VALUE = 1;

    private final Bodies bodies;
    private final AtomicReference<Map<String, Set<String>>> hidden = new AtomicReference<>(Map.of());

    Payloads(Bodies bodies) {
        this.bodies = bodies;
    }

    Bodies bodies() {
        return bodies;
    }

    /** The attributes of a row that keeps this body under an attribute. */
    static Attributes marked(Attributes attributes, Body body, String attribute) {
        byte[] name = attribute.getBytes(StandardCharsets.UTF_8);
        byte[] mark = new byte[name.length + 1];
        mark[0] = body.structured() ? VALUE : OPAQUE;
        System.arraycopy(name, 0, mark, 1, name.length);
        Attributes.Builder builder = attributes.toBuilder().extension(EXTENSION, mark);
        if (attributes.contentType() == null && !body.mediaType().equals(Body.OPAQUE)) {
            builder.contentType(body.mediaType());
        }
        return builder.build();
    }

    /** Attributes of these tables, by qualified name, are kept from readers from now on. */
    void hide(Map<String, Set<String>> attributes) {
        hidden.set(Map.copyOf(attributes));
    }

    private Set<String> hidden(String table) {
        Map<String, Set<String>> all = Objects.requireNonNull(hidden.get());
        return all.isEmpty() ? Set.of() : all.getOrDefault(table, Set.of());
    }

    /** The row of a table as readers get it; itself in nearly all cases. */
    Row row(String table, Row row) {
        Set<String> without = hidden(table);
        if (row.attributes().extensions().isEmpty() && without.isEmpty()) {
            return row;
        }
        return new Row(row.path(), body(row.body(), row.attributes(), without), row.version(), row.attributes());
    }

    /** The change as subscribers get it; itself in nearly all cases. */
    Change change(Change change) {
        Body stored = change.body();
        Set<String> without = hidden(change.table());
        if (stored == null || (change.attributes().extensions().isEmpty() && without.isEmpty())) {
            return change;
        }
        return new Change(
                change.sequence(),
                change.kind(),
                change.table(),
                change.path(),
                body(stored, change.attributes(), without),
                change.version(),
                change.previous(),
                change.attributes());
    }

    private Body body(Body stored, Attributes attributes, Set<String> without) {
        Body object = without.isEmpty() ? stored : without(stored, without);
        byte[] mark = attributes.extensions().get(EXTENSION);
        if (mark == null || mark.length < 2) {
            return object;
        }
        String attribute = new String(mark, 1, mark.length - 1, StandardCharsets.UTF_8);
        Content beside = object.contents().get(attribute);
        if (beside != null) {
            return bodies.of(beside.reference()).with(Map.of(Content.WHOLE, beside));
        }
        if (mark[0] == VALUE) {
            return bodies.of(payload(object, attribute));
        }
        String said = attributes.contentType();
        return new Opaque(object, attribute, said == null ? Body.OPAQUE : said);
    }

    private Body without(Body stored, Set<String> names) {
        if (!stored.structured()
                || !(stored.value() instanceof Map<?, ?> properties)
                || names.stream().noneMatch(properties::containsKey)) {
            return stored;
        }
        Map<String, @Nullable Object> shown = new LinkedHashMap<>(Schema.object(properties));
        shown.keySet().removeAll(names);
        Map<String, Content> contents = new LinkedHashMap<>(stored.contents());
        contents.keySet().removeAll(names);
        return bodies.of(shown).with(contents);
    }

    private static @Nullable Object payload(Body object, String attribute) {
        return object.value() instanceof Map<?, ?> properties ? properties.get(attribute) : null;
    }

    /** An opaque body out of the object that keeps it. */
    private record Opaque(Body object, String attribute, String mediaType) implements Body {

        @Override
        public byte[] bytes() {
            Object payload = payload(object, attribute);
            if (payload instanceof byte[] raw) {
                return raw;
            }
            return payload == null ? new byte[0] : payload.toString().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public boolean structured() {
            return false;
        }

        @Override
        public Body as(String wanted) {
            return wanted.equals(mediaType) ? this : object.as(wanted);
        }

        @Override
        public @Nullable Object value() {
            return object.value();
        }

        @Override
        public int size() {
            return object.size();
        }
    }
}
