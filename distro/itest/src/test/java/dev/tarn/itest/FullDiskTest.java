// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image on a disk that becomes full: what operators and clients are told, and that it passes. Only root may mount one. */
class FullDiskTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final HttpClient client = HttpClient.newHttpClient();
    private boolean mounted;

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", "-l", directory.resolve("small").toString()))
                    .isZero();
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private Path small() throws IOException, InterruptedException {
        Path small = Files.createDirectories(directory.resolve("small"));
        int result;
        try {
            result = run("mount", "-t", "tmpfs", "-o", "size=300m", "tarn-test", small.toString());
        } catch (IOException e) {
            result = -1;
        }
        assumeTrue(result == 0, "file systems may be mounted");
        mounted = true;
        return small;
    }

    /** Writes a file until the disk takes no more byte. */
    private static void fill(Path small, Path ballast) throws IOException {
        for (int part : List.of(1 << 20, 1 << 12, 1)) {
            try (OutputStream out =
                    Files.newOutputStream(ballast, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                while (small.toFile().getUsableSpace() >= part) {
                    out.write(new byte[part]);
                }
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("No space");
            }
        }
    }

    private HttpResponse<String> administration(Tarn tarn, String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://" + tarn.address("admin") + path);
        return client.send(HttpRequest.newBuilder(uri).timeout(SOON).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void who_operates_it_is_told_readers_are_served_and_it_goes_on_by_itself() throws Exception {
        Path small = small();
        Path data = small.resolve("data");
        Path ballast = small.resolve("ballast");
        try (Tarn tarn = Tarn.dev(data).ready()) {
            assertThat(Http.put(tarn, "/a", "1").statusCode()).isEqualTo(201);
            assertThat(administration(tarn, "/health/ready").statusCode()).isEqualTo(200);
            fill(small, ballast);
            // The last page of a file may still have room for something small.
            HttpResponse<byte[]> refused = Http.send(tarn, "PUT", "/a", new byte[100_000]);
            assertThat(refused.statusCode()).as(Http.text(refused)).isEqualTo(507);

            HttpResponse<String> ready = administration(tarn, "/health/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            JsonNode said = Http.json(ready.body());
            assertThat(said.path("status").asText()).isEqualTo("down");
            assertThat(said.path("problems").path("store").asText())
                    .isEqualTo("writes are refused, reads go on: no space is left on the disk");
            assertThat(said.path("warnings").path("disk").asText()).contains("MB are left");
            assertThat(administration(tarn, "/health/ready/reads").statusCode()).isEqualTo(200);
            assertThat(administration(tarn, "/health/live").statusCode()).isEqualTo(200);
            assertThat(administration(tarn, "/metrics").body()).contains("tarn_store_refusing 1.0", "tarn_ready 0.0");
            assertThat(Http.text(Http.get(tarn, "/a"))).isEqualTo("1");

            Files.delete(ballast);
            // Nobody writes meanwhile.
            Eventually.passes(SOON, () -> {
                assertThat(administration(tarn, "/health/ready").statusCode()).isEqualTo(200);
                return null;
            });
            assertThat(administration(tarn, "/metrics").body()).contains("tarn_store_refusing 0.0", "tarn_ready 1.0");
            assertThat(Http.put(tarn, "/a", "2").statusCode()).isEqualTo(204);
            assertThat(Http.text(Http.get(tarn, "/a"))).isEqualTo("2");
        }
    }
}
