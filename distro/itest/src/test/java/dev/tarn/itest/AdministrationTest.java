// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The administration's port of the built image, with authentication. */
class AdministrationTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String CONSOLE = "/system/console/";
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(60))
            .build();

    @TempDir
    static Path folder;

    private static Path data;
    private static Tarn tarn;
    private static String administrator;

    @BeforeAll
    static void start() throws Exception {
        Path image = OperationTest.copy(Tarn.IMAGE, folder.resolve("image"));
        data = folder.resolve("data");
        tarn = Tarn.start(data).image(image).ready();
        String[] words =
                Files.readString(data.resolve("administrator-password")).strip().split(" ");
        administrator = Http.basic(words[0], words[1]);
    }

    @AfterAll
    static void stop() throws Exception {
        tarn.close();
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + path))
                .timeout(Duration.ofSeconds(60));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return send(request(path).header("Authorization", administrator));
    }

    private static JsonNode operate(String json) throws Exception {
        HttpResponse<String> answer = send(request("/operations")
                .header("Authorization", administrator)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Http.json(answer.body());
    }

    private static void consoleIsThere() throws Exception {
        Eventually.passes(SOON, () -> {
            assertThat(get(CONSOLE + "protocols").statusCode()).isEqualTo(200);
            return null;
        });
    }

    private static List<String> tarn(String... words) throws Exception {
        List<String> line =
                new ArrayList<>(List.of(Tarn.IMAGE.resolve("bin/tarn").toString()));
        line.addAll(List.of(words));
        line.addAll(List.of("--data", data.toString()));
        return Tarn.run(line, 90);
    }

    @Test
    void health_needs_no_login() throws Exception {
        assertThat(send(request("/health/live")).statusCode()).isEqualTo(200);
        assertThat(Http.json(send(request("/health/ready")).body())
                        .get("status")
                        .asText())
                .isEqualTo("up");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/metrics",
                "/operations",
                "/system/console/",
                "/system/console/bundles",
                "/system/console/protocols/live"
            })
    void everything_else_does(String path) throws Exception {
        consoleIsThere();
        assertThat(send(request(path)).statusCode()).isEqualTo(401);
    }

    @Test
    void the_user_that_the_console_comes_with_gets_nowhere() throws Exception {
        consoleIsThere();
        assertThat(send(request(CONSOLE + "bundles").header("Authorization", Http.basic("admin", "admin")))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void metrics_count_a_request_and_tell_of_the_store() throws Exception {
        Http.get(tarn, "/some/where");
        String text = get("/metrics").body();
        assertThat(text).endsWith("# EOF\n");
        assertThat(text.lines())
                .allMatch(line -> line.matches("# (TYPE|HELP|UNIT) [a-z_0-9]+ .+|# EOF"
                        + "|[a-z_0-9]+(\\{[a-zA-Z_]+=\"[^\"]*\"(,[a-zA-Z_]+=\"[^\"]*\")*})? [-+0-9.eEIinfNa]+"));
        assertThat(text)
                .contains(
                        "tarn_connections{protocol=\"mqtt\"} 0", "tarn_store_fenced 0.0", "process_cpu_seconds_total ");
        assertThat(text).containsPattern("tarn_messages_in_total\\{protocol=\"http\"} [1-9]");
        for (String figure : List.of(
                "tarn_store_bytes",
                "tarn_store_utilisation_ratio",
                "tarn_store_collected_bytes_total",
                "tarn_store_queued",
                "tarn_store_batch_writes_sum",
                "tarn_store_sync_seconds_sum",
                "tarn_store_oldest_snapshot_seconds",
                "tarn_store_refusing",
                "tarn_store_failed_reads_total",
                "tarn_store_scrubbed_bytes_total",
                "tarn_store_damaged_places",
                "tarn_contents_uploads",
                "tarn_contents_taken_total",
                "tarn_contents_pinned",
                "tarn_contents_collected_total",
                "tarn_log_bytes",
                "tarn_log_oldest_sequence",
                "tarn_log_latest_sequence")) {
            assertThat(text).containsPattern("\n" + figure + " [0-9]");
        }
    }

    @Test
    void a_protocol_is_stopped_started_removed_and_brought_back_by_operations() throws Exception {
        assertThat(operate("{\"operation\":\"bundle_stop\",\"bundle\":\"dev.tarn.websocket\"}")
                        .get("state")
                        .asText())
                .isEqualTo("stopped");
        assertThat(operate("{\"operation\":\"bundle_start\",\"bundle\":\"websocket\"}")
                        .get("state")
                        .asText())
                .isEqualTo("active");
        String file = operate("{\"operation\":\"bundle_uninstall\",\"bundle\":\"websocket\"}")
                .get("file")
                .asText();
        assertThat(operate("{\"operation\":\"bundle_list\"}").findValuesAsText("name"))
                .doesNotContain("dev.tarn.websocket");
        assertThat(operate("{\"operation\":\"bundle_install\",\"file\":\"" + file + "\"}")
                        .get("state")
                        .asText())
                .isEqualTo("active");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"operation\":\"bundle_stop\",\"bundle\":\"dev.tarn.store\"}     | 403",
                "{\"operation\":\"bundle_stop\",\"bundle\":\"none\"}               | 404",
                "{\"operation\":\"bundle_install\",\"file\":\"../x.jar\"}          | 400",
                "{\"operation\":\"bundle_install\",\"file\":\"x.jar\"}             | 404",
                "{\"operation\":\"bundle_install\",\"file\":\"x.jar\",\"content\":\"AAAA\"} | 422"
            })
    void what_would_harm_the_node_is_refused(String operation, int status) throws Exception {
        assertThat(send(request("/operations")
                                .header("Authorization", administrator)
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(operation)))
                        .statusCode())
                .isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"protocols", "bundles", "components", "configMgr", "logs", "services", "status-Bundles"})
    void the_console_has_its_pages_and_keeps_those_of_others_out(String page) throws Exception {
        consoleIsThere();
        HttpResponse<String> answer = get(CONSOLE + page);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("<title>Tarn - ");
        assertThat(answer.headers().firstValue("X-Frame-Options")).hasValue("DENY");
        assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("frame-ancestors 'none'");
    }

    @Test
    void the_console_shows_the_server_s_own_log_and_no_configuration_without_a_name() throws Exception {
        consoleIsThere();
        assertThat(get(CONSOLE + "logs/data.json?minLevel=3").body())
                .contains("dev.tarn.transport.Listener listening name=admin");
        assertThat(get(CONSOLE + "status-Configurations.txt").body())
                .contains("PID = dev.tarn.store")
                .doesNotContainPattern("PID = *\\R");
    }

    @ParameterizedTest
    @CsvSource({
        "Origin, http://evil.example",
        "Origin, null",
        "Origin, http://127.0.0.1:1",
        "Sec-Fetch-Site, cross-site",
        "Sec-Fetch-Site, same-site",
        "Referer, http://evil.example/",
        "User-Agent, Mozilla/5.0"
    })
    void a_change_that_another_page_sends_is_refused(String header, String value) throws Exception {
        consoleIsThere();
        HttpResponse<String> answer = send(request(CONSOLE + "bundles/dev.tarn.mqtt")
                .header("Authorization", administrator)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header(header, value)
                .POST(BodyPublishers.ofString("action=stop")));
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(operate("{\"operation\":\"status\"}")
                        .get("listeners")
                        .get("mqtt")
                        .asText())
                .contains(":");
    }

    @Test
    void the_page_of_protocols_is_live() throws Exception {
        consoleIsThere();
        HttpResponse<Stream<String>> feed = CLIENT.send(
                request(CONSOLE + "protocols/live")
                        .header("Authorization", administrator)
                        .build(),
                BodyHandlers.ofLines());
        assertThat(feed.headers().firstValue("Content-Type")).hasValue("text/event-stream");
        try (Stream<String> lines = feed.body()) {
            List<String> two =
                    lines.filter(line -> line.startsWith("data: ")).limit(2).toList();
            JsonNode now = Http.json(two.get(1).substring("data: ".length()));
            assertThat(now.findValuesAsText("name")).contains("mqtt", "http", "sse", "websocket", "admin");
        }
    }

    @Test
    void commands_find_the_node_by_its_data() throws Exception {
        assertThat(tarn("status")).anyMatch(line -> line.contains("status: up"));
        assertThat(tarn("bundle", "list")).anyMatch(line -> line.contains("dev.tarn.mqtt"));
        assertThat(tarn("backup")).anyMatch(line -> line.contains(".zip"));
    }
}
