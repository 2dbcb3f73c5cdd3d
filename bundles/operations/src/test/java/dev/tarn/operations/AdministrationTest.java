// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.application.StuckCalls;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.store.StoreStatistics;
import dev.tarn.store.XodusStatistics;
import dev.tarn.store.XodusStore;
import dev.tarn.testkit.Node;
import dev.tarn.transport.Endpoint;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Health, metrics and operations as somebody at the administration's port sees them. */
class AdministrationTest {
    private static final String ADMINISTRATOR = "Basic "
            + Base64.getEncoder()
                    .encodeToString((Node.ADMINISTRATOR + ":" + Node.PASSWORD).getBytes(StandardCharsets.UTF_8));

    @TempDir
    Path directory;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Node node;
    private Health health;
    private DurableSessions sessions;

    /** Gives back what it was given. */
    private record Mirror(String name) implements Operation {
        @Override
        public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
            return CompletableFuture.completedStage(
                    Map.of("given", arguments, "user", context.user().name()));
        }
    }

    /** Always refuses. */
    private record Refusing(String name) implements Operation {
        @Override
        public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
            return CompletableFuture.failedStage(new Failure(Failure.Code.CONFLICT, "not twice"));
        }
    }

    private record Place(
            String name,
            List<String> protocols,
            Optional<InetSocketAddress> address,
            Optional<String> problem,
            boolean optional)
            implements Endpoint {}

    @BeforeEach
    void start() {
        node = Node.in(directory).passwords().stream(this::door).start();
    }

    private AdminDoor door(Node.Services services) {
        health = new Health(services.store());
        Metrics metrics = new Metrics(services.store(), services.loops(), services.meter(), health);
        StoreStatistics statistics = new XodusStatistics((XodusStore) services.store());
        metrics.setStatistics(statistics);
        sessions = (DurableSessions) services.resources();
        metrics.setSessions(sessions);
        health.setStatistics(statistics);
        OperationsProtocol operations = new OperationsProtocol(services.bodies(), services.access());
        operations.addOperation(new Mirror("mirror"));
        operations.addOperation(new Refusing("refusing"));
        operations.addOperation(new OwedOperation(sessions));
        operations.addOperation(new StatusOperation(services.store(), services.meter(), health));
        AdminDoor door = services.make(AdminDoor.class);
        door.addProtocol(new HealthProtocol(services.bodies(), health), Map.of());
        door.addProtocol(new MetricsProtocol(metrics), Map.of());
        door.addProtocol(operations, Map.of());
        return door;
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port("admin") + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> operate(String json) throws Exception {
        return send(request("/operations")
                .header("Authorization", ADMINISTRATOR)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)));
    }

    @ParameterizedTest
    @CsvSource({
        "/health/live, 200",
        "/health/ready, 200",
        "/health, 200",
        "/health?x, 200",
        "/health/other, 404",
        "/healthy, 401",
        "/metrics, 401",
        "/operations, 401"
    })
    void health_alone_needs_no_login(String path, int status) throws Exception {
        assertThat(send(request(path)).statusCode()).isEqualTo(status);
    }

    @Test
    void what_is_kept_for_whom_is_a_metric_and_a_list() throws Exception {
        DurableSession little =
                sessions.open("mqtt/client-7", node.services().store().sequence());
        DurableSession much =
                sessions.open("amqp/queue///jobs", node.services().store().sequence());
        sessions.open("mqtt-relief/team", node.services().store().sequence());
        little.cover(Filter.of("a/1"), 1);
        much.cover(Filter.of("a/#"), 1);
        for (int i = 0; i < 3; i++) {
            Node.await(node.services()
                    .resources()
                    .put(
                            node.context(),
                            dev.tarn.api.data.Path.of("a/" + i),
                            node.services().bodies().opaque("text/plain", new byte[10]),
                            Terms.of(Attributes.builder().qos(1).build())));
        }
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (much.owedChanges() + little.owedChanges() < 4) {
            assertThat(System.nanoTime()).as("4 are owed").isLessThan(deadline);
        }
        assertThat(send(request("/metrics").header("Authorization", ADMINISTRATOR))
                        .body())
                .contains("tarn_owed_changes{protocol=\"amqp\"} 3")
                .contains("tarn_owed_bytes{protocol=\"amqp\"} 30")
                .contains("tarn_owed_changes{protocol=\"mqtt\"} 1")
                .contains("tarn_owed_sessions{protocol=\"mqtt\"} 2");
        String answer = operate("{\"operation\":\"owed_list\",\"most\":2}").body();
        assertThat(answer).contains("\"total\":3").doesNotContain("team");
        assertThat(answer.indexOf("queue///jobs")).isBetween(0, answer.indexOf("client-7"));
    }

    @Test
    void a_wrong_password_gets_nobody_in() throws Exception {
        String wrong = "Basic " + Base64.getEncoder().encodeToString("admin:admin".getBytes(StandardCharsets.UTF_8));
        assertThat(send(request("/metrics").header("Authorization", wrong)).statusCode())
                .isEqualTo(401);
        assertThat(send(request("/health/live").header("Authorization", wrong)).statusCode())
                .as("health looks at no password")
                .isEqualTo(200);
    }

    @Test
    void a_node_whose_listener_is_not_open_is_alive_but_not_ready() throws Exception {
        Place closed =
                new Place("mqtt", List.of("mqtt"), Optional.empty(), Optional.of("address already in use"), false);
        health.addEndpoint(closed);
        assertThat(send(request("/health/live")).statusCode()).isEqualTo(200);
        HttpResponse<String> ready = send(request("/health/ready"));
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).contains("down", "listener mqtt", "address already in use");
        health.removeEndpoint(closed);
        Place optional =
                new Place("amqp", List.of("amqp"), Optional.empty(), Optional.of("address already in use"), true);
        health.addEndpoint(optional);
        assertThat(send(request("/health/ready")).statusCode()).isEqualTo(200);
        assertThat(health.warnings()).containsEntry("listener amqp", "address already in use");
        health.removeEndpoint(optional);
    }

    @Test
    void a_node_that_is_being_started_is_not_ready() throws Exception {
        AtomicBoolean started = new AtomicBoolean();
        BooleanSupplier told = started::get;
        health.setStarted(told);
        for (String path : List.of("/health", "/health/ready", "/health/ready/reads")) {
            HttpResponse<String> early = send(request(path));
            assertThat(early.statusCode()).isEqualTo(503);
            assertThat(early.body()).contains("is being started");
        }
        assertThat(send(request("/health/live")).statusCode()).isEqualTo(200);
        started.set(true);
        assertThat(send(request("/health/ready")).statusCode()).isEqualTo(200);
        health.unsetStarted(told);
    }

    @Test
    void logic_that_does_not_end_is_a_warning_with_its_line() throws Exception {
        StuckCalls stuck = () -> List.of(
                new StuckCalls.StuckCall("alert", "PUT Sensors/101", Duration.ofSeconds(35), "Sensors.java:12"),
                new StuckCalls.StuckCall("alert", "PUT Sensors/102", Duration.ofSeconds(20), ""));
        health.setStuckCalls(stuck);
        HttpResponse<String> ready = send(request("/health/ready"));
        assertThat(ready.statusCode()).isEqualTo(200);
        assertThat(ready.body())
                .contains("application alert")
                .contains("PUT Sensors/101 was given up and goes on since 35 s, now at Sensors.java:12");
        assertThat(send(request("/metrics").header("Authorization", ADMINISTRATOR))
                        .body())
                .contains("tarn_stuck_calls 2");
        health.unsetStuckCalls(stuck);
        assertThat(health.warnings()).doesNotContainKey("application alert");
    }

    @Test
    void metrics_are_open_metrics_and_count_what_goes_through() throws Exception {
        send(request("/health/live"));
        send(request("/health/live"));
        HttpResponse<String> answer = send(request("/metrics").header("Authorization", ADMINISTRATOR));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElse(""))
                .startsWith("application/openmetrics-text; version=1.0.0");
        OpenMetricsText metrics = new OpenMetricsText(answer.body());
        assertThat(metrics.value("tarn_messages_in_total{protocol=\"health\"}")).isEqualTo(2);
        assertThat(metrics.value("tarn_messages_out_total{protocol=\"health\"}"))
                .isEqualTo(2);
        assertThat(metrics.value("tarn_sent_bytes_total{protocol=\"health\"}")).isGreaterThan(200);
        assertThat(metrics.value("tarn_connections{protocol=\"admin\"}")).isEqualTo(1);
        assertThat(metrics.value("tarn_ready")).isEqualTo(1);
        assertThat(metrics.value("tarn_store_sequence_total"))
                .isEqualTo((double) node.services().store().sequence());
        assertThat(metrics.value("tarn_store_fenced")).isZero();
        assertThat(metrics.value("tarn_store_bytes")).isPositive();
        assertThat(metrics.value("tarn_store_utilisation_ratio")).isBetween(0.0, 1.0);
        assertThat(metrics.value("tarn_store_collected_bytes_total")).isNotNegative();
        assertThat(metrics.value("tarn_store_queued")).isNotNegative();
        assertThat(metrics.value("tarn_store_queue_limit")).isPositive();
        assertThat(metrics.value("tarn_store_batch_writes_count")).isPositive();
        assertThat(metrics.value("tarn_store_sync_seconds_count")).isPositive();
        assertThat(metrics.value("tarn_store_oldest_snapshot_seconds")).isNotNegative();
        assertThat(metrics.value("tarn_log_oldest_sequence")).isEqualTo(1);
        assertThat(metrics.value("tarn_log_latest_sequence")).isEqualTo(metrics.value("tarn_store_sequence_total"));
        assertThat(metrics.value("tarn_log_oldest_timestamp_seconds")).isPositive();
        assertThat(metrics.value("tarn_table_rows{table=\"system.users\"}")).isEqualTo(1);
        assertThat(metrics.value("tarn_store_commit_seconds_bucket{le=\"+Inf\"}"))
                .isEqualTo(metrics.value("tarn_store_commit_seconds_count"))
                .isPositive();
        assertThat(metrics.value("process_cpu_seconds_total")).isPositive();
        assertThat(metrics.value("process_resident_memory_bytes")).isGreaterThan(1 << 20);
    }

    @Test
    void whoever_knows_only_the_older_text_format_gets_it() throws Exception {
        HttpResponse<String> answer = send(request("/metrics")
                .header("Authorization", ADMINISTRATOR)
                .header("Accept", "text/plain;version=0.0.4"));
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain; version=0.0.4");
        assertThat(answer.body()).contains("# TYPE tarn_connections gauge").doesNotContain("# EOF");
    }

    @Test
    void an_operation_gets_its_arguments_and_who_asks() throws Exception {
        HttpResponse<String> answer = operate("{\"operation\":\"mirror\",\"n\":[1,2]}");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(node.value(answer.body()))
                .isEqualTo(Map.of("given", Map.of("n", List.of(1L, 2L)), "user", Node.ADMINISTRATOR));
    }

    @Test
    void status_tells_what_runs() throws Exception {
        assertThat(operate("{\"operation\":\"status\"}").body())
                .contains("\"status\":\"up\"", "\"protocols\":{", "\"sequence\":");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '!',
            value = {
                "{\"operation\":\"none\"}     | 404 | mirror",
                "{\"operation\":\"refusing\"} | 409 | not twice",
                "{\"operation\":7}            | 400 | 'operation'",
                "{}                           | 400 | 'operation'",
                "[]                           | 400 | object",
                "{                            | 400 | "
            })
    void what_cannot_be_done_is_refused_with_the_reason(String body, int status, String told) throws Exception {
        HttpResponse<String> answer = operate(body);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains(told == null ? "" : told);
    }

    @ParameterizedTest
    @CsvSource({
        "Origin, http://evil.example",
        "Origin, null",
        "Sec-Fetch-Site, cross-site",
        "Content-Type, text/plain",
        "Content-Type, application/x-www-form-urlencoded",
        "Content-Type, multipart/form-data"
    })
    void no_page_of_another_origin_can_operate(String header, String value) throws Exception {
        HttpRequest.Builder request = request("/operations")
                .header("Authorization", ADMINISTRATOR)
                .POST(BodyPublishers.ofString("{\"operation\":\"status\"}"));
        if (!header.equals("Content-Type")) {
            request.header("Content-Type", "application/json");
        }
        assertThat(send(request.header(header, value)).statusCode()).isIn(403, 415);
    }

    @Test
    void the_list_of_operations_is_for_administrators_too() throws Exception {
        HttpResponse<String> answer = send(request("/operations").header("Authorization", ADMINISTRATOR));
        assertThat(answer.body()).isEqualTo("{\"operations\":[\"mirror\",\"owed_list\",\"refusing\",\"status\"]}");
        assertThat(send(request("/operations")
                                .header("Authorization", ADMINISTRATOR)
                                .DELETE())
                        .statusCode())
                .isEqualTo(405);
    }

    @Test
    void broken_open_metrics_would_be_noticed() {
        for (String broken : List.of(
                "a 1\n",
                "# TYPE a counter\na 1\n# EOF\n",
                "# TYPE a gauge\na 1\na 1\n# EOF\n",
                "# TYPE a gauge\na{x=1} 1\n# EOF\n",
                "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# HELP a again\n# EOF\n")) {
            assertThatThrownBy(() -> new OpenMetricsText(broken)).as(broken).isInstanceOf(AssertionError.class);
        }
    }
}
