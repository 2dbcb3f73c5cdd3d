// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.application.Site;
import dev.tarn.http.House.Answer;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StaticFilesTest {
    private static final int LARGE = 3_000_000;

    @TempDir
    static Path directory;

    private static House house;
    private static Path large;

    /** Three files: the simplest site there is. */
    private record Listed(Map<String, Path> files) implements Site {
        @Override
        public boolean has(String path) {
            return files.containsKey(path);
        }

        @Override
        public Optional<File> file(String path) {
            Path file = files.get(path);
            try {
                return file == null || !Files.exists(file)
                        ? Optional.empty()
                        : Optional.of(new File(
                                file,
                                path.endsWith(".js") ? "text/javascript" : "text/html",
                                Files.size(file),
                                "v" + Files.size(file)));
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
    }

    @BeforeAll
    static void start() throws IOException {
        Path index = Files.writeString(directory.resolve("index.html"), "<h1>home</h1>");
        large = Files.write(directory.resolve("large.js"), new byte[LARGE]);
        Path empty = Files.writeString(directory.resolve("empty.js"), "");
        Files.writeString(directory.resolve("secret"), "hidden");
        Map<String, Path> files = Map.of(
                "/", index,
                "/index.html", index,
                "/js/large.js", large,
                "/empty.js", empty,
                "/gone.js", directory.resolve("gone.js"));
        house = new House(
                Files.createDirectory(directory.resolve("node")), Map.of(), resources -> resources, new Listed(files));
    }

    @AfterAll
    static void close() {
        house.close();
    }

    @ParameterizedTest
    @CsvSource({
        "/, 13, text/html",
        "/index.html, 13, text/html",
        "/js/large.js, 3000000, text/javascript",
        "/empty.js, 0, text/javascript"
    })
    void a_file_is_sent_with_what_a_browser_needs_to_know(String target, int size, String type) throws Exception {
        Answer answer = house.get(target, "Accept: image/png");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.bytes()).hasSize(size);
        assertThat(answer.header("content-type")).isEqualTo(type);
        assertThat(answer.header("x-content-type-options")).isEqualTo("nosniff");
        assertThat(answer.header("transfer-encoding")).isEqualTo("-");
        Answer head = house.send("HEAD", target, "");
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.bytes()).isEmpty();
        for (String name : new String[] {"content-length", "content-type", "etag", "cache-control"}) {
            assertThat(head.header(name))
                    .as(name)
                    .isEqualTo(answer.header(name))
                    .isNotEqualTo("-");
        }
        for (String method : new String[] {"GET", "HEAD"}) {
            Answer again = house.send(method, target, "", "If-None-Match: \"x\", " + answer.header("etag"));
            assertThat(again.status()).isEqualTo(304);
            assertThat(again.header("etag")).isEqualTo(answer.header("etag"));
        }
        assertThat(house.get(target, "If-None-Match: \"x\"").status()).isEqualTo(200);
    }

    @Test
    void a_file_is_only_read() throws Exception {
        for (String method : new String[] {"PUT", "PATCH", "POST", "DELETE"}) {
            Answer answer = house.send(method, "/index.html", "x");
            assertThat(answer.status()).as(method).isEqualTo(405);
            assertThat(answer.header("allow")).isEqualTo("GET, HEAD, OPTIONS");
        }
        assertThat(house.send("OPTIONS", "/", "").header("allow")).isEqualTo("GET, HEAD, OPTIONS");
        assertThat(house.get("/index.html").text()).isEqualTo("<h1>home</h1>");
    }

    @Test
    void what_no_file_is_for_is_a_row() throws Exception {
        assertThat(house.json("PUT", "/Sensors/1", "{}").status()).isEqualTo(201);
        assertThat(house.get("/Sensors/1").status()).isEqualTo(200);
        assertThat(house.get("/js/").text()).isEqualTo("[]\n");
    }

    @Test
    void a_file_that_was_removed_is_not_found() throws Exception {
        assertThat(house.get("/gone.js").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../secret",
                "/js/../secret",
                "/%2e%2e/secret",
                "/js/..%2fsecret",
                "/js/%2E%2E%2Fsecret",
                "/js/..%5csecret",
                "/js/..\\secret",
                "/.%2e/secret",
                "//secret",
                "/js/large.js%00",
                "/%252e%252e/secret",
                "/js//../secret",
                "/%c0%ae%c0%ae/secret",
                "/js/./large.js"
            })
    void no_path_leads_out_of_the_site(String target) throws Exception {
        try (RawClient raw = new RawClient(house.node.port("http"))) {
            raw.sendText("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + house.node.port("http")
                    + "\r\nConnection: close\r\n\r\n");
            String answer = new String(raw.readToEnd(), UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 40").doesNotContain("hidden");
        }
    }
}
