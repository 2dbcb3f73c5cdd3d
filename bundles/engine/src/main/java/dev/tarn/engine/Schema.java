// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What bodies a table takes: finds every rule that a body breaks, converts what is clearly meant, puts the id in, and
 * makes an object of what is none. Immutable, safe on any thread.
 */
final class Schema {

    /** The attribute for a body that is not an object where the table names none. */
    private static final String DATA = "data";

    private static final byte[] NOTHING = new byte[0];

    private final Table table;
    private final Bodies bodies;
    private final Blobs blobs;
    private final PrimaryKey key;
    private final RowCheck check;
    private final boolean textual;

    /** As declared, but for the two properties of the server's own wrapper, which take whatever a sender sends. */
    private final RowCheck wrapping;
    /** A body that the table takes and the attributes that it is stored with. */
    record Checked(Body body, Attributes attributes) {}

    Schema(Table table, Bodies bodies) {
        this.table = table;
        this.bodies = bodies;
        this.blobs = new Blobs(table, bodies);
        this.key = new PrimaryKey(table);
        this.textual = textual(table);
        Coercion coercion = new Coercion(table.rules().coerce());
        Map<String, Field> fields = Field.all(table.attributes(), coercion);
        this.check = new RowCheck(table, key, fields);
        Map<String, Field> wrapper = new LinkedHashMap<>(fields);
        for (String name : List.of("contentType", DATA)) {
            wrapper.computeIfPresent(
                    name, (same, field) -> new Field(Attribute.of(name, Attribute.Type.ANY), coercion));
        }
        this.wrapping = new RowCheck(table, key, wrapper);
    }

    /** What is kept beside the rows. */
    Blobs blobs() {
        return blobs;
    }

    /** What holds the id. */
    PrimaryKey key() {
        return key;
    }

    /** The row with its computed values as they are declared now; the same body when it has these. */
    Body recomputed(Body body) {
        if (!(body.value() instanceof Map<?, ?> row)) {
            return body;
        }
        Map<String, @Nullable Object> old = object(row);
        Map<String, @Nullable Object> computed = check.recomputed(old);
        return computed.equals(old) ? body : bodies.of(computed).with(body.contents());
    }

    /** Whether what becomes of a body depends on the row that it replaces. */
    boolean needsRow() {
        return table.attributes().stream()
                .anyMatch(attribute -> attribute.traits().stamped(Origin.Moment.CREATED));
    }

    /** The row with what stays as it was in the row that it replaces. */
    Body over(Body body, @Nullable Row before) {
        if (before == null
                || !(body.value() instanceof Map<?, ?> row)
                || !(before.body().value() instanceof Map<?, ?> old)) {
            return body;
        }
        Map<String, @Nullable Object> kept = new LinkedHashMap<>(object(row));
        for (Attribute attribute : table.attributes()) {
            Object value = old.get(attribute.name());
            if (value != null && attribute.traits().stamped(Origin.Moment.CREATED)) {
                kept.put(attribute.name(), value);
            }
        }
        return bodies.of(kept).with(body.contents());
    }

    /**
     * The row with this id that the body means, written now.
     *
     * @throws Failure INVALID with every violation; MALFORMED when the body is not what its media type says
     */
    Checked row(String id, Body body, Attributes attributes, long now) {
        RowCheck.Occasion occasion = new RowCheck.Occasion(now, null, attributes.expiresAt());
        if (table.rules().opaque()) {
            return new Checked(body, attributes);
        }
        Content whole = body.contents().get(Content.WHOLE);
        if (whole != null) {
            return beside(id, whole, attributes, occasion);
        }
        Body read = understood(body);
        Object value = read.structured() ? read.value() : null;
        if (value instanceof Map<?, ?> properties) {
            Map<String, @Nullable Object> object = object(properties);
            Map<String, @Nullable Object> checked = checked(id, object, occasion);
            boolean same = checked == object && !blobs.any(object);
            return new Checked(same ? read : blobs.apart(checked, read.contents()), attributes);
        }
        String under = table.rules().payload();
        if (!read.structured() && blobs.has(under == null ? DATA : under)) {
            return beside(id, Content.of(read.mediaType(), read.bytes()), attributes, occasion);
        }
        Object payload = read.structured() ? value : raw(read, attributes);
        Map<String, @Nullable Object> wrapper = new LinkedHashMap<>();
        if (under == null) {
            String said = attributes.contentType();
            wrapper.put("contentType", said == null ? read.mediaType() : said);
        }
        String attribute = under == null ? DATA : under;
        wrapper.put(attribute, payload);
        Map<String, @Nullable Object> checked = (under == null ? wrapping : check).checked(id, wrapper, occasion);
        return new Checked(bodies.of(checked), Payloads.marked(attributes, read, attribute));
    }

    /** A body that is not an object, for the attribute of type BLOB that takes such bodies. */
    private Checked beside(String id, Content content, Attributes attributes, RowCheck.Occasion occasion) {
        String under = table.rules().payload();
        String attribute = under == null ? DATA : under;
        if (!blobs.has(attribute)) {
            throw new Failure(
                    Failure.Code.UNSUPPORTED,
                    table.name() + " has no attribute of type Blob that takes a body which is not an object");
        }
        Map<String, @Nullable Object> wrapper = new LinkedHashMap<>();
        if (under == null) {
            wrapper.put("contentType", content.mediaType());
        }
        wrapper.put(attribute, content.reference());
        Map<String, @Nullable Object> checked = (under == null ? wrapping : check).checked(id, wrapper, occasion);
        Body opaque = bodies.opaque(content.mediaType(), NOTHING);
        return new Checked(
                blobs.apart(checked, Map.of(attribute, content)), Payloads.marked(attributes, opaque, attribute));
    }

    /** What a body is to somebody who looks at it before it is checked: an object in a table of objects, whatever came. */
    @Nullable
    Object seen(Body body, Attributes attributes) {
        Body read = understood(body);
        Object value = read.structured() ? read.value() : raw(read, attributes);
        if (table.rules().opaque() || value instanceof Map<?, ?>) {
            return value;
        }
        Map<String, @Nullable Object> wrapper = new LinkedHashMap<>();
        String under = table.rules().payload();
        if (under == null) {
            String said = attributes.contentType();
            wrapper.put("contentType", said == null ? read.mediaType() : said);
        }
        wrapper.put(under == null ? DATA : under, value);
        return wrapper;
    }

    /**
     * The body as a value where it is one: said by its media type, or, where nothing was said, a JSON object by its
     * looks (WIRE.md §2).
     */
    Body understood(Body body) {
        if (body.structured()) {
            return body;
        }
        if (body.mediaType().equals(Body.OPAQUE)) {
            return sniffed(body);
        }
        return bodies.codec(body.mediaType()).isPresent() ? bodies.structured(body.mediaType(), body.bytes()) : body;
    }

    private Body sniffed(Body body) {
        byte[] bytes = body.bytes();
        int at = 0;
        while (at < bytes.length && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\n' || bytes[at] == '\r')) {
            at++;
        }
        if (at == bytes.length || bytes[at] != '{') {
            return body;
        }
        Body json = bodies.structured(Bodies.JSON, bytes);
        try {
            return json.value() instanceof Map<?, ?> ? json : body;
        } catch (Failure notJson) {
            return body;
        }
    }

    /** Whether the attribute that takes payloads holds text, or what text can be converted to. */
    private static boolean textual(Table table) {
        String under = table.rules().payload();
        return under != null
                && table.attribute(under)
                        .map(Attribute::type)
                        .filter(type -> switch (type) {
                            case STRING, ID, INT, LONG, FLOAT, BIGINT, BOOLEAN, DATE -> true;
                            case BYTES, BLOB, ANY, OBJECT -> false;
                        })
                        .isPresent();
    }

    /** Text where the sender said that it is text, or the table keeps payloads as such, else the bytes. */
    private Object raw(Body body, Attributes attributes) {
        byte[] bytes = body.bytes();
        Integer format = attributes.payloadFormat();
        if (textual || (format != null && format == 1) || body.mediaType().startsWith("text/")) {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
            } catch (CharacterCodingException notUtf8) {
                return bytes;
            }
        }
        return bytes;
    }

    /** The value of a body that has to be an object, such as a patch or one of several rows. */
    Map<String, @Nullable Object> object(Body body) {
        Body read = understood(body);
        if (read.structured() && read.value() instanceof Map<?, ?> properties) {
            return object(properties);
        }
        throw new Failure(Failure.Code.INVALID, "the body must be an object", List.of("body: must be an object"));
    }

    /** The values of codecs are maps with text keys. */
    @SuppressWarnings("unchecked")
    static Map<String, @Nullable Object> object(Map<?, ?> properties) {
        return (Map<String, @Nullable Object>) properties;
    }

    /**
     * The object with its id and its values as the table declares them; the same map when it was like that.
     *
     * @throws Failure INVALID with every violation
     */
    Map<String, @Nullable Object> checked(String id, Map<String, @Nullable Object> object, RowCheck.Occasion occasion) {
        return check.checked(id, object, occasion);
    }

    /** A value in words that are safe and short, whatever it is. */
    static String described(@Nullable Object value) {
        if (value instanceof String text) {
            return "\"" + shown(text) + "\"";
        }
        if (value instanceof Map<?, ?>) {
            return "an object";
        }
        if (value instanceof List<?>) {
            return "a list";
        }
        return value instanceof byte[] ? "bytes" : shown(Objects.toString(value));
    }

    /** Text of a client, cut to what a message needs and without what could harm a log. */
    static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < text.length() && i < 40; i++) {
            char c = text.charAt(i);
            shown.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
        }
        return text.length() > 40 ? shown.append('…').toString() : shown.toString();
    }
}
