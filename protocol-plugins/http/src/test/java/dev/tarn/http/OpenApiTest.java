// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.http.House.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /openapi} against what the server really answers, endpoint by endpoint. */
class OpenApiTest {

    private static final Table PICTURES = new Table(
            "data",
            "Pictures",
            "Pictures",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ANY),
                    Attribute.of("title", Attribute.Type.STRING),
                    Attribute.of("taken", Attribute.Type.DATE),
                    Attribute.of("secret", Attribute.Type.STRING).with(Traits.NONE.asHidden()),
                    Attribute.of("photo", Attribute.Type.BLOB),
                    new Attribute("tags", Attribute.Type.STRING, true, false, false, true, false, List.of())),
            Table.Rules.DECLARED);

    @TempDir
    static Path directory;

    private static House house;
    private static Map<?, ?> document;

    @BeforeAll
    static void start() throws Exception {
        house = new House(directory);
        house.node.services().tables().deploy("more", List.of(PICTURES));
        document = (Map<?, ?>) value(house.get("/openapi").bytes());
        house.json("PUT", "/Sensors/1", "{\"temp\":20.5,\"location\":\"roof\",\"more\":[1]}");
        house.json("PUT", "/Sensors/2", "{\"temp\":null}");
        house.json("PUT", "/Orders/7", "{\"item\":\"nail\",\"count\":3}");
        house.send("PUT", "/Files/a", "bytes", "Content-Type: text/plain");
    }

    @AfterAll
    static void close() {
        house.close();
    }

    private static Object value(byte[] json) {
        return house.node.services().bodies().structured(Bodies.JSON, json).value();
    }

    private static Object at(Object root, String... names) {
        Object at = root;
        for (String name : names) {
            at = at instanceof Map<?, ?> map ? map.get(name) : null;
        }
        return at;
    }

    @Test
    void every_exported_table_is_described_with_its_verbs() {
        assertThat(document.get("openapi")).isEqualTo("3.1.0");
        assertThat(((Map<?, ?>) document.get("paths")).keySet().stream().map(String::valueOf))
                .contains("/Sensors", "/Sensors/", "/Sensors/{id}", "/Orders/{id}", "/Files/{id}")
                .noneMatch(path -> path.contains("system"));
        assertThat(((Map<?, ?>) at(document, "paths", "/Sensors/{id}"))
                        .keySet().stream().map(String::valueOf))
                .containsExactlyInAnyOrder("parameters", "get", "head", "put", "patch", "post", "delete");
        assertThat(at(document, "components", "schemas", "Orders", "required")).isEqualTo(List.of("item"));
        assertThat(at(document, "components", "schemas", "Sensors", "properties", "temp", "type"))
                .isEqualTo(List.of("number", "null"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    GET    | /Sensors          | /Sensors      |
                    GET    | /Sensors/         | /Sensors/     |
                    GET    | /Sensors/?temp=x  | /Sensors/     |
                    GET    | /Sensors/1        | /Sensors/{id} |
                    GET    | /Sensors/2        | /Sensors/{id} |
                    GET    | /Sensors/none     | /Sensors/{id} |
                    PUT    | /Sensors/3        | /Sensors/{id} | {"temp":1}
                    PUT    | /Sensors/3        | /Sensors/{id} | {"temp":2}
                    PUT    | /Sensors/3        | /Sensors/{id} | {"temp":"warm"}
                    PATCH  | /Sensors/3        | /Sensors/{id} | {"temp":3}
                    PATCH  | /Sensors/none     | /Sensors/{id} | {"temp":3}
                    POST   | /Sensors/3        | /Sensors/{id} | {"temp":4}
                    POST   | /Sensors/         | /Sensors/     | {"id":"4"}
                    POST   | /Sensors/         | /Sensors/     | {"id":"4"}
                    PUT    | /Sensors/         | /Sensors/     | [{"id":"5"}]
                    DELETE | /Sensors/3        | /Sensors/{id} |
                    DELETE | /Sensors/3        | /Sensors/{id} |
                    DELETE | /Sensors/?id=5    | /Sensors/     |
                    DELETE | /Sensors/         | /Sensors/     |
                    GET    | /Orders/7         | /Orders/{id}  |
                    GET    | /Orders/x         | /Orders/{id}  |
                    POST   | /Orders/          | /Orders/      | {"item":"x"}
                    POST   | /Orders/          | /Orders/      | {"count":1}
                    GET    | /Files/a          | /Files/{id}   |
                    PUT    | /Files/b          | /Files/{id}   | text
                    HEAD   | /Sensors/1        | /Sensors/{id} |
                    HEAD   | /Sensors/none     | /Sensors/{id} |
                    GET    | /Sensors/a/       | /Sensors/{id}/ |
                    GET    | /Sensors/1.temp   | /Sensors/{id}.{property} |
                    GET    | /Sensors/2.temp   | /Sensors/{id}.{property} |
                    GET    | /Sensors/?select(temp) | /Sensors/ |
                    GET    | /Sensors/?temp=gt=1&sort(-temp)&limit(2) | /Sensors/ |
                    GET    | /Sensors/?aggregate(count())&group(temp) | /Sensors/ |
                    GET    | /Sensors/?temp==1&explain() | /Sensors/ |
                    GET    | /Sensors/?temp=   | /Sensors/     |
                    """)
    void what_is_answered_is_what_is_described(String method, String target, String path, String body)
            throws Exception {
        answers(method, target, path, body);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    PUT   | /Pictures/1       | /Pictures/{id}       | application/json | {"title":"harbour","tags":["a"]}
                    PATCH | /Pictures/1       | /Pictures/{id}       | application/json | {"taken":"2026-11-21T12:00:00Z"}
                    PATCH | /Pictures/1       | /Pictures/{id}       | application/merge-patch+json | {"title":null}
                    PATCH | /Pictures/1       | /Pictures/{id}       | application/json-patch+json | [{"op":"add","path":"/title","value":"x"}]
                    PATCH | /Pictures/1       | /Pictures/{id}       | application/json-patch+json | [{"op":"test","path":"/title","value":"y"}]
                    PATCH | /Pictures/1       | /Pictures/{id}       | text/plain       | x
                    PUT   | /Pictures/1.photo | /Pictures/{id}.photo | image/png        | bytes
                    PUT   | /Pictures/9.photo | /Pictures/{id}.photo | image/png        | bytes
                    PUT   | /Pictures/1       | /Pictures/{id}       | application/json | {"taken":"soon"}
                    POST  | /Pictures/        | /Pictures/           | application/json | {"title":"counted"}
                    POST  | /Pictures/        | /Pictures/           | application/x-www-form-urlencoded | title=form
                    POST  | /Pictures/1       | /Pictures/{id}       | text/plain       | hello
                    """)
    void what_is_sent_in_other_forms_is_described_too(
            String method, String target, String path, String type, String body) throws Exception {
        house.json("PUT", "/Pictures/1", "{\"title\":\"harbour\"}");
        answered(house.send(method, target, body, "Content-Type: " + type), method, target, path);
    }

    @ParameterizedTest
    @CsvSource({
        "/Pictures/1,/Pictures/{id},application/cbor",
        "/Pictures/1,/Pictures/{id},application/x-msgpack",
        "/Pictures/1,/Pictures/{id},text/csv",
        "/Pictures/,/Pictures/,application/x-msgpack",
        "/Pictures/,/Pictures/,application/x-ndjson",
        "/Pictures/,/Pictures/,text/csv",
        "/Pictures/,/Pictures/,image/png",
        "/Pictures/1.photo,/Pictures/{id}.photo,*/*",
        "/Pictures/2.photo,/Pictures/{id}.photo,*/*",
        "/Pictures,/Pictures,application/cbor"
    })
    void every_format_that_comes_is_described(String target, String path, String accept) throws Exception {
        house.json("PUT", "/Pictures/1", "{\"title\":\"harbour\"}");
        house.send("PUT", "/Pictures/1.photo", "bytes", "Content-Type: image/png");
        answered(house.get(target, "Accept: " + accept), "GET", target, path);
    }

    @Test
    void parts_and_conditions_are_described() throws Exception {
        house.json("PUT", "/Pictures/3", "{\"title\":\"harbour\"}");
        house.send("PUT", "/Pictures/3.photo", "bytes", "Content-Type: image/png");
        Answer whole = house.get("/Pictures/3");
        answered(
                house.get("/Pictures/3", "If-None-Match: " + whole.header("etag")),
                "GET",
                "/Pictures/3",
                "/Pictures/{id}");
        answered(
                house.get("/Pictures/3.photo", "Range: bytes=1-2"), "GET", "/Pictures/3.photo", "/Pictures/{id}.photo");
        answered(house.json("PUT", "/Pictures/3", "{}", "If-None-Match: *"), "PUT", "/Pictures/3", "/Pictures/{id}");
    }

    @Test
    void hidden_attributes_are_not_named() throws Exception {
        assertThat(house.get("/openapi").text()).contains("taken").doesNotContain("secret");
        assertThat(house.get("/Pictures").text()).contains("taken").doesNotContain("secret");
    }

    /** Whatever is described is there: each verb of each path, with a body that its schema allows. */
    @Test
    void every_endpoint_answers_as_it_is_described() throws Exception {
        int endpoints = 0;
        for (Map.Entry<?, ?> path : ((Map<?, ?>) at(document, "paths")).entrySet()) {
            Map<?, ?> item = (Map<?, ?>) path.getValue();
            for (Object verb : item.keySet()) {
                if (verb.equals("parameters")) {
                    continue;
                }
                String method = String.valueOf(verb).toUpperCase(java.util.Locale.ROOT);
                String target =
                        String.valueOf(path.getKey()).replace("{id}", "77").replace("{property}", "id");
                Object schema = at(item, String.valueOf(verb), "requestBody", "content", Bodies.JSON, "schema");
                boolean body = at(item, String.valueOf(verb), "requestBody") != null;
                answers(method, target, String.valueOf(path.getKey()), body ? example(schema) : null);
                endpoints++;
            }
        }
        assertThat(endpoints).isGreaterThan(40);
    }

    /** JSON that a schema allows. */
    private static String example(Object schema) {
        Object reference = at(schema, "$ref");
        if (reference instanceof String text) {
            return example(at(document, text.substring(2).split("/")));
        }
        Object type = at(schema, "type");
        String one = String.valueOf(type instanceof List<?> several ? several.get(0) : type);
        return switch (one) {
            case "string" -> "\"x\"";
            case "integer", "number" -> "5";
            case "boolean" -> "true";
            case "array" -> "[" + example(at(schema, "items")) + "]";
            case "object" -> {
                StringBuilder object = new StringBuilder("{");
                if (at(schema, "properties") instanceof Map<?, ?> properties) {
                    properties.forEach((name, property) -> object.append(object.length() > 1 ? "," : "")
                            .append('"')
                            .append(name)
                            .append("\":")
                            .append(name.equals("id") ? idLike(property) : example(property)));
                }
                yield object.append('}').toString();
            }
            default -> "null";
        };
    }

    /** The id that the path has too. */
    private static String idLike(Object schema) {
        return "integer".equals(at(schema, "type")) ? "77" : "\"77\"";
    }

    private static void answers(String method, String target, String path, String body) throws Exception {
        answered(house.json(method, target, body == null ? "" : body), method, target, path);
    }

    private static void answered(Answer answer, String method, String target, String path) {
        String status = Integer.toString(answer.status());
        Object responses = at(document, "paths", path, method.toLowerCase(java.util.Locale.ROOT), "responses");
        Object described = at(responses, status);
        if (described == null && answer.status() >= 400) {
            described = at(responses, "default");
        }
        assertThat(described).as("%s %s answers %s", method, target, status).isNotNull();
        if (method.equals("HEAD") || (answer.bytes().length == 0 && at(described, "content") == null)) {
            return;
        }
        String type = answer.header("content-type").replaceAll(";.*", "");
        Object content = at(described, "content", type);
        Object schema = content == null ? at(described, "content", "*/*") : at(content, "schema");
        assertThat(schema == null && content == null).as(type).isEqualTo(false);
        if (content != null && type.endsWith("json") && !type.contains("ndjson")) {
            List<String> wrong = new ArrayList<>();
            validate(value(answer.bytes()), schema, "", wrong);
            assertThat(wrong).as(answer.text()).isEmpty();
        }
    }

    /** The part of JSON Schema that the document uses. */
    private static void validate(Object value, Object schema, String where, List<String> wrong) {
        Object reference = at(schema, "$ref");
        if (reference instanceof String text) {
            validate(value, at(document, text.substring(2).split("/")), where, wrong);
            return;
        }
        Object type = at(schema, "type");
        List<?> types = type instanceof List<?> several ? several : type == null ? List.of() : List.of(type);
        if (!types.isEmpty() && types.stream().noneMatch(each -> is(value, String.valueOf(each)))) {
            wrong.add(where + " is no " + types + " but " + value);
        }
        if (value instanceof Map<?, ?> object) {
            if (at(schema, "required") instanceof List<?> required) {
                required.stream().filter(name -> !object.containsKey(name)).forEach(name -> wrong.add(where + name));
            }
            object.forEach((name, inner) -> {
                Object property = at(schema, "properties", String.valueOf(name));
                if (property != null) {
                    validate(inner, property, where + "." + name, wrong);
                }
            });
        } else if (value instanceof List<?> list && at(schema, "items") != null) {
            list.forEach(element -> validate(element, at(schema, "items"), where + "[]", wrong));
        }
    }

    private static boolean is(Object value, String type) {
        return switch (type) {
            case "null" -> value == null;
            case "string" -> value instanceof String;
            case "integer" -> value instanceof Long;
            case "number" -> value instanceof Number;
            case "boolean" -> value instanceof Boolean;
            case "object" -> value instanceof Map<?, ?>;
            case "array" -> value instanceof List<?>;
            default -> false;
        };
    }

    @Test
    void the_description_is_read_only_and_comes_in_all_formats() throws Exception {
        assertThat(house.send("PUT", "/openapi", "x").status()).isEqualTo(405);
        assertThat(house.send("OPTIONS", "/openapi", "").header("allow")).isEqualTo("GET, HEAD, OPTIONS");
        assertThat(house.get("/openapi", "Accept: application/cbor").header("content-type"))
                .isEqualTo("application/cbor");
        assertThat(house.get("/openapi", "Accept-Encoding: gzip").header("content-encoding"))
                .isEqualTo("gzip");
    }
}
