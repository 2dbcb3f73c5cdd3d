// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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

    /** How many violations are listed at most. */
    private static final int VIOLATIONS = 100;

    /** The attribute for a body that is not an object where the table names none. */
    private static final String DATA = "data";

    private static final byte[] NOTHING = new byte[0];

    private final Table table;
    private final Bodies bodies;
    private final Coercion coercion;
    private final Blobs blobs;
    private final String key;
    private final Map<String, Attribute> declared = new LinkedHashMap<>();

    /** As declared, but for the two properties of the server's own wrapper, which take whatever a sender sends. */
    private final Map<String, Attribute> wrapping = new LinkedHashMap<>();

    /** A body that the table takes and the attributes that it is stored with. */
    record Checked(Body body, Attributes attributes) {}

    Schema(Table table, Bodies bodies) {
        this.table = table;
        this.bodies = bodies;
        this.blobs = new Blobs(table, bodies);
        this.coercion = new Coercion(table.rules().coerce());
        this.key = table.primaryKey().map(Attribute::name).orElse("id");
        for (Attribute attribute : table.attributes()) {
            declared.put(attribute.name(), attribute);
        }
        wrapping.putAll(declared);
        wrapping.computeIfPresent("contentType", (name, any) -> Attribute.of(name, Attribute.Type.ANY));
        wrapping.computeIfPresent("data", (name, any) -> Attribute.of(name, Attribute.Type.ANY));
    }

    /** What is kept beside the rows. */
    Blobs blobs() {
        return blobs;
    }

    /** The property that holds the id. */
    String key() {
        return key;
    }

    /**
     * The row with this id that the body means.
     *
     * @throws Failure INVALID with every violation; MALFORMED when the body is not what its media type says
     */
    Checked row(String id, Body body, Attributes attributes) {
        if (table.rules().opaque()) {
            return new Checked(body, attributes);
        }
        Content whole = body.contents().get(Content.WHOLE);
        if (whole != null) {
            return beside(id, whole, attributes);
        }
        Body read = understood(body);
        Object value = read.structured() ? read.value() : null;
        if (value instanceof Map<?, ?> properties) {
            Map<String, @Nullable Object> object = object(properties);
            Map<String, @Nullable Object> checked = checked(id, object);
            boolean same = checked == object && !blobs.any(object);
            return new Checked(same ? read : blobs.apart(checked, read.contents()), attributes);
        }
        String under = table.rules().payload();
        if (!read.structured() && blobs.has(under == null ? DATA : under)) {
            return beside(id, Content.of(read.mediaType(), read.bytes()), attributes);
        }
        Object payload = read.structured() ? value : raw(read, attributes);
        Map<String, @Nullable Object> wrapper = new LinkedHashMap<>();
        if (under == null) {
            String said = attributes.contentType();
            wrapper.put("contentType", said == null ? read.mediaType() : said);
        }
        String attribute = under == null ? DATA : under;
        wrapper.put(attribute, payload);
        Map<String, @Nullable Object> checked = checked(id, wrapper, under == null ? wrapping : declared);
        return new Checked(bodies.of(checked), Payloads.marked(attributes, read, attribute));
    }

    /** A body that is not an object, for the attribute of type BLOB that takes such bodies. */
    private Checked beside(String id, Content content, Attributes attributes) {
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
        Map<String, @Nullable Object> checked = checked(id, wrapper, under == null ? wrapping : declared);
        Body opaque = bodies.opaque(content.mediaType(), NOTHING);
        return new Checked(
                blobs.apart(checked, Map.of(attribute, content)), Payloads.marked(attributes, opaque, attribute));
    }

    /**
     * The body as a value where it is one: said by its media type, or, where nothing was said, a JSON object by its
     * looks (WIRE.md §2).
     */
    private Body understood(Body body) {
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

    /** Text where the sender said that it is text, else the bytes. */
    private static Object raw(Body body, Attributes attributes) {
        byte[] bytes = body.bytes();
        Integer format = attributes.payloadFormat();
        if ((format != null && format == 1) || body.mediaType().startsWith("text/")) {
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
    Map<String, @Nullable Object> checked(String id, Map<String, @Nullable Object> object) {
        return checked(id, object, declared);
    }

    private Map<String, @Nullable Object> checked(
            String id, Map<String, @Nullable Object> object, Map<String, Attribute> attributes) {
        Map<String, @Nullable Object> keyed = withId(id, object);
        List<String> violations = new ArrayList<>();
        Map<String, @Nullable Object> checked =
                checked(keyed, attributes, table.rules().sealed(), "", violations);
        if (!violations.isEmpty()) {
            throw new Failure(
                    Failure.Code.INVALID,
                    "the body breaks the schema of " + table.name() + ": " + String.join("; ", violations),
                    violations);
        }
        return checked;
    }

    private Map<String, @Nullable Object> withId(String id, Map<String, @Nullable Object> object) {
        Object right = table.numericIds() ? (Object) Long.valueOf(id) : id;
        if (right.equals(object.get(key))) {
            return object;
        }
        Map<String, @Nullable Object> keyed = new LinkedHashMap<>();
        keyed.put(key, right);
        object.forEach((name, value) -> {
            if (!name.equals(key)) {
                keyed.put(name, value);
            }
        });
        return keyed;
    }

    private Map<String, @Nullable Object> checked(
            Map<String, @Nullable Object> object,
            Map<String, Attribute> attributes,
            boolean sealed,
            String prefix,
            List<String> violations) {
        Map<String, @Nullable Object> changed = object;
        for (Attribute attribute : attributes.values()) {
            String name = attribute.name();
            Object value = object.get(name);
            if (value == null) {
                if (attribute.required()) {
                    add(violations, prefix + name + ": is required");
                }
            } else {
                Object checked = checked(value, attribute, prefix + name, violations);
                if (checked != value) {
                    changed = changed == object ? new LinkedHashMap<>(object) : changed;
                    changed.put(name, checked);
                }
            }
        }
        if (sealed) {
            for (String name : object.keySet()) {
                if (!attributes.containsKey(name) && !(prefix.isEmpty() && name.equals(key))) {
                    add(violations, prefix + shown(name) + ": is not declared");
                }
            }
        }
        return changed;
    }

    /** The value as declared, or itself where it breaks a rule, which is then among the violations. */
    private Object checked(Object value, Attribute attribute, String where, List<String> violations) {
        if (!attribute.list()) {
            return element(value, attribute, where, violations);
        }
        if (!(value instanceof List<?> elements)) {
            add(violations, where + ": must be a list, not " + described(value));
            return value;
        }
        List<@Nullable Object> changed = null;
        for (int i = 0; i < elements.size(); i++) {
            Object element = elements.get(i);
            if (element == null) {
                if (attribute.elementRequired()) {
                    add(violations, where + "[" + i + "]: is required");
                }
                continue;
            }
            Object checked = element(element, attribute, where + "[" + i + "]", violations);
            if (checked != element) {
                changed = changed == null ? new ArrayList<>(elements) : changed;
                changed.set(i, checked);
            }
        }
        return changed == null ? value : changed;
    }

    private Object element(Object value, Attribute attribute, String where, List<String> violations) {
        Object converted = coercion.to(attribute.type(), value);
        if (converted == null) {
            add(violations, where + ": must be " + Coercion.called(attribute.type()) + ", not " + described(value));
            return value;
        }
        if (attribute.nested().isEmpty() || !(converted instanceof Map<?, ?> properties)) {
            return converted;
        }
        Map<String, Attribute> nested = new LinkedHashMap<>();
        attribute.nested().forEach(each -> nested.put(each.name(), each));
        return checked(object(properties), nested, table.rules().sealed(), where + ".", violations);
    }

    private static void add(List<String> violations, String violation) {
        if (violations.size() < VIOLATIONS) {
            violations.add(violation);
        }
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

    private static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < text.length() && i < 40; i++) {
            char c = text.charAt(i);
            shown.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
        }
        return text.length() > 40 ? shown.append('…').toString() : shown.toString();
    }
}
