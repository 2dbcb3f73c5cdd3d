// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the image for backups, and the operation of a node that runs. */
class BackupTest {
    @TempDir
    Path temporary;

    private static Tarn run(String... words) throws Exception {
        return Tarn.command(words).ended();
    }

    @Test
    void a_backup_of_a_running_node_is_verified_and_restored_with_the_command() throws Exception {
        Path data = temporary.resolve("data");
        Path file = temporary.resolve("b.zip");
        try (Tarn tarn = Tarn.dev(data).ready()) {
            assertThat(Http.put(tarn, "/a/b", "1").statusCode()).isEqualTo(201);
            Path first = temporary.resolve("first.zip");
            Tarn asked = run("backup", first.toString(), "--data", data.toString());
            assertThat(asked.exitCode()).as(asked.said()).isZero();
            assertThat(asked.said()).contains(first.toString(), String.valueOf(Files.size(first)));
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + tarn.port("admin") + "/operations"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"operation\":\"backup\",\"file\":\"" + file + "\"}"))
                    .build();
            HttpResponse<byte[]> answer =
                    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
            assertThat(answer.statusCode()).isEqualTo(200);
            JsonNode made = Http.json(answer);
            assertThat(made.path("size").asLong()).isEqualTo(Files.size(file));
            assertThat(Http.put(tarn, "/a/c", "2").statusCode()).isEqualTo(201);
        }
        Tarn verified = run("verify", file.toString());
        assertThat(verified.exitCode()).as(verified.said()).isZero();
        assertThat(verified.said()).contains("1 rows in data.topics").contains("is sound");
        Tarn restored = run("restore", file.toString(), "--data", data.toString());
        assertThat(restored.exitCode()).as(restored.said()).isZero();
        try (Tarn tarn = Tarn.dev(data).ready()) {
            assertThat(Http.get(tarn, "/a/b").statusCode()).isEqualTo(200);
            assertThat(Http.get(tarn, "/a/c").statusCode()).isEqualTo(404);
        }
        Tarn sound = run("verify", data.toString());
        assertThat(sound.exitCode()).as(sound.said()).isZero();
        Tarn stopped = run("backup", temporary.resolve("c.zip").toString(), "--data", data.toString());
        assertThat(stopped.exitCode()).as(stopped.said()).isZero();
        assertThat(run("verify", temporary.resolve("c.zip").toString()).exitCode())
                .isZero();
    }
}
