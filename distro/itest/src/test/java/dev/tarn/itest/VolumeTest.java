// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Many rows in a small heap. */
class VolumeTest {
    private static final int ROWS = Integer.getInteger("tarn.volume.rows", 100_000);
    private static final int AT_ONCE = 2_000;

    @TempDir
    Path data;

    @Test
    void a_hundred_thousand_rows_are_streamed_in_a_heap_of_256_megabytes() throws Exception {
        Path application = Path.of(System.getProperty("tarn.examples"), "getting-started");
        try (Tarn tarn =
                Tarn.dev(data, application).environment("TARN_OPTS", "-Xmx256m").ready()) {
            fill(tarn);
            Set<String> ids = new HashSet<>();
            HttpResponse<java.io.InputStream> rows = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(tarn.uri("/Sensors/"))
                                    .header("Accept", "application/x-ndjson")
                                    .build(),
                            HttpResponse.BodyHandlers.ofInputStream());
            assertThat(rows.statusCode()).isEqualTo(200);
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(rows.body(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    ids.add(Http.json(line).path("id").asText());
                }
            }
            assertThat(ids).hasSize(ROWS);
            HttpResponse<byte[]> whole = Http.get(tarn, "/Sensors/");
            assertThat(Http.json(whole)).hasSize(ROWS);
        }
    }

    private static void fill(Tarn tarn) throws Exception {
        for (int from = 0; from < ROWS; from += AT_ONCE) {
            StringBuilder batch = new StringBuilder("[");
            for (int id = from; id < from + AT_ONCE; id++) {
                batch.append(id == from ? "" : ",")
                        .append("{\"id\":\"s")
                        .append(id)
                        .append("\",\"temp\":")
                        .append(id / 10.0)
                        .append(",\"location\":\"hall ")
                        .append(id % 97)
                        .append(" of the warehouse at the other side of the river\"}");
            }
            assertThat(Http.put(tarn, "/Sensors/", batch.append(']').toString()).statusCode())
                    .isEqualTo(204);
        }
    }

    /** With {@code -Psoak} only: it takes minutes. */
    @EnabledIfSystemProperty(named = "tarn.volume.rows", matches = "[0-9]{7,}")
    @Test
    void a_wildcard_over_many_rows_is_streamed_as_the_client_acknowledges() throws Exception {
        Path application = Path.of(System.getProperty("tarn.examples"), "getting-started");
        try (Tarn tarn =
                Tarn.dev(data, application).environment("TARN_OPTS", "-Xmx256m").ready()) {
            fill(tarn);
            Set<String> topics = new HashSet<>();
            try (Mqtt reader = Mqtt.narrow(tarn.port("mqtt"), 20).subscribe("Sensors/#", 1)) {
                while (topics.size() < ROWS) {
                    Mqtt.Message row = reader.next();
                    assertThat(row.retain()).isTrue();
                    assertThat(topics.add(row.topic())).as(row.topic()).isTrue();
                }
                try (Mqtt writer = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
                    writer.publish("Sensors/s7", "{\"temp\":1}", 1, true);
                }
                Mqtt.Message change = reader.next();
                assertThat(change.topic()).isEqualTo("Sensors/s7");
                assertThat(change.retain()).isFalse();
            }
        }
    }
}
