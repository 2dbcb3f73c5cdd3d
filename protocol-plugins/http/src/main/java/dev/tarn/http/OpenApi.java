// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Tables;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Describes every exported table that the caller may know of, as OpenAPI 3.1: what there is now, made on each request. Safe
 * on any thread.
 */
final class OpenApi {

    private static final List<String> FORMATS = List.of(Bodies.JSON, Bodies.CBOR, Bodies.MSGPACK);

    private final Resources resources;
    private final Tables tables;

    OpenApi(Resources resources, Tables tables) {
        this.resources = resources;
        this.tables = tables;
    }

    /** The document for this caller. */
    Map<String, Object> document(Context context) {
        Map<String, Object> paths = new LinkedHashMap<>();
        Map<String, Object> schemas = new TreeMap<>();
        schemas.put("Problem", problem());
        List<Table> exported = tables.all().stream()
                .filter(table -> table.export() != null && !table.root())
                .filter(table -> !table.database().equals(Table.SYSTEM))
                .sorted(Comparator.comparing(table -> String.valueOf(table.export())))
                .toList();
        for (Table table : exported) {
            String export = String.valueOf(table.export());
            if (resources.table(context, Path.of(export)).isPresent()) {
                String escaped = Locations.of(Path.of(export));
                if (!table.rules().opaque()) {
                    schemas.put(schemaName(table), schema(table));
                }
                paths.put(escaped, Map.of("get", describing(table)));
                paths.put(escaped + "/", rows(table));
                paths.put(escaped + "/{id}", row(table));
            }
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("openapi", "3.1.0");
        document.put("info", map("title", "Tarn", "version", "1", "summary", "The tables that are exported here"));
        document.put("servers", List.of(Map.of("url", "/")));
        document.put("paths", paths);
        document.put("components", map("schemas", schemas, "securitySchemes", security()));
        document.put("security", List.of(Map.of(), Map.of("basic", List.of())));
        return document;
    }

    private static Map<String, Object> security() {
        return Map.of("basic", map("type", "http", "scheme", "basic"));
    }

    /** Names of components have letters, digits, dots, dashes and underscores only (OpenAPI 3.1 §4.8.7). */
    private static String schemaName(Table table) {
        return String.valueOf(table.export()).replaceAll("[^A-Za-z0-9._-]", "_");
    }

    // Paths

    private static Map<String, Object> describing(Table table) {
        return operation(table, "describe", "What the table is", map("200", answer("The description", anyObject())));
    }

    private static Map<String, Object> rows(Table table) {
        Map<String, Object> all = new LinkedHashMap<>();
        Map<String, Object> list = answer("Rows that match", map("type", "array", "items", Map.of()));
        Map<String, Object> find = operation(
                table,
                "find",
                "Finds rows. The query string is one in Tarn's query language, such as price=gt=100&sort(name)&limit(10)",
                map("200", list, "400", refused("The query cannot be read, or takes too much")));
        all.put("get", find);
        if (!table.rules().opaque()) {
            Map<String, Object> create = operation(
                    table,
                    "create",
                    "Creates a row; answers its id",
                    map(
                            "201", answer("Created", map("type", table.numericIds() ? "integer" : "string")),
                            "409", refused("There is a row with this id"),
                            "422", refused("The row breaks the schema")));
            create.put("requestBody", body(reference(table)));
            all.put("post", create);
            Map<String, Object> put = operation(
                    table,
                    "putAll",
                    "Creates or replaces rows, all or none",
                    map("204", nothing("Done"), "422", refused("A row breaks the schema")));
            put.put("requestBody", body(map("type", "array", "items", reference(table))));
            all.put("put", put);
        }
        all.put(
                "delete",
                operation(
                        table,
                        "deleteAll",
                        "Removes the rows that the query finds",
                        map(
                                "200",
                                        answer(
                                                "How many",
                                                map(
                                                        "type", "object",
                                                        "properties", Map.of("deleted", Map.of("type", "integer")),
                                                        "required", List.of("deleted"))),
                                "400", refused("The query cannot be read, or there is none"))));
        return all;
    }

    private static Map<String, Object> row(Table table) {
        boolean opaque = table.rules().opaque();
        Map<String, Object> all = new LinkedHashMap<>();
        Map<String, Object> id = map(
                "name",
                "id",
                "in",
                "path",
                "required",
                true,
                "schema",
                map("type", table.numericIds() ? "integer" : "string"));
        all.put("parameters", List.of(id));
        Map<String, Object> content = opaque ? raw("The bytes") : answer("The row", reference(table));
        all.put(
                "get",
                operation(
                        table,
                        "get",
                        "One row",
                        map("200", content, "304", nothing("It is as you know it"), "404", refused("No such row"))));
        Map<String, Object> put = operation(
                table,
                "put",
                "Creates or replaces the row",
                map(
                        "201", nothing("Created"),
                        "204", nothing("Replaced"),
                        "412", refused("A condition does not hold"),
                        "422", refused("The row breaks the schema")));
        put.put("requestBody", opaque ? rawBody() : body(reference(table)));
        all.put("put", put);
        if (!opaque) {
            Map<String, Object> patch = operation(
                    table,
                    "patch",
                    "Changes properties of the row",
                    map(
                            "204", nothing("Changed"),
                            "404", refused("No such row"),
                            "422", refused("The row would break the schema")));
            patch.put("requestBody", body(anyObject()));
            all.put("patch", patch);
        }
        Map<String, Object> publish = operation(
                table, "publish", "Says something at the row's path, without changing it", map("202", nothing("Said")));
        publish.put("requestBody", rawBody());
        all.put("post", publish);
        all.put(
                "delete",
                operation(
                        table,
                        "delete",
                        "Removes the row",
                        map("204", nothing("Removed"), "404", refused("No such row"))));
        return all;
    }

    private static Map<String, Object> operation(
            Table table, String verb, String summary, Map<String, Object> answers) {
        Map<String, Object> responses = new LinkedHashMap<>(answers);
        responses.put("default", refused("Refused, with the reason"));
        Map<String, Object> operation = new LinkedHashMap<>();
        operation.put("operationId", verb + "_" + schemaName(table));
        operation.put("summary", summary);
        operation.put("tags", List.of(String.valueOf(table.export())));
        operation.put("responses", responses);
        return operation;
    }

    // Bodies and answers

    private static Map<String, Object> answer(String what, Object schema) {
        return map("description", what, "content", content(schema));
    }

    private static Map<String, Object> content(Object schema) {
        Map<String, Object> content = new LinkedHashMap<>();
        FORMATS.forEach(format -> content.put(format, Map.of("schema", schema)));
        return content;
    }

    private static Map<String, Object> body(Object schema) {
        return map("required", true, "content", content(schema));
    }

    private static Map<String, Object> raw(String what) {
        return map("description", what, "content", Map.of("*/*", Map.of()));
    }

    private static Map<String, Object> rawBody() {
        return Map.of("content", Map.of("*/*", Map.of()));
    }

    private static Map<String, Object> nothing(String what) {
        return Map.of("description", what);
    }

    private static Map<String, Object> refused(String what) {
        return map(
                "description",
                what,
                "content",
                Map.of("application/problem+json", Map.of("schema", Map.of("$ref", "#/components/schemas/Problem"))));
    }

    // Schemas

    private static Map<String, Object> reference(Table table) {
        return Map.of("$ref", "#/components/schemas/" + schemaName(table));
    }

    private static Map<String, Object> anyObject() {
        return Map.of("type", "object");
    }

    private static Map<String, Object> problem() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("type", Map.of("type", "string"));
        properties.put("title", Map.of("type", "string"));
        properties.put("status", Map.of("type", "integer"));
        properties.put("detail", Map.of("type", "string"));
        properties.put("violations", map("type", "array", "items", Map.of("type", "string")));
        return map(
                "type", "object", "properties", properties, "required", List.of("type", "title", "status", "detail"));
    }

    private static Map<String, Object> schema(Table table) {
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

    private static Map<String, Object> schema(Attribute attribute) {
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

    /** Names and values by turns, in order. */
    private static Map<String, Object> map(Object... entries) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            map.put((String) entries[i], entries[i + 1]);
        }
        return map;
    }
}
