// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static dev.tarn.http.OpenApi.map;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What rows are like, as JSON Schema. */
final class OpenApiSchemas {

    private OpenApiSchemas() {}

    /** Names of components have letters, digits, dots, dashes and underscores only (OpenAPI 3.1 §4.8.7). */
    static String name(Table table) {
        return String.valueOf(table.export()).replaceAll("[^A-Za-z0-9._-]", "_");
    }

    /** Of ids. */
    static Map<String, Object> id(Table table) {
        Object type = table.numericIds() ? "integer" : table.mixedIds() ? List.of("integer", "string") : "string";
        return map("type", type);
    }

    /** What stands for the schema of a table's rows. */
    static Map<String, Object> reference(Table table) {
        return Map.of("$ref", "#/components/schemas/" + name(table));
    }

    static Map<String, Object> anyObject() {
        return Map.of("type", "object");
    }

    /** Of refusals (RFC 9457). */
    static Map<String, Object> problem() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("type", Map.of("type", "string"));
        properties.put("title", Map.of("type", "string"));
        properties.put("status", Map.of("type", "integer"));
        properties.put("detail", Map.of("type", "string"));
        properties.put("violations", map("type", "array", "items", Map.of("type", "string")));
        return map(
                "type", "object", "properties", properties, "required", List.of("type", "title", "status", "detail"));
    }

    /** Of a table's rows. */
    static Map<String, Object> of(Table table) {
        Map<String, Object> schema = object(table.attributes());
        if (table.rules().sealed()) {
            schema.put("additionalProperties", false);
        }
        return schema;
    }

    private static Map<String, Object> object(List<Attribute> attributes) {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (Attribute attribute : attributes) {
            if (attribute.traits().hidden() || !attribute.stored()) {
                continue;
            }
            properties.put(attribute.name(), schema(attribute));
            // The primary key is made up where it is missing; others are put in by the server.
            boolean sent = attribute.traits().origin() instanceof Origin.Sent
                    && attribute.traits().otherwise() == null;
            if (attribute.required() && sent && !attribute.primaryKey()) {
                required.add(attribute.name());
            }
        }
        Map<String, Object> object = map("type", "object", "properties", properties);
        if (!required.isEmpty()) {
            object.put("required", required);
        }
        return object;
    }

    /** Of what an attribute holds. */
    static Map<String, Object> schema(Attribute attribute) {
        Map<String, Object> element = scalar(attribute);
        if (attribute.list()) {
            Map<String, Object> items = attribute.elementRequired() ? element : nullable(element);
            element = map("type", "array", "items", items);
        }
        return attribute.required() || attribute.primaryKey() ? element : nullable(element);
    }

    private static Map<String, Object> nullable(Map<String, Object> schema) {
        Object type = schema.get("type");
        if (type == null) {
            return schema;
        }
        Map<String, Object> nullable = new LinkedHashMap<>(schema);
        nullable.put("type", List.of(type, "null"));
        return nullable;
    }

    private static Map<String, Object> scalar(Attribute attribute) {
        Map<String, Object> schema = typed(attribute);
        Traits traits = attribute.traits();
        if (!traits.values().isEmpty()) {
            List<@Nullable Object> values = new ArrayList<>(traits.values());
            if (!attribute.required() && !attribute.list()) {
                values.add(null);
            }
            schema.put("enum", values);
        }
        Traits.Bounds bounds = traits.bounds();
        if (bounds.min() != null) {
            schema.put("minimum", bounds.min());
        }
        if (bounds.max() != null) {
            schema.put("maximum", bounds.max());
        }
        boolean text = attribute.type() == Attribute.Type.STRING || attribute.type() == Attribute.Type.ID;
        if (text && !attribute.list() && bounds.shortest() > 0) {
            schema.put("minLength", (long) bounds.shortest());
        }
        if (text && !attribute.list() && bounds.longest() < Integer.MAX_VALUE) {
            schema.put("maxLength", (long) bounds.longest());
        }
        if (bounds.pattern() != null) {
            schema.put("pattern", "^(?:" + bounds.pattern() + ")$");
        }
        if (!(traits.origin() instanceof Origin.Sent)) {
            schema.put("readOnly", !traits.stamped(Origin.Moment.EXPIRES));
        }
        return schema;
    }

    private static Map<String, Object> typed(Attribute attribute) {
        return switch (attribute.type()) {
            case STRING, ID -> map("type", "string");
            case INT -> map("type", "integer", "format", "int32");
            case LONG -> map("type", "integer", "format", "int64");
            case BIGINT -> map("type", "integer");
            case FLOAT -> map("type", "number", "format", "double");
            case BOOLEAN -> map("type", "boolean");
            case DATE -> map("type", "string", "format", "date-time");
            case BYTES -> map("type", "string", "contentEncoding", "base64");
            case BLOB -> blob();
            case ANY -> new LinkedHashMap<>();
            case OBJECT -> object(attribute.nested());
        };
    }

    /** Bytes when it is written, and what stands for them when it is read. */
    private static Map<String, Object> blob() {
        Map<String, Object> reference = map("type", "object", "required", List.of("contentType", "length"));
        reference.put(
                "properties",
                map("contentType", map("type", "string"), "length", map("type", "integer", "format", "int64")));
        return map("oneOf", List.of(reference, map("type", "string", "contentEncoding", "base64")));
    }
}
