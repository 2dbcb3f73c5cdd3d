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
import org.junit.jupiter.api.io.TempDir;

/** Many rows in a small heap. */
class VolumeTest {
    private static final int ROWS = 100_000;
    private static final int AT_ONCE = 2_000;

    @TempDir
    Path data;

    @Test
    void a_hundred_thousand_rows_are_streamed_in_a_heap_of_256_megabytes() throws Exception {
        Path application = Path.of(System.getProperty("tarn.examples"), "getting-started");
        try (Tarn tarn =
                Tarn.dev(data, application).environment("TARN_OPTS", "-Xmx256m").ready()) {
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
                assertThat(Http.put(tarn, "/Sensors/", batch.append(']').toString())
                                .statusCode())
                        .isEqualTo(204);
            }
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
}
