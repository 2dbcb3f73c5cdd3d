// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarn.testkit.EventReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application is replaced again and again while clients write and watch: no request is refused, nothing is lost or told twice,
 * and sessions and streams stay.
 */
class SwapsTest {
    private static final Path JAR = Path.of(System.getProperty("tarn.sensors"));
    private static final int SWAPS = Integer.getInteger("tarn.swaps", 20);

    @TempDir
    Path folder;

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void nothing_is_refused_or_lost_while_an_application_is_replaced() throws Exception {
        try (Tarn tarn = Tarn.dev(folder).ready()) {
            byte[] jar = Files.readAllBytes(JAR);
            deploy(tarn, jar);
            ExecutorService threads = Executors.newCachedThreadPool();
            AtomicBoolean over = new AtomicBoolean();
            try (EventReader events = new EventReader(URI.create("http://" + tarn.address("http") + "/Sensors/"));
                    Mqtt watcher = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
                assertThat(events.head().statusCode()).isEqualTo(200);
                watcher.subscribe("Sensors/#", 1);
                Future<Integer> http = threads.submit(() -> puts(tarn, over));
                Future<Integer> mqtt = threads.submit(() -> publishes(tarn, over));
                Future<Map<String, Integer>> seen = threads.submit(() -> events(events));
                Future<Map<String, Integer>> heard = threads.submit(() -> messages(watcher));
                for (int swap = 0; swap < SWAPS; swap++) {
                    deploy(tarn, jar);
                }
                over.set(true);
                int put = http.get(2, TimeUnit.MINUTES);
                int published = mqtt.get(2, TimeUnit.MINUTES);
                assertThat(put).isPositive();
                assertThat(published).isPositive();
                // The end is a row as well, behind all others in the order of the log.
                assertThat(Http.put(tarn, "/Sensors/end", "{\"temp\":0}").statusCode())
                        .isEqualTo(201);
                Map<String, Integer> expected = Map.of("http", put, "mqtt", published);
                assertThat(seen.get(2, TimeUnit.MINUTES)).isEqualTo(expected);
                assertThat(heard.get(2, TimeUnit.MINUTES)).isEqualTo(expected);
            } finally {
                over.set(true);
                threads.shutdownNow();
                threads.awaitTermination(1, TimeUnit.MINUTES);
            }
            assertThat(Http.text(Http.get(tarn, "/Sensors/http"))).contains("\"alert\":");
        }
    }

    private static void deploy(Tarn tarn, byte[] jar) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://" + tarn.address("admin") + "/applications/sensors"))
                .timeout(Duration.ofSeconds(60))
                .PUT(HttpRequest.BodyPublishers.ofByteArray(jar))
                .header("Content-Type", "application/zip")
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** Writes one row again and again; returns how often. */
    private static int puts(Tarn tarn, AtomicBoolean over) throws Exception {
        int count = 0;
        while (!over.get()) {
            HttpResponse<byte[]> answer = Http.put(tarn, "/Sensors/http", "{\"temp\":" + (count + 1) + "}");
            assertThat(answer.statusCode()).as(Http.text(answer)).isIn(201, 204);
            count++;
        }
        return count;
    }

    private static int publishes(Tarn tarn, AtomicBoolean over) throws Exception {
        int count = 0;
        try (Mqtt client = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
            while (!over.get()) {
                // Fails when it is refused.
                client.publish("Sensors/mqtt", "{\"temp\":" + (count + 1) + "}", 1, true);
                count++;
            }
        }
        return count;
    }

    private static Map<String, Integer> events(EventReader events) throws Exception {
        Map<String, Integer> last = new HashMap<>();
        while (true) {
            JsonNode event = Http.json(events.next().data());
            String id = event.path("id").asText();
            if (id.equals("end")) {
                return last;
            }
            follows(last, id, event.path("value"));
        }
    }

    private static Map<String, Integer> messages(Mqtt watcher) throws Exception {
        Map<String, Integer> last = new HashMap<>();
        while (true) {
            JsonNode row = Http.json(watcher.next().text());
            String id = row.path("id").asText();
            if (id.equals("end")) {
                return last;
            }
            follows(last, id, row);
        }
    }

    /** Every version has the rule, and every change is told once and in order. */
    private static void follows(Map<String, Integer> last, String id, JsonNode row) {
        int temp = row.path("temp").asInt();
        assertThat(temp).as(id).isEqualTo(last.getOrDefault(id, 0) + 1);
        assertThat(row.path("alert").asBoolean()).isEqualTo(temp > 100);
        last.put(id, temp);
    }
}
