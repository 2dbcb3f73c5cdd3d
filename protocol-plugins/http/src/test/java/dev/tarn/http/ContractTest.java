// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sentences of the contract that no other test has: freshness, codings of requests, conditions on every verb. */
class ContractTest {
    private static final String JSON = "Content-Type: application/json";

    private static final Table SESSIONS = new Table(
            "data",
            "Sessions",
            "Sessions",
            List.of(Attribute.primaryKey("id", Attribute.Type.ID)),
            new Table.Rules(false, false, true, Table.Keeping.LOGGED, Duration.ZERO, Duration.ofHours(1), null));

    @TempDir
    Path directory;

    private House house;

    @BeforeEach
    void build() {
        house = new House(directory, Map.of("bodyLimit", "64KB"), UnaryOperator.identity());
        house.node.deploy(House.SENSORS, House.FILES, SESSIONS);
    }

    @AfterEach
    void close() {
        house.close();
    }

    @Test
    void a_row_that_expires_may_be_kept_as_long_as_it_lives() throws Exception {
        house.json("PUT", "/Sessions/1", "{\"a\":1}");
        House.Answer answer = house.get("/Sessions/1");
        assertThat(lifetime(answer)).isBetween(3_000L, 3_600L);
        assertThat(Long.parseLong(answer.header("age"))).isBetween(0L, 3_600L);
        House.Answer again = house.get("/Sessions/1", "If-None-Match: " + answer.header("etag"));
        assertThat(again.status()).isEqualTo(304);
        assertThat(lifetime(again)).isEqualTo(lifetime(answer));
    }

    private static long lifetime(House.Answer answer) {
        assertThat(answer.header("cache-control")).startsWith("max-age=");
        return Long.parseLong(answer.header("cache-control").substring("max-age=".length()));
    }

    @Test
    void a_row_that_does_not_expire_is_asked_for_again() throws Exception {
        house.json("PUT", "/Sensors/1", "{\"temp\":1}");
        House.Answer answer = house.get("/Sensors/1");
        assertThat(answer.header("cache-control")).isEqualTo("no-cache");
        assertThat(answer.header("age")).isEqualTo("-");
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(all)) {
            out.write(plain);
        }
        return all.toByteArray();
    }

    @Test
    void a_body_in_gzip_is_the_body() throws Exception {
        byte[] body = gzip("{\"temp\":7}".getBytes(StandardCharsets.UTF_8));
        assertThat(house.send("PUT", "/Sensors/1", body, JSON, "Content-Encoding: gzip")
                        .status())
                .isEqualTo(201);
        assertThat(house.get("/Sensors/1").text()).isEqualTo("{\"id\":\"1\",\"temp\":7}");
        byte[] bytes = gzip(new byte[] {1, 2, 3});
        assertThat(house.send("PUT", "/Files/x", bytes, "Content-Encoding: gzip")
                        .status())
                .isEqualTo(201);
        assertThat(house.get("/Files/x").bytes()).containsExactly(1, 2, 3);
    }

    @Test
    void a_body_in_deflate_is_the_body() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(all)) {
            out.write("{\"temp\":8}".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(house.send("PUT", "/Sensors/1", all.toByteArray(), JSON, "Content-Encoding: deflate")
                        .status())
                .isIn(201, 204);
        assertThat(house.get("/Sensors/1").text()).isEqualTo("{\"id\":\"1\",\"temp\":8}");
        assertThat(house.send("PUT", "/Sensors/1", "plain", JSON, "Content-Encoding: deflate")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void a_row_lives_as_long_as_the_request_that_writes_it_says() throws Exception {
        house.json("PUT", "/Sensors/short-lived", "{}", "Cache-Control: max-age=1000");
        assertThat(house.get("/Sensors/short-lived").header("cache-control")).isEqualTo("max-age=1000");
        house.json("PUT", "/Sensors/short-lived", "{}", "Cache-Control: max-age=0");
        assertThat(house.get("/Sensors/short-lived").header("cache-control")).isEqualTo("no-cache");
    }

    @Test
    void a_query_may_come_without_the_slash_and_with_a_format() throws Exception {
        house.json("PUT", "/Sensors/query1", "{\"temp\":-77}");
        assertThat(house.get("/Sensors?temp==-77").text()).startsWith("[{\"id\":\"query1\",\"temp\":-77}]");
        House.Answer csv = house.get("/Sensors/.csv?temp==-77&select(id,temp)");
        assertThat(csv.header("content-type")).startsWith("text/csv");
        assertThat(csv.text()).contains("query1,-77");
    }

    @Test
    void a_bomb_is_too_large_however_small_it_comes() throws Exception {
        byte[] bomb = gzip(new byte[50 << 20]);
        assertThat(bomb.length).isLessThan(64 << 10);
        House.Answer answer = house.send("PUT", "/Files/bomb", bomb, "Content-Encoding: gzip");
        assertThat(answer.status()).isEqualTo(413);
        assertThat(house.get("/Files/bomb").status()).isEqualTo(404);
    }

    @Test
    void a_body_that_is_not_what_its_coding_says_is_malformed() throws Exception {
        House.Answer answer = house.send("PUT", "/Files/x", "plain", "Content-Encoding: gzip");
        assertThat(answer.status()).isEqualTo(400);
    }

    @Test
    void an_unknown_coding_is_answered_with_those_that_are_known() throws Exception {
        House.Answer answer = house.send("PUT", "/Files/x", "plain", "Content-Encoding: br");
        assertThat(answer.status()).isEqualTo(415);
        assertThat(answer.header("accept-encoding")).isEqualTo("gzip, deflate, identity");
    }

    @Test
    void patch_says_what_it_takes() throws Exception {
        house.json("PUT", "/Sensors/1", "{\"temp\":1}");
        House.Answer refused = house.send("PATCH", "/Sensors/1", "x", "Content-Type: text/plain");
        assertThat(refused.status()).isEqualTo(415);
        assertThat(refused.header("accept-patch")).contains("application/merge-patch+json");
        assertThat(house.send("OPTIONS", "/Sensors/1", "").header("accept-patch"))
                .contains("application/json-patch+json");
    }

    @Test
    void a_message_is_not_said_when_its_condition_does_not_hold() throws Exception {
        house.json("PUT", "/Sensors/1", "{\"temp\":1}");
        String tag = house.get("/Sensors/1").header("etag");
        assertThat(house.json("POST", "/Sensors/1", "{}", "If-Match: \"0-j\"").status())
                .isEqualTo(412);
        assertThat(house.json("POST", "/Sensors/1", "{}", "If-None-Match: *").status())
                .isEqualTo(412);
        assertThat(house.json("POST", "/Sensors/1", "{}", "If-Match: " + tag).status())
                .isEqualTo(202);
    }

    @Test
    void many_rows_have_no_tag_to_match() throws Exception {
        house.json("PUT", "/Sensors/1", "{\"temp\":1}");
        assertThat(house.json("PUT", "/Sensors/", "[{\"id\":\"1\"}]", "If-Match: \"0-j\"")
                        .status())
                .isEqualTo(412);
        assertThat(house.send("DELETE", "/Sensors/?temp=1", "", "If-Match: \"0-j\"")
                        .status())
                .isEqualTo(412);
        assertThat(house.json("PUT", "/Sensors/", "[{\"id\":\"1\"}]", "If-Match: *")
                        .status())
                .isEqualTo(204);
    }
}
