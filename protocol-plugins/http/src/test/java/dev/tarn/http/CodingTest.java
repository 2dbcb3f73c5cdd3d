// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.application.Site;
import dev.tarn.http.House.Answer;
import io.airlift.compress.zstd.ZstdInputStream;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Content coding (RFC 9110 §8.4) and ranges (§14), of rows, lists and files. */
class CodingTest {

    private static final String TEXT = "0123456789".repeat(500);

    @TempDir
    static Path directory;

    private static House house;

    /** One file. */
    private record OneFile(Path file) implements Site {
        @Override
        public boolean has(String path) {
            return path.equals("/page.html");
        }

        @Override
        public Optional<File> file(String path) {
            return Optional.of(new File(file, "text/html", TEXT.length(), "v1"));
        }
    }

    @BeforeAll
    static void start() throws Exception {
        Path page = Files.writeString(directory.resolve("page.html"), TEXT);
        house = new House(
                Files.createDirectory(directory.resolve("node")), Map.of(), resources -> resources, new OneFile(page));
        house.json("PUT", "/Sensors/long", "{\"location\":\"" + TEXT + "\"}");
        house.json("PUT", "/Sensors/short", "{\"temp\":1}");
        house.send("PUT", "/Files/text", TEXT, "Content-Type: text/plain");
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 3_000; i++) {
            many.append(i == 0 ? "[" : ",").append("{\"id\":\"" + i + "\",\"temp\":" + i + "}");
        }
        assertThat(house.json("PUT", "/Many/", many.append("]").toString()).status())
                .isEqualTo(204);
    }

    @AfterAll
    static void close() {
        house.close();
    }

    private static String unzipped(Answer answer) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(answer.bytes()))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/Sensors/long", "/Many/", "/Many/?limit(900)", "/Many/?limit(2500)", "/Files/text", "/page.html"
            })
    void what_is_long_enough_is_compressed_for_those_who_ask(String target) throws Exception {
        Answer plain = house.get(target);
        assertThat(plain.header("content-encoding")).isEqualTo("-");
        assertThat(plain.header("vary")).contains("Accept-Encoding");
        Answer zipped = house.get(target, "Accept-Encoding: br, gzip;q=0.8");
        assertThat(zipped.status()).isEqualTo(200);
        assertThat(zipped.header("content-encoding")).isEqualTo("gzip");
        assertThat(zipped.bytes().length).isLessThan(plain.bytes().length / 2);
        assertThat(unzipped(zipped)).isEqualTo(plain.text());
        if (!plain.header("etag").equals("-")) {
            assertThat(zipped.header("etag")).isNotEqualTo(plain.header("etag"));
            Answer again = house.get(target, "Accept-Encoding: gzip", "If-None-Match: " + zipped.header("etag"));
            assertThat(again.status()).isEqualTo(304);
        }
    }

    /** Pieces are frames of their own; a decoder takes one after the other. */
    private static String unpacked(Answer answer) throws IOException {
        try (ZstdInputStream in = new ZstdInputStream(new ByteArrayInputStream(answer.bytes()))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/Sensors/long", "/Many/", "/Many/?limit(900)", "/Files/text", "/page.html"})
    void who_likes_zstd_better_gets_it(String target) throws Exception {
        Answer plain = house.get(target);
        Answer coded = house.get(target, "Accept-Encoding: zstd, gzip;q=0.5");
        assertThat(coded.status()).isEqualTo(200);
        assertThat(coded.header("content-encoding")).isEqualTo("zstd");
        assertThat(coded.bytes().length).isLessThan(plain.bytes().length / 2);
        assertThat(unpacked(coded)).isEqualTo(plain.text());
        if (!plain.header("etag").equals("-")) {
            assertThat(coded.header("etag"))
                    .isNotEqualTo(plain.header("etag"))
                    .isNotEqualTo(house.get(target, "Accept-Encoding: gzip").header("etag"));
            Answer again = house.get(target, "Accept-Encoding: zstd", "If-None-Match: " + coded.header("etag"));
            assertThat(again.status()).isEqualTo(304);
        }
    }

    @Test
    void lists_in_all_formats_and_empty_or_short_ones_come_as_they_should() throws Exception {
        for (String type : new String[] {"application/x-ndjson", "application/cbor", "text/csv"}) {
            Answer zipped = house.get("/Many/", "Accept: " + type, "Accept-Encoding: gzip");
            assertThat(zipped.header("content-encoding")).isEqualTo("gzip");
            try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(zipped.bytes()))) {
                assertThat(in.readAllBytes())
                        .isEqualTo(house.get("/Many/", "Accept: " + type).bytes());
            }
        }
        Answer empty = house.get("/Many/?temp=lt=0", "Accept-Encoding: gzip", "Accept: application/x-ndjson");
        assertThat(empty.header("content-encoding")).isEqualTo("-");
        assertThat(empty.bytes()).isEmpty();
        assertThat(house.get("/Sensors/short", "Accept-Encoding: gzip").text())
                .isEqualTo("{\"id\":\"short\",\"temp\":1}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    gzip              | GZIP
                    GZIP;q=0.5        | GZIP
                    x-gzip            | GZIP
                    *                 | GZIP
                    br                |
                    identity          |
                    gzip;q=0          |
                    gzip; q=0.0, *    |
                    *;q=0             |
                    gzip;q=0.3, identity;q=0.7 |
                    gzip;q=0.7, identity;q=0.3 | GZIP
                    br;q=1, gzip;q=0.1 | GZIP
                    gzip;q=x          | GZIP
                    zstd              | ZSTD
                    gzip, deflate, br, zstd | GZIP
                    gzip, zstd;q=0.9  | GZIP
                    gzip;q=0.2, Zstd;q=0.3 | ZSTD
                    zstd;q=0, *       | GZIP
                    zstd;q=0          |
                    zstd;q=0.3, identity;q=0.7 |
                    """)
    void the_coding_that_a_client_likes_best_is_taken(String header, @Nullable Coding coding) {
        assertThat(Coding.chosen(new DefaultHttpHeaders().set("Accept-Encoding", header)))
                .isEqualTo(coding);
        assertThat(Coding.chosen(new DefaultHttpHeaders())).isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    bytes=0-9         | 206 | bytes 0-9/5000       | 0123456789
                    bytes=4995-       | 206 | bytes 4995-4999/5000 | 56789
                    bytes=-3          | 206 | bytes 4997-4999/5000 | 789
                    bytes=4998-9999   | 206 | bytes 4998-4999/5000 | 89
                    bytes=0-0         | 206 | bytes 0-0/5000       | 0
                    bytes=5000-       | 416 | bytes */5000         |
                    bytes=-0          | 416 | bytes */5000         |
                    bytes=9-1         | 200 | -                    |
                    bytes=0-1,4-5     | 200 | -                    |
                    lines=0-1         | 200 | -                    |
                    """)
    void part_of_a_file_or_of_an_opaque_row_can_be_had(String range, int status, String content, String text)
            throws Exception {
        for (String target : new String[] {"/page.html", "/Files/text"}) {
            Answer answer = house.get(target, "Range: " + range, "Accept-Encoding: gzip");
            assertThat(answer.status()).as(target).isEqualTo(status);
            assertThat(answer.header("content-range")).as(target).isEqualTo(content);
            if (status == 206) {
                assertThat(answer.text()).as(target).isEqualTo(text);
                assertThat(answer.header("accept-ranges")).isEqualTo("bytes");
            } else if (status == 200) {
                assertThat(answer.text()).as(target).isEqualTo(TEXT);
            }
        }
    }

    @Test
    void a_part_of_what_has_changed_is_not_mixed_with_what_was() throws Exception {
        for (String target : new String[] {"/page.html", "/Files/text"}) {
            String tag = house.get(target).header("etag");
            assertThat(house.get(target, "Range: bytes=1-2", "If-Range: " + tag).text())
                    .isEqualTo("12");
            assertThat(house.get(target, "Range: bytes=1-2", "If-Range: \"other\"")
                            .status())
                    .isEqualTo(200);
        }
        assertThat(house.get("/Sensors/long", "Range: bytes=1-2").status()).isEqualTo(200);
    }
}
