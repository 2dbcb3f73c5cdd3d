// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.codec.Bodies;
import dev.tarn.http.House.Answer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The format in which a client gets what it asks for. */
class AcceptTest {
    @TempDir
    static Path directory;

    private static House house;

    @BeforeAll
    static void start() throws Exception {
        house = new House(directory);
        house.node.put("Sensors/1", "{\"temp\":1.5,\"location\":\"=roof\"}");
        house.node.put("Sensors/2", "{\"temp\":2}");
        house.node.put("Sensors/x/3", "{\"temp\":3}");
        house.node.put("Sensors/x/4", "{\"temp\":4}");
        house.node.put("Sensors/xy", "{\"temp\":5}");
        house.send("PUT", "/raw/text", "hello", "Content-Type: text/plain");
        house.send("PUT", "/raw/json", "{\"a\": 1}", "Content-Type: application/json");
        house.send("PUT", "/raw/bytes", new byte[] {(byte) 0xFF, 0});
    }

    @AfterAll
    static void close() {
        house.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    */*                                                      | application/json
                    application/json                                         | application/json
                    APPLICATION/CBOR                                         | application/cbor
                    application/x-msgpack                                    | application/x-msgpack
                    application/msgpack                                      | application/x-msgpack
                    application/*                                            | application/json
                    text/html, application/xhtml+xml, */*;q=0.8              | application/json
                    application/json;q=0.5, application/cbor                 | application/cbor
                    application/json;q=0.5, application/msgpack              | application/x-msgpack
                    application/json;q=0, */*                                | application/cbor
                    application/cbor;q=0.3, application/json;q=0.31          | application/json
                    text/csv, application/cbor;q=0.1                         | application/cbor
                    """)
    void a_row_comes_in_the_format_that_is_liked_best(String accept, String type) throws Exception {
        Answer answer = house.get("/Sensors/2", "Accept: " + accept);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-type")).isEqualTo(type);
        assertThat(answer.header("vary")).contains("Accept");
        assertThat(house.value(type, answer.bytes())).isEqualTo("{id=2, temp=2}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /Sensors/2       | image/png
                    /Sensors/2       | application/json;q=0
                    /Sensors/2       | application/json;q=x
                    /Sensors/2.temp  | text/plain
                    /Sensors         | text/plain
                    /Sensors/        | image/png
                    /raw/text        | image/png
                    /raw/bytes       | image/png
                    /raw/bytes       | application/json
                    """)
    void what_cannot_be_had_in_an_acceptable_format_is_406(String target, String accept) throws Exception {
        Answer answer = house.get(target, "Accept: " + accept);
        assertThat(answer.status()).as(answer.text()).isEqualTo(406);
        assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /Sensors/2.json    | application/json      | {id=2, temp=2}
                    /Sensors/2.cbor    | application/cbor      | {id=2, temp=2}
                    /Sensors/2.msgpack | application/x-msgpack | {id=2, temp=2}
                    /Sensors/2.ndjson  | application/x-ndjson  | [{id=2, temp=2}]
                    /Sensors/2.csv     | text/csv              | [{id=2, temp=2}]
                    /raw/json.cbor     | application/cbor      | {a=1}
                    """)
    void a_suffix_names_the_format_whatever_is_accepted(String target, String type, String value) throws Exception {
        Answer answer = house.get(target, "Accept: text/html");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("content-type")).isEqualTo(type);
        assertThat(house.value(type, answer.bytes())).isEqualTo(value);
    }

    @Test
    void a_row_whose_id_ends_like_a_suffix_is_that_row() throws Exception {
        house.node.put("Sensors/7.json", "{\"temp\":7}");
        assertThat(house.get("/Sensors/7.json").text()).contains("\"7.json\"");
        assertThat(house.send("DELETE", "/Sensors/2.json", "").status()).isEqualTo(404);
        house.node.delete("Sensors/7.json");
    }

    @Test
    void bytes_come_as_they_are_and_are_converted_where_they_can_be() throws Exception {
        assertThat(house.get("/raw/json").text()).isEqualTo("{\"a\": 1}");
        Answer cbor = house.get("/raw/json", "Accept: application/cbor");
        assertThat(house.value(Bodies.CBOR, cbor.bytes())).isEqualTo("{a=1}");
        assertThat(cbor.header("etag")).isNotEqualTo(house.get("/raw/json").header("etag"));
        assertThat(house.get("/raw/text", "Accept: text/*").text()).isEqualTo("hello");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /Sensors/              | 1, 2, x/3, x/4, xy
                    /sensors/              | 1, 2, x/3, x/4, xy
                    /Sensors/x/            | x/3, x/4
                    /Sensors/none/         |
                    /Sensors/?limit(2)     | 1, 2
                    /Sensors/?limit(1,3)   | 2, x/3
                    /Sensors/?limit%281%2C3%29 | 2, x/3
                    /Sensors/?limit(4,99)  | xy
                    /Sensors/?limit(9,99)  |
                    /Sensors/?limit(0)     |
                    /Sensors/x/?limit(1,2) | x/4
                    /raw/                  | raw/bytes, raw/json, raw/text
                    """)
    void a_folder_lists_rows_in_every_format(String target, String ids) throws Exception {
        String wanted = ids == null ? "[]" : "[" + ids + "]";
        for (String type : Media.LISTS) {
            Answer answer = house.get(target, "Accept: " + type);
            assertThat(answer.status()).as(type).isEqualTo(200);
            assertThat(answer.header("content-type")).isEqualTo(type);
            Object value = house.node
                    .services()
                    .bodies()
                    .structured(type, answer.bytes())
                    .value();
            assertThat(value).as(type).isInstanceOf(java.util.List.class);
            assertThat(((java.util.List<?>) value)
                            .stream()
                                    .map(row -> String.valueOf(((java.util.Map<?, ?>) row).get("id")))
                                    .toList()
                                    .toString())
                    .as(type)
                    .isEqualTo(wanted);
            Answer head = house.send("HEAD", target, "", "Accept: " + type);
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("content-type")).isEqualTo(type);
        }
    }

    @Test
    void rows_of_bytes_in_a_list_say_what_they_are() throws Exception {
        assertThat(house.get("/raw/").text())
                .contains(
                        "{\"id\":\"raw/bytes\",\"contentType\":\"application/octet-stream\",\"data\":\"/wA=\",\"encoding\":\"base64\"}")
                .contains("{\"id\":\"raw/text\",\"contentType\":\"text/plain\",\"data\":\"hello\"}");
    }

    @Test
    void csv_is_safe_to_open_in_a_spreadsheet() throws Exception {
        String csv = house.get("/Sensors/?limit(2)", "Accept: text/csv").text();
        assertThat(csv).isEqualTo("id,temp,location\r\n1,1.5,'=roof\r\n2,2,\r\n");
    }

    @ParameterizedTest
    @CsvSource({"application/cbor", "application/x-msgpack", "application/json"})
    void what_is_sent_in_a_format_is_the_row(String type) throws Exception {
        byte[] body = house.node.json("{\"temp\":8}").as(type).bytes();
        assertThat(house.send("PUT", "/Sensors/in", body, "Content-Type: " + type)
                        .status())
                .isEqualTo(201);
        assertThat(house.node.text("Sensors/in")).isEqualTo("{\"id\":\"in\",\"temp\":8}");
        assertThat(house.send("DELETE", "/Sensors/in", "".getBytes(UTF_8)).status())
                .isEqualTo(204);
    }
}
