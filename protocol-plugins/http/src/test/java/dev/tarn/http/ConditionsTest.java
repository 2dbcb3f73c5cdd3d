// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.http.House.Answer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conditional requests (RFC 9110 §13). NOW stands for the row's tag, OLD for the one it had before. */
class ConditionsTest {
    @TempDir
    static Path directory;

    private static House house;

    private String old = "";
    private String now = "";

    @BeforeAll
    static void open() {
        house = new House(directory);
    }

    @AfterAll
    static void close() {
        house.close();
    }

    @BeforeEach
    void write() throws Exception {
        old = house.json("PUT", "/Sensors/1", "{\"temp\":1}").header("etag");
        now = house.json("PUT", "/Sensors/1", "{\"temp\":2}").header("etag");
    }

    private String filled(String header) {
        return header.replace("NOW", now).replace("OLD", old);
    }

    private static final String PAST = "Sun, 06 Nov 1994 08:49:37 GMT";
    private static final String FUTURE = "Thu, 06 Nov 2194 08:49:37 GMT";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    If-None-Match: NOW                   | 304
                    If-None-Match: W/NOW                 | 304
                    If-None-Match: *                     | 304
                    If-None-Match: "x", OLD,NOW          | 304
                    If-None-Match: "a,b" , W/"c",  NOW   | 304
                    If-None-Match: OLD                   | 200
                    If-None-Match: OLD, "y"              | 200
                    If-None-Match: nonsense              | 200
                    If-Match: NOW                        | 200
                    If-Match: *                          | 200
                    If-Match: OLD, NOW                   | 200
                    If-Match: OLD                        | 412
                    If-Match: W/NOW                      | 412
                    If-Match: "other"                    | 412
                    If-Match: nonsense                   | 412
                    If-Modified-Since: Thu, 06 Nov 2194 08:49:37 GMT   | 304
                    If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT   | 200
                    If-Modified-Since: yesterday                       | 200
                    If-Modified-Since: Thursday, 06-Nov-66 08:49:37 GMT | 304
                    If-Modified-Since: Sun Nov  6 08:49:37 1994        | 200
                    If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT | 412
                    If-Unmodified-Since: Thu, 06 Nov 2194 08:49:37 GMT | 200
                    """)
    void a_condition_decides_what_is_sent(String header, int status) throws Exception {
        for (String method : new String[] {"GET", "HEAD"}) {
            Answer answer = house.send(method, "/Sensors/1", "", filled(header));
            assertThat(answer.status()).as(method).isEqualTo(status);
            if (status == 304) {
                assertThat(answer.bytes()).isEmpty();
                assertThat(answer.header("etag")).isEqualTo(now);
                assertThat(answer.header("vary")).contains("Accept");
            }
        }
    }

    @Test
    void a_tag_belongs_to_one_format_and_if_match_looks_at_the_version_alone() throws Exception {
        String cbor = house.get("/Sensors/1", "Accept: application/cbor").header("etag");
        assertThat(cbor).isNotEqualTo(now);
        assertThat(house.get("/Sensors/1", "If-None-Match: " + cbor).status()).isEqualTo(200);
        assertThat(house.json("PUT", "/Sensors/1", "{}", "If-Match: " + cbor).status())
                .isEqualTo(204);
    }

    @Test
    void a_date_counts_only_where_there_is_no_tag() throws Exception {
        assertThat(house.get("/Sensors/1", "If-None-Match: \"x\"", "If-Modified-Since: " + FUTURE)
                        .status())
                .isEqualTo(200);
        assertThat(house.get("/Sensors/1", "If-Match: " + now, "If-Unmodified-Since: " + PAST)
                        .status())
                .isEqualTo(200);
        Answer modified = house.get("/Sensors/1");
        assertThat(house.get("/Sensors/1", "If-Modified-Since: " + modified.header("last-modified"))
                        .status())
                .isEqualTo(304);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    /Sensors/1    | If-Match: NOW                  | true
                    /Sensors/1    | If-Match: "x", NOW             | true
                    /Sensors/1    | If-Match: *                    | true
                    /Sensors/1    | If-Match: OLD                  | false
                    /Sensors/1    | If-Match: W/NOW                | false
                    /Sensors/1    | If-Match: OLD, "zz"            | false
                    /Sensors/1    | If-None-Match: *               | false
                    /Sensors/1    | If-None-Match: NOW             | false
                    /Sensors/1    | If-None-Match: W/NOW           | false
                    /Sensors/1    | If-None-Match: OLD             | true
                    /Sensors/1    | If-None-Match: OLD, NOW        | false
                    /Sensors/1    | If-Unmodified-Since: Thu, 06 Nov 2194 08:49:37 GMT | true
                    /Sensors/1    | If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT | false
                    /Sensors/new  | If-None-Match: *               | true
                    /Sensors/new  | If-None-Match: "x"             | true
                    /Sensors/new  | If-Match: *                    | false
                    /Sensors/new  | If-Match: NOW                  | false
                    /Sensors/new  | If-Match: "0-j"                | false
                    """)
    void a_condition_decides_about_a_write(String target, String header, boolean holds) throws Exception {
        boolean there = target.endsWith("1");
        house.send("DELETE", "/Sensors/new", "");
        String before = house.node.text(target.substring(1));
        Answer put = house.json("PUT", target, "{\"temp\":3}", filled(header));
        assertThat(put.status()).isEqualTo(holds ? there ? 204 : 201 : 412);
        if (!holds) {
            assertThat(house.node.text(target.substring(1))).isEqualTo(before);
            assertThat(put.header("content-type")).isEqualTo("application/problem+json");
        }
        house.send("DELETE", "/Sensors/new", "");
        write();
        Answer patch = house.json("PATCH", target, "{\"temp\":4}", filled(header));
        assertThat(patch.status()).isEqualTo(there ? holds ? 204 : 412 : holds ? 404 : 412);
        write();
        Answer delete = house.send("DELETE", target, "", filled(header));
        assertThat(delete.status()).isEqualTo(there ? holds ? 204 : 412 : holds ? 404 : 412);
    }

    @Test
    void two_writers_who_saw_the_same_version_do_not_both_win() throws Exception {
        assertThat(house.json("PATCH", "/Sensors/1", "{\"temp\":5}", "If-Match: " + now)
                        .status())
                .isEqualTo(204);
        assertThat(house.json("PATCH", "/Sensors/1", "{\"temp\":6}", "If-Match: " + now)
                        .status())
                .isEqualTo(412);
        assertThat(house.node.text("Sensors/1")).isEqualTo("{\"id\":\"1\",\"temp\":5}");
    }
}
