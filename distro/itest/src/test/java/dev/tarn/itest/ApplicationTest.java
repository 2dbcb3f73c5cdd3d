// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.WebSocketClient;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example in Java on the built image: deployed by command and by PUT, gone back to, taken away. */
class ApplicationTest {
    private static final Path JAR = Path.of(System.getProperty("tarn.sensors"));

    @TempDir
    static Path data;

    private static Tarn tarn;

    @BeforeAll
    static void start() throws Exception {
        tarn = Tarn.dev(data).set("amqp.port", 0).ready();
    }

    @AfterAll
    static void stop() throws Exception {
        tarn.close();
    }

    private static String command(String... words) throws Exception {
        List<String> line =
                new ArrayList<>(List.of(Tarn.IMAGE.resolve("bin/tarn").toString()));
        line.addAll(List.of(words));
        line.addAll(List.of("--data", data.toString()));
        return String.join("\n", Tarn.run(line, 60));
    }

    private static HttpResponse<String> admin(String method, String path, byte[] body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + path))
                .timeout(Duration.ofSeconds(60))
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                .header("Content-Type", "application/zip")
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static String row(String path) throws Exception {
        return new String(Http.get(tarn, path).body(), StandardCharsets.UTF_8);
    }

    @Test
    void an_application_is_deployed_replaced_refused_gone_back_to_and_taken_away() throws Exception {
        assertThat(command("deploy", JAR.toString(), "sensors")).contains("version: 1");
        assertThat(Http.put(tarn, "/Sensors/1", "{\"temp\":120}").statusCode()).isEqualTo(201);
        assertThat(row("/Sensors/1")).contains("\"alert\":true");
        try (Mqtt client = Mqtt.tcp(5, tarn.port("mqtt"))) {
            client.publish("sensors/2", "{\"temp\":130}", 1, true);
        }
        assertThat(row("/Sensors/2")).contains("\"alert\":true");
        HttpResponse<byte[]> refused = Http.put(tarn, "/Sensors/1", "{\"temp\":-300}");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("colder");

        HttpResponse<String> put = admin("PUT", "/applications/sensors", Files.readAllBytes(JAR));
        assertThat(put.statusCode()).as(put.body()).isEqualTo(200);
        assertThat(put.body()).contains("\"version\":2");
        HttpResponse<String> broken = admin("PUT", "/applications/sensors", zip());
        assertThat(broken.statusCode()).isEqualTo(422);
        assertThat(broken.body()).contains("schema.graphql:1").contains("Flot");
        assertThat(Http.put(tarn, "/Sensors/3", "{\"temp\":140}").statusCode()).isEqualTo(201);
        assertThat(row("/Sensors/3")).contains("\"alert\":true");

        assertThat(command("rollback", "sensors")).contains("version: 1");
        assertThat(admin("GET", "/applications", new byte[0]).body())
                .contains("\"name\":\"sensors\"")
                .contains("\"state\":\"serving\"");
        assertThat(command("undeploy", "sensors")).contains("undeployed");
        assertThat(admin("DELETE", "/applications/sensors", new byte[0]).statusCode())
                .isEqualTo(404);
    }

    @Test
    void the_rule_holds_for_every_way_to_write_a_row() throws Exception {
        Path dropped = Files.createDirectories(data.resolve("deploy/ways")).resolve("ways.jar");
        Files.copy(JAR, dropped);
        Eventually.passes(Duration.ofSeconds(60), () -> {
            assertThat(admin("GET", "/applications", new byte[0]).body()).contains("\"tables\":[\"Sensors\"]");
            return null;
        });
        assertThat(http("PUT", "/Sensors/put", "{\"temp\":120}")).isEqualTo(201);
        assertThat(http("PUT", "/Sensors/patch", "{\"temp\":1}")).isEqualTo(201);
        assertThat(http("PATCH", "/Sensors/patch", "{\"temp\":120}")).isEqualTo(204);
        assertThat(http("POST", "/Sensors/", "{\"id\":\"post\",\"temp\":120}")).isEqualTo(201);
        assertThat(http("PUT", "/Sensors/", "[{\"id\":\"array\",\"temp\":120}]"))
                .isEqualTo(204);
        try (Mqtt client = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"));
                Jms jms = Jms.tcp(tarn.port("amqp"));
                WebSocketClient socket = new WebSocketClient(
                        URI.create("ws://" + tarn.address("http") + "/Sensors/?omitCurrent"), null)) {
            client.publish("Sensors/mqtt", "{\"temp\":120}", 1, true);
            jms.publish("Sensors/amqp", "{\"temp\":120}", true);
            socket.send("{\"type\":\"put\",\"id\":\"socket\",\"value\":{\"temp\":120}}");
            for (String id : List.of("put", "patch", "post", "array", "mqtt", "amqp", "socket")) {
                Eventually.passes(Duration.ofSeconds(60), () -> {
                    assertThat(row("/Sensors/" + id)).contains("\"alert\":true");
                    return null;
                });
            }
        }
        assertThat(http("PATCH", "/Sensors/patch", "{\"temp\":-300}")).isEqualTo(422);
        assertThat(http("POST", "/Sensors/", "{\"id\":\"no\",\"temp\":-300}")).isEqualTo(422);
        // All or nothing.
        assertThat(http("PUT", "/Sensors/", "[{\"id\":\"first\",\"temp\":1},{\"id\":\"no\",\"temp\":-300}]"))
                .isEqualTo(422);
        assertThat(http("GET", "/Sensors/first", "")).isEqualTo(404);
        assertThat(http("GET", "/Sensors/no", "")).isEqualTo(404);
        assertThat(http("DELETE", "/Sensors/put", "")).isEqualTo(204);
        assertThat(http("DELETE", "/Sensors/put", "")).isEqualTo(404);
        Files.delete(dropped);
        Files.delete(dropped.getParent());
        Eventually.passes(Duration.ofSeconds(60), () -> {
            assertThat(admin("GET", "/applications", new byte[0]).body()).doesNotContain("\"name\":\"ways\"");
            return null;
        });
    }

    private static int http(String method, String path, String body) throws Exception {
        return Http.send(tarn, method, path, body.getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json")
                .statusCode();
    }

    /** An application whose schema is wrong. */
    private static byte[] zip() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("schema.graphql"));
            zip.write("type Sensors @table @export { temp: Flot }".getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @Test
    void a_jar_dropped_into_deploy_is_an_application_until_it_is_deleted() throws Exception {
        Path dropped = Files.createDirectories(data.resolve("deploy")).resolve("dropped-1.0.jar");
        Path partial = Files.copy(JAR, dropped.resolveSibling("dropped.part"));
        Eventually.passes(Duration.ofSeconds(60), () -> {
            assertThat(admin("GET", "/applications", new byte[0]).body()).doesNotContain("Sensors");
            return null;
        });
        Files.move(partial, dropped);
        Eventually.passes(Duration.ofSeconds(60), () -> {
            assertThat(admin("GET", "/applications", new byte[0]).body()).contains("\"name\":\"dropped\"");
            Http.put(tarn, "/Sensors/d1", "{\"temp\":120}");
            assertThat(row("/Sensors/d1")).contains("\"alert\":true");
            return null;
        });
        Files.delete(dropped);
        Eventually.passes(Duration.ofSeconds(60), () -> {
            assertThat(admin("GET", "/applications", new byte[0]).body()).doesNotContain("\"name\":\"dropped\"");
            return null;
        });
    }
}
