// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiPageTest {

    @TempDir
    static Path directory;

    private static House house;

    @BeforeAll
    static void start() {
        house = new House(directory);
    }

    @AfterAll
    static void close() {
        house.close();
    }

    @ParameterizedTest
    @CsvSource({"/openapi/ui,text/html", "/openapi/ui.js,text/javascript", "/openapi/ui.css,text/css"})
    void the_page_and_its_parts_are_served_under_a_strict_policy(String path, String type) throws Exception {
        House.Answer answer = house.get(path);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-type")).isEqualTo(type + "; charset=utf-8");
        assertThat(answer.header("content-security-policy"))
                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(answer.header("x-content-type-options")).isEqualTo("nosniff");
        assertThat(house.get(path, "If-None-Match: " + answer.header("etag")).status())
                .isEqualTo(304);
    }

    @ParameterizedTest
    @CsvSource({"/openapi/ui", "/openapi/ui.js", "/openapi/ui.css"})
    void nothing_is_fetched_from_elsewhere_or_run_from_within(String path) throws Exception {
        String text = house.get(path).text();
        assertThat(text).doesNotContain("http://", "https://", "innerHTML", "onclick=", "eval(", "style=");
    }

    @Test
    void the_page_can_only_be_read() throws Exception {
        assertThat(house.send("PUT", "/openapi/ui", "x").status()).isEqualTo(405);
        assertThat(house.send("OPTIONS", "/openapi/ui", "").header("allow")).isEqualTo("GET, HEAD, OPTIONS");
        assertThat(house.send("HEAD", "/openapi/ui", "").bytes()).isEmpty();
    }
}
