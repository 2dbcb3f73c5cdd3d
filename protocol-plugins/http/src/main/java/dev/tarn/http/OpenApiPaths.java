// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static dev.tarn.http.OpenApi.map;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What can be asked of a table, and what is answered. */
final class OpenApiPaths {

    private static final List<String> FORMATS = List.of(Bodies.JSON, Bodies.CBOR, Bodies.MSGPACK);
    private static final String EVENTS = "text/event-stream";

    private OpenApiPaths() {}

    /** Adds the paths of a table that is at this one. */
    static void put(Map<String, Object> paths, String at, Table table) {
        paths.put(at, map("get", describing(table)));
        paths.put(at + "/", rows(table));
        paths.put(at + "/{id}", row(table));
        if (!table.numericIds()) {
            paths.put(at + "/{id}/", below(table));
        }
        if (!table.rules().opaque()) {
            List<String> plain = table.attributes().stream()
                    .filter(each -> each.stored() && each.type() != Attribute.Type.BLOB)
                    .map(Attribute::name)
                    .toList();
            if (!plain.isEmpty()) {
                paths.put(at + "/{id}.{property}", property(table, plain));
            }
            for (Attribute attribute : table.attributes()) {
                if (attribute.type() == Attribute.Type.BLOB && !attribute.list()) {
                    paths.put(at + "/{id}." + attribute.name(), content(table, attribute.name()));
                }
            }
        }
    }

    private static Map<String, Object> describing(Table table) {
        return operation(
                table,
                "describe",
                "What the table is",
                map("200", answer("The description", OpenApiSchemas.anyObject())));
    }

    private static Map<String, Object> rows(Table table) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("get", finding(table, "find", "Finds rows"));
        if (!table.rules().opaque()) {
            Map<String, Object> create = operation(
                    table,
                    "create",
                    "Creates a row; answers its id",
                    map(
                            "201", answer("Created", OpenApiSchemas.id(table)),
                            "409", refused("There is a row with this id"),
                            "422", refused("The row breaks the schema")));
            create.put("requestBody", body(OpenApiSchemas.reference(table)));
            all.put("post", create);
            Map<String, Object> put = operation(
                    table,
                    "putAll",
                    "Creates or replaces rows, all or none",
                    map("204", nothing("Done"), "422", refused("A row breaks the schema")));
            put.put("requestBody", body(map("type", "array", "items", OpenApiSchemas.reference(table))));
            all.put("put", put);
        }
        Map<String, Object> delete = operation(
                table,
                "deleteAll",
                "Removes the rows that the query finds",
                map(
                        "200",
                        answer("How many", deleted()),
                        "400",
                        refused("The query cannot be read, or there is none")));
        delete.put("parameters", List.of(query()));
        all.put("delete", delete);
        return all;
    }

    private static Map<String, Object> deleted() {
        return map(
                "type", "object", "properties", map("deleted", map("type", "integer")), "required", List.of("deleted"));
    }

    private static Map<String, Object> finding(Table table, String verb, String summary) {
        // Aggregates of all rows, and explain(), are one object.
        Map<String, Object> many = map("type", List.of("array", "object"), "items", map());
        Map<String, Object> list = answer("Rows that match", many);
        Map<String, Object> content = content(many);
        content.put(Media.NDJSON, map("schema", map("type", "string")));
        content.put(Media.CSV, map("schema", map("type", "string")));
        content.put(EVENTS, map("schema", map("type", "string")));
        list.put("content", content);
        Map<String, Object> find = operation(
                table,
                verb,
                summary
                        + ". The query string is one in Tarn's query language, such as price=gt=100&sort(name)&limit(10)",
                map("200", list, "400", refused("The query cannot be read, or takes too much")));
        find.put("parameters", List.of(query()));
        return find;
    }

    /** Conditions are names and values; what else the language has goes into the URL as it is. */
    private static Map<String, Object> query() {
        return map(
                "name",
                "query",
                "in",
                "query",
                "description",
                "Conditions, such as attribute=value",
                "style",
                "form",
                "explode",
                true,
                "schema",
                map("type", "object", "additionalProperties", map("type", List.of("string", "number", "boolean"))));
    }

    private static Map<String, Object> id(Table table) {
        return map("name", "id", "in", "path", "required", true, "schema", OpenApiSchemas.id(table));
    }

    private static Map<String, Object> below(Table table) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("parameters", List.of(id(table)));
        all.put("get", finding(table, "findBelow", "Finds rows whose id begins with this and a slash"));
        return all;
    }

    private static Map<String, Object> row(Table table) {
        boolean opaque = table.rules().opaque();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("parameters", List.of(id(table)));
        Map<String, Object> found = opaque ? raw("The bytes") : answer("The row", OpenApiSchemas.reference(table));
        if (!opaque) {
            Map<String, Object> content = content(OpenApiSchemas.reference(table));
            content.put(EVENTS, map("schema", map("type", "string")));
            found.put("content", content);
        }
        all.put(
                "get",
                operation(
                        table,
                        "get",
                        "One row",
                        map("200", found, "304", nothing("It is as you know it"), "404", refused("No such row"))));
        all.put(
                "head",
                operation(
                        table,
                        "head",
                        "What there is to know of one row",
                        map("200", nothing("It is there"), "304", nothing("As you know it"), "404", nothing("None"))));
        Map<String, Object> put = operation(
                table,
                "put",
                "Creates or replaces the row",
                map(
                        "201", nothing("Created"),
                        "204", nothing("Replaced"),
                        "412", refused("A condition does not hold"),
                        "422", refused("The row breaks the schema")));
        put.put("requestBody", opaque ? rawBody() : body(OpenApiSchemas.reference(table)));
        all.put("put", put);
        if (!opaque) {
            all.put("patch", patch(table));
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

    private static Map<String, Object> patch(Table table) {
        Map<String, Object> patch = operation(
                table,
                "patch",
                "Changes properties of the row",
                map(
                        "204", nothing("Changed"),
                        "404", refused("No such row"),
                        "412", refused("A condition does not hold"),
                        "422", refused("The row would break the schema")));
        Map<String, Object> content = content(OpenApiSchemas.anyObject());
        content.put(Call.MERGE_PATCH, map("schema", OpenApiSchemas.anyObject()));
        Map<String, Object> step = map(
                "type",
                "object",
                "properties",
                map("op", map("enum", List.of("add", "remove", "replace", "move", "copy", "test"))),
                "required",
                List.of("op", "path"));
        content.put(Call.JSON_PATCH, map("schema", map("type", "array", "items", step)));
        patch.put("requestBody", map("required", true, "content", content));
        return patch;
    }

    private static Map<String, Object> property(Table table, List<String> names) {
        Map<String, Object> all = new LinkedHashMap<>();
        Map<String, Object> name =
                map("name", "property", "in", "path", "required", true, "schema", map("type", "string", "enum", names));
        all.put("parameters", List.of(id(table), name));
        all.put(
                "get",
                operation(
                        table,
                        "getProperty",
                        "One property of a row",
                        map("200", answer("Its value", map()), "404", refused("No such row, or no value"))));
        return all;
    }

    private static Map<String, Object> content(Table table, String attribute) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("parameters", List.of(id(table)));
        all.put(
                "get",
                operation(
                        table,
                        "get_" + attribute,
                        "The bytes of " + attribute,
                        map(
                                "200", raw("The bytes, of the type that they came as"),
                                "206", raw("Some of them"),
                                "304", nothing("They are as you know them"),
                                "404", refused("No such row, or no bytes"))));
        Map<String, Object> put = operation(
                table,
                "put_" + attribute,
                "Sets the bytes of " + attribute,
                map("204", nothing("Set"), "404", refused("No such row"), "412", refused("A condition does not hold")));
        put.put("requestBody", rawBody());
        all.put("put", put);
        return all;
    }

    private static Map<String, Object> operation(
            Table table, String verb, String summary, Map<String, Object> answers) {
        Map<String, Object> responses = new LinkedHashMap<>(answers);
        responses.put("default", refused("Refused, with the reason"));
        Map<String, Object> operation = new LinkedHashMap<>();
        operation.put("operationId", verb + "_" + OpenApiSchemas.name(table));
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
        FORMATS.forEach(format -> content.put(format, map("schema", schema)));
        return content;
    }

    private static Map<String, Object> body(Object schema) {
        return map("required", true, "content", content(schema));
    }

    private static Map<String, Object> raw(String what) {
        return map("description", what, "content", map("*/*", map()));
    }

    private static Map<String, Object> rawBody() {
        return map("content", map("*/*", map()));
    }

    private static Map<String, Object> nothing(String what) {
        return map("description", what);
    }

    private static Map<String, Object> refused(String what) {
        return map(
                "description",
                what,
                "content",
                map("application/problem+json", map("schema", map("$ref", "#/components/schemas/Problem"))));
    }
}
