// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.http.House.Answer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each request of the table in the wire contract does and answers. */
class RestProtocolTest {
    @TempDir
    static Path directory;

    private static House house;

    @BeforeAll
    static void start() {
        house = new House(directory);
        house.node.put("Sensors/101", "{\"temp\":72.5,\"location\":\"roof\"}");
        house.node.put("Sensors/a/1", "{\"temp\":1}");
        house.node.put("Sensors/a/2", "{\"temp\":2}");
        house.node.put("Sensors/v1.5", "{\"temp\":3}");
        house.node.put("Orders/7", "{\"item\":\"nut\"}");
        house.node.put("Orders/10", "{\"item\":\"bolt\",\"count\":3}");
    }

    @AfterAll
    static void close() {
        house.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /Sensors/101          | 200 | {"temp":72.5,"location":"roof","id":"101"}
                    /sensors/101          | 200 | {"temp":72.5,"location":"roof","id":"101"}
                    /SENSORS/%31%30%31    | 200 | {"temp":72.5,"location":"roof","id":"101"}
                    /Sensors/101.json     | 200 | {"temp":72.5,"location":"roof","id":"101"}
                    /Sensors/101.temp     | 200 | 72.5
                    /Sensors/101.location | 200 | "roof"
                    /Sensors/101.id       | 200 | "101"
                    /Sensors/a/1.temp     | 200 | 1
                    /Sensors/v1.5         | 200 | {"temp":3,"id":"v1.5"}
                    /Sensors/v1.5.temp    | 200 | 3
                    /Orders/7             | 200 | {"item":"nut","id":7}
                    /orders/10.count      | 200 | 3
                    """)
    void get_answers_with_a_row_or_a_part_of_it(String target, int status, String body) throws Exception {
        Answer answer = house.get(target);
        assertThat(answer.status()).isEqualTo(status);
        assertThat(house.node.value(answer.text())).isEqualTo(house.node.value(body));
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        Answer head = house.send("HEAD", target, "");
        assertThat(head.status()).isEqualTo(status);
        assertThat(head.bytes()).isEmpty();
        for (String name : new String[] {"content-length", "content-type", "etag", "vary", "last-modified"}) {
            assertThat(head.header(name)).as(name).isEqualTo(answer.header(name));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    GET    | /Sensors/none         | 404 | no such row
                    HEAD   | /Sensors/none         | 404 |
                    GET    | /Sensors/101.humidity | 404 | no such row
                    GET    | /Sensors/7.temp       | 404 | no such row
                    GET    | /Sensors/a/1.location | 404 | no location
                    GET    | /Orders/8             | 404 | no such row
                    GET    | /Orders/abc           | 400 | number
                    GET    | /none                 | 404 | no such row
                    GET    | /                     | 404 | no application
                    GET    | /Sensors/%2B          | 400 | wildcard
                    GET    | /Sensors/101?x=1      | 501 | no query
                    GET    | /Sensors/?temp=gt=x   | 400 | at 8 in the query: expected a number
                    GET    | /Sensors/?limit(x)    | 400 | limit
                    GET    | /Sensors/?limit(3,1)  | 400 | limit
                    GET    | /Sensors/?limit(1)&limit(2) | 400 | more than one
                    PUT    | /Sensors/x?a=b        | 501 | no query
                    PUT    | /Sensors              | 405 | a table is not a row
                    PUT    | /Sensors/a/           | 405 | all at once
                    PATCH  | /Sensors/             | 405 | one row
                    PATCH  | /Sensors/none         | 404 | no such row
                    POST   | /Sensors/a/           | 405 | creates
                    DELETE | /Sensors/none         | 404 | no such row
                    DELETE | /Sensors/             | 400 | needs a query
                    DELETE | /Sensors              | 405 | one row
                    DELETE | /Sensors/?temp=       | 400 | at 5 in the query: expected a number
                    DELETE | /Sensors/?select(id)  | 400 | for reading
                    DELETE | /none                 | 404 | no such row
                    BREW   | /Sensors/101          | 405 | BREW
                    PUT    | /                     | 404 |
                    """)
    void what_cannot_be_done_is_refused_as_a_problem_that_says_why(
            String method, String target, int status, String detail) throws Exception {
        Answer answer = house.json(method, target, method.startsWith("P") ? "{\"temp\":1}" : "");
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
        if (!method.equals("HEAD")) {
            assertThat(answer.text()).contains("\"status\":" + status).contains(detail == null ? "" : detail);
        }
        if (status == 405) {
            assertThat(answer.header("allow")).contains("GET, HEAD");
        }
    }

    @Test
    void a_tables_bare_name_describes_it() throws Exception {
        Answer answer = house.get("/sensors");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text())
                .contains("\"name\":\"Sensors\"", "\"path\":\"/Sensors\"", "\"primaryKey\":\"id\"")
                .contains("\"indexes\":[\"temp\"]", "\"count\":");
    }

    @Test
    void put_creates_and_replaces() throws Exception {
        Answer created = house.json("PUT", "/sensors/put", "{\"temp\":1,\"id\":\"other\"}");
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.header("location")).isEqualTo("/Sensors/put");
        assertThat(created.bytes()).isEmpty();
        assertThat(created.header("etag")).isEqualTo(house.get("/Sensors/put").header("etag"));
        Answer replaced = house.json("PUT", "/Sensors/put", "{\"location\":\"here\"}");
        assertThat(replaced.status()).isEqualTo(204);
        assertThat(replaced.header("location")).isEqualTo("-");
        assertThat(replaced.header("etag"))
                .isNotEqualTo(created.header("etag"))
                .isEqualTo(house.get("/Sensors/put").header("etag"));
        assertThat(house.node.text("Sensors/put")).isEqualTo("{\"id\":\"put\",\"location\":\"here\"}");
    }

    @Test
    void put_of_an_array_writes_all_its_rows_or_none() throws Exception {
        Answer answer = house.json("PUT", "/Sensors/", "[{\"id\":\"all1\",\"temp\":1},{\"id\":\"all2\",\"temp\":2}]");
        assertThat(answer.status()).isEqualTo(204);
        assertThat(house.get("/Sensors/all2.temp").text()).isEqualTo("2");
        Answer refused = house.json("PUT", "/Sensors/", "[{\"id\":\"all3\",\"temp\":1},{\"temp\":\"hot\"}]");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.text()).contains("\"violations\":[").contains("[1].");
        assertThat(house.get("/Sensors/all3").status()).isEqualTo(404);
        assertThat(house.json("PUT", "/Sensors/", "{\"id\":\"all4\"}").status()).isEqualTo(400);
        assertThat(house.send("PUT", "/Sensors/", "id,temp\r\nall5,5\r\n", "Content-Type: text/csv")
                        .status())
                .isEqualTo(204);
        assertThat(house.get("/Sensors/all5.temp").text()).isEqualTo("5");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    application/json             | {"temp":2}                                      | {"id":"p","temp":2,"location":"x"}
                    application/merge-patch+json | {"temp":null}                                   | {"id":"p","location":"x"}
                    application/json             | {"temp":{"__op__":"add","value":4}}             | {"id":"p","temp":5,"location":"x"}
                    application/json-patch+json  | [{"op":"replace","path":"/temp","value":9}]     | {"id":"p","temp":9,"location":"x"}
                    """)
    void patch_changes_a_part(String type, String patch, String after) throws Exception {
        house.node.put("Sensors/p", "{\"temp\":1,\"location\":\"x\"}");
        Answer answer = house.send("PATCH", "/sensors/p", patch, "Content-Type: " + type);
        assertThat(answer.status()).as(answer.text()).isEqualTo(204);
        assertThat(answer.header("etag")).isEqualTo(house.get("/Sensors/p").header("etag"));
        assertThat(house.node.value(house.node.text("Sensors/p"))).isEqualTo(house.node.value(after));
    }

    @Test
    void post_creates_a_row_with_an_id_made_up_or_given() throws Exception {
        Answer made = house.json("POST", "/sensors/", "{\"temp\":5}");
        assertThat(made.status()).isEqualTo(201);
        String id = String.valueOf(house.node.value(made.text()));
        assertThat(id).matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
        assertThat(made.header("location")).isEqualTo("/Sensors/" + id);
        assertThat(house.get(made.header("location") + ".temp").text()).isEqualTo("5");
        assertThat(made.header("etag")).isEqualTo(house.get("/Sensors/" + id).header("etag"));
        Answer given = house.json("POST", "/Sensors", "{\"id\":\"given\"}");
        assertThat(given.status()).isEqualTo(201);
        assertThat(given.text()).isEqualTo("\"given\"");
        assertThat(given.header("location")).isEqualTo("/Sensors/given");
        Answer again = house.json("POST", "/Sensors/", "{\"id\":\"given\",\"temp\":1}");
        assertThat(again.status()).isEqualTo(409);
        assertThat(house.node.text("Sensors/given")).isEqualTo("{\"id\":\"given\"}");
        assertThat(house.send("POST", "/Sensors/", "x", "Content-Type: image/png")
                        .status())
                .isEqualTo(415);
        assertThat(house.send(
                                "POST",
                                "/Sensors/",
                                "temp=4&location=a+b",
                                "Content-Type: application/x-www-form-urlencoded")
                        .status())
                .isEqualTo(201);
    }

    @Test
    void ids_count_up_where_they_are_numbers() throws Exception {
        house.node.put("Orders/40", "{\"item\":\"x\"}");
        Answer first = house.json("POST", "/Orders/", "{\"item\":\"screw\"}");
        Answer second = house.json("POST", "/orders/", "{\"item\":\"screw\"}");
        assertThat(first.status()).isEqualTo(201);
        assertThat(Long.parseLong(second.text())).isEqualTo(Long.parseLong(first.text()) + 1);
        assertThat(second.header("location")).isEqualTo("/Orders/" + second.text());
        assertThat(house.get("/Orders/" + second.text() + ".id").text()).isEqualTo(second.text());
        assertThat(house.json("PUT", "/Orders/abc", "{\"item\":\"x\"}").status())
                .isBetween(400, 422);
    }

    @Test
    void post_to_a_row_says_something_there_and_leaves_the_row() throws Exception {
        Answer answer = house.json("POST", "/Sensors/101", "{\"temp\":0}");
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.bytes()).isEmpty();
        assertThat(house.get("/Sensors/101.temp").text()).isEqualTo("72.5");
        assertThat(house.send("POST", "/said/here", "hello").status()).isEqualTo(202);
        assertThat(house.get("/said/here").status()).isEqualTo(404);
    }

    @Test
    void delete_removes_a_row_once() throws Exception {
        house.node.put("Sensors/gone", "{}");
        assertThat(house.send("DELETE", "/sensors/gone", "").status()).isEqualTo(204);
        assertThat(house.send("DELETE", "/Sensors/gone", "").status()).isEqualTo(404);
        assertThat(house.get("/Sensors/gone").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    /Sensors/101 | GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS
                    /any/topic   | GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS
                    /Sensors     | GET, HEAD, POST, OPTIONS
                    /Sensors/    | GET, HEAD, PUT, POST, DELETE, OPTIONS
                    /Sensors/a/  | GET, HEAD, DELETE, OPTIONS
                    /any/        | GET, HEAD, DELETE, OPTIONS
                    /            | GET, HEAD, OPTIONS
                    """)
    void options_and_405_say_what_is_possible(String target, String allowed) throws Exception {
        Answer answer = house.send("OPTIONS", target, "");
        assertThat(answer.status()).isEqualTo(204);
        assertThat(answer.header("allow")).isEqualTo(allowed);
        for (String method : new String[] {"PUT", "PATCH", "POST", "DELETE", "BREW"}) {
            if (target.equals("/")) {
                break;
            }
            Answer tried = house.send(method, target, "");
            if (tried.status() == 405) {
                assertThat(tried.header("allow")).as(method).isEqualTo(allowed);
                assertThat(allowed).doesNotContain(method);
            } else {
                assertThat(allowed).contains(method);
            }
        }
        house.node.put("Sensors/101", "{\"temp\":72.5,\"location\":\"roof\"}");
    }

    @Test
    void a_body_that_breaks_the_schema_is_told_everything_that_is_wrong() throws Exception {
        Answer answer = house.json("PUT", "/Orders/9", "{\"count\":\"many\"}");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"violations\":[").contains("item").contains("count");
        assertThat(house.get("/Orders/9").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"temp\":", "{\"temp\":1,\"temp\":2}", "{\"temp\":NaN}", "{temp:1}", "\"\\ud800\""})
    void json_that_cannot_be_read_is_400_and_says_where(String json) throws Exception {
        Answer answer = house.json("PUT", "/Sensors/broken", json);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.text()).containsPattern("\\d");
        assertThat(house.get("/Sensors/broken").status()).isEqualTo(404);
    }

    @Test
    void bodies_are_taken_in_formats_and_codings_that_are_known() throws Exception {
        assertThat(house.json("PUT", "/Sensors/coded", "{}", "Content-Encoding: br")
                        .status())
                .isEqualTo(415);
        assertThat(house.json("PUT", "/Sensors/coded", "{}", "Content-Encoding: identity")
                        .status())
                .isEqualTo(201);
        assertThat(house.send("PATCH", "/Sensors/coded", "x", "Content-Type: text/plain")
                        .status())
                .isEqualTo(415);
    }

    @Test
    void what_is_no_object_is_kept_by_a_declared_table_and_given_back_as_it_was() throws Exception {
        byte[] image = {(byte) 0x89, 'P', 'N', 'G', 0, (byte) 0xFF};
        assertThat(house.send("PUT", "/Sensors/image", image, "Content-Type: image/png")
                        .status())
                .isEqualTo(201);
        Answer raw = house.get("/Sensors/image");
        assertThat(raw.bytes()).isEqualTo(image);
        assertThat(raw.header("content-type")).isEqualTo("image/png");
        assertThat(raw.header("content-security-policy")).contains("sandbox");
        assertThat(raw.header("x-content-type-options")).isEqualTo("nosniff");
        Answer object = house.get("/Sensors/image", "Accept: application/json");
        assertThat(object.text()).contains("\"contentType\":\"image/png\"").contains("\"data\":");
        assertThat(object.header("etag")).isNotEqualTo(raw.header("etag"));
        assertThat(house.get("/Sensors/image.json").text()).contains("\"contentType\":\"image/png\"");
        assertThat(house.json("PUT", "/Sensors/number", "[1,2]").status()).isEqualTo(201);
        assertThat(house.get("/Sensors/number").text()).isEqualTo("[1,2]");
        assertThat(house.send("PUT", "/Sensors/text", "grüße", "Content-Type: text/plain; charset=utf-8")
                        .status())
                .isEqualTo(201);
        assertThat(house.get("/Sensors/text").text()).isEqualTo("grüße");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    /plain/topic   | plain/topic
                    /%2Fa          | /a
                    /a%2F          | a/
                    /%2F%2F        | //
                    /%2F           | /
                    /x%20y/z%C3%A4 | x y/zä
                    /a/%2Fb        | a//b
                    /$odd/path     | $odd/path
                    """)
    void every_topic_is_a_row_of_bytes(String target, String path) throws Exception {
        byte[] bytes = {0, 1, (byte) 0xFF, '{', '"', '\n'};
        Answer created = house.send("PUT", target, bytes, "Content-Type: application/x.device; v=\"2\"");
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.header("location")).isEqualTo(target);
        assertThat(house.node.row(path).orElseThrow().body().bytes()).isEqualTo(bytes);
        Answer read = house.get(created.header("location"));
        assertThat(read.bytes()).isEqualTo(bytes);
        assertThat(read.header("content-type")).isEqualTo("application/x.device; v=\"2\"");
        assertThat(read.header("content-security-policy")).isEqualTo("sandbox; default-src 'none'");
        assertThat(read.header("etag")).isEqualTo(created.header("etag"));
        assertThat(house.send("DELETE", target, "").status()).isEqualTo(204);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/html", "application/octet-stream", "text/plain"})
    void topics_keep_what_came_byte_for_byte(String type) throws Exception {
        String body = " { \"a\" : 1.0e0 , \"a\" : <script> }\n";
        house.send("PUT", "/kept/" + type, body, "Content-Type: " + type);
        Answer read = house.get("/kept/" + type);
        assertThat(read.text()).isEqualTo(body);
        assertThat(read.header("content-type")).isEqualTo(type);
        assertThat(read.header("content-security-policy")).contains("sandbox");
    }

    @Test
    void an_empty_body_is_as_good_as_any() throws Exception {
        assertThat(house.send("PUT", "/empty/one", "").status()).isEqualTo(201);
        Answer read = house.get("/empty/one");
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.header("content-length")).isEqualTo("0");
        assertThat(read.header("content-type")).isEqualTo("application/octet-stream");
        assertThat(new String(house.node.row("empty/one").orElseThrow().body().bytes(), UTF_8))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    PUT   | /Sensors/clumsy | json                              | {"temp":1} | json is no media type such as application/json
                    PUT   | /files/clumsy   | json                              | {"temp":1} | json is no media type such as application/json
                    PATCH | /Sensors/101    | application/                      | {"temp":1} | application/ is no media type
                    POST  | /Sensors/       | a b/c                             | {"temp":1} | a b/c is no media type
                    PUT   | /Sensors/clumsy | application/x-www-form-urlencoded | {"temp":1} | begins like JSON, which is sent as application/json
                    PUT   | /Sensors/       | application/x-www-form-urlencoded | [{"id":1}] | begins like JSON, which is sent as application/json
                    """)
    void who_says_wrongly_what_a_body_is_is_told_what_to_say(
            String method, String target, String type, String body, String reason) throws Exception {
        Answer answer = house.send(method, target, body, "Content-Type: " + type);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains(reason);
        assertThat(house.node.text("Sensors/clumsy")).isEqualTo("absent");
        assertThat(house.node.text("files/clumsy")).isEqualTo("absent");
    }
}
