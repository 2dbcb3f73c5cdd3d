// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.WebSocketClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The chat and the cached weather on the image. */
class ExamplesTest {
    private static final Path EXAMPLES = Path.of(System.getProperty("tarn.examples"));
    private static final AtomicInteger ASKED = new AtomicInteger();

    @TempDir
    static Path folder;

    private static HttpServer service;
    private static Tarn tarn;

    @BeforeAll
    static void start() throws Exception {
        service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/v1/forecast", exchange -> {
            ASKED.incrementAndGet();
            boolean north = String.valueOf(exchange.getRequestURI().getQuery()).contains("latitude=90&");
            byte[] answer = (north
                            ? "{\"error\":true}"
                            : "{\"current\":{\"temperature_2m\":17.4,\"wind_speed_10m\":11.2,\"time\":\"2026-09-21T14:15\"}}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(north ? 500 : 200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        service.start();
        String origin = "http://127.0.0.1:" + service.getAddress().getPort();
        copy("chat");
        Path weather = copy("weather");
        change(weather.resolve("config.yaml"), "https://api.open-meteo.com", origin);
        change(weather.resolve("settings.env"), "https://api.open-meteo.com", origin);
        tarn = Tarn.dev(folder).ready();
    }

    @AfterAll
    static void stop() throws Exception {
        tarn.close();
        service.stop(0);
    }

    private static Path copy(String example) throws Exception {
        Path from = EXAMPLES.resolve(example);
        Path to = folder.resolve("deploy").resolve(example);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        return to;
    }

    private static void change(Path file, String from, String to) throws Exception {
        Files.writeString(file, Files.readString(file).replace(from, to));
    }

    private static WebSocketClient socket(String path) throws Exception {
        return new WebSocketClient(URI.create("ws://" + tarn.address("http") + path), null);
    }

    @Test
    void what_was_in_the_folder_at_the_start_serves_when_the_node_is_ready() throws Exception {
        assertThat(Http.get(tarn, "/chat/").statusCode()).isEqualTo(200);
        assertThat(Http.get(tarn, "/index.html").statusCode()).isEqualTo(200);
    }

    @Test
    void a_chat_over_web_socket_and_mqtt_has_its_history() throws Exception {
        try (WebSocketClient ada = socket("/chat/kitchen");
                Mqtt bob = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
            bob.subscribe("chat/kitchen/#", 1);
            ada.send("{\"who\":\"Ada\",\"said\":\"hello\"}");
            assertThat(ada.nextText()).contains("\"who\":\"Ada\"").contains("\"said\":\"hello\"");
            assertThat(bob.next().text()).contains("\"who\":\"Ada\"").contains("\"said\":\"hello\"");
            bob.publish("chat/kitchen", "{\"who\":\"Bob\",\"said\":\"hi\"}", 1, false);
            assertThat(bob.next().text()).contains("\"said\":\"hi\"");
            assertThat(ada.nextText()).contains("\"who\":\"Bob\"").contains("\"said\":\"hi\"");
            bob.publish("chat/kitchen", "just words", 1, false);
            assertThat(ada.nextText()).contains("\"said\":\"just words\"");
            assertThat(bob.next().text()).contains("\"said\":\"just words\"");
            bob.publish("chat/cellar", "not heard in the kitchen", 1, false);
        }
        try (WebSocketClient late = socket("/chat/kitchen");
                EventReader reader = new EventReader(URI.create("http://" + tarn.address("http") + "/chat/kitchen"));
                Mqtt watcher = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
            watcher.subscribe("chat/kitchen/#", 1);
            List<String> sockets = new ArrayList<>();
            List<String> events = new ArrayList<>();
            List<String> messages = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                sockets.add(said(late.nextText()));
                events.add(said(reader.next().data()));
                messages.add(said(watcher.next().text()));
            }
            // Two that were said within a millisecond have no order.
            for (List<String> heard : List.of(sockets, events, messages)) {
                assertThat(heard).containsExactlyInAnyOrder("hello", "hi", "just words");
            }
        }
    }

    private static String said(String message) throws Exception {
        return Http.json(message).path("said").asText();
    }

    @Test
    void the_weather_is_asked_for_once_however_many_want_it() throws Exception {
        int before = ASKED.get();
        var all = IntStream.range(0, 20)
                .mapToObj(each -> CompletableFuture.supplyAsync(() -> weather("/Weather/52.52,13.41")))
                .toList();
        for (CompletableFuture<String> each : all) {
            assertThat(each.get()).contains("\"temperature\":17.4").contains("\"wind\":11.2");
        }
        assertThat(weather("/Weather/52.52,13.41")).contains("17.4");
        assertThat(ASKED.get() - before).isEqualTo(1);
        assertThat(Http.get(tarn, "/Weather/nowhere").statusCode()).isEqualTo(404);
        assertThat(ASKED.get() - before).isEqualTo(1);
        assertThat(Http.get(tarn, "/Weather/90,0").statusCode()).isEqualTo(503);
    }

    private static String weather(String path) {
        try {
            return Http.text(Http.get(tarn, path));
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Test
    void what_tarn_init_writes_runs_as_it_is() throws Exception {
        for (String kind : List.of("javascript", "tables", "java")) {
            Path made = folder.resolve("made").resolve(kind);
            String said = String.join(
                    "\n",
                    Tarn.run(List.of(Tarn.IMAGE.resolve("bin/tarn").toString(), "init", made.toString(), kind), 60));
            assertThat(said).contains("README.md").contains("tarn dev");
            Path application = made;
            if (kind.equals("java")) {
                Tarn.run(List.of(made.resolve("build.sh").toString()), 60);
                application = made.resolve("app");
            }
            Path deployed = folder.resolve("deploy").resolve("made-" + kind);
            Files.move(application, deployed);
            told("application=made-" + kind + " deployed");
            assertThat(Http.put(tarn, "/Readings/1", "{\"temp\":120}").statusCode())
                    .isIn(201, 204);
            assertThat(Http.text(Http.get(tarn, "/Readings/1"))).contains("\"temp\":120");
            assertThat(Http.put(tarn, "/Readings/1", "{\"temp\":-300}").statusCode())
                    .isEqualTo(kind.equals("tables") ? 204 : 422);
            Files.move(deployed, folder.resolve("made").resolve(kind + "-gone"));
            told("application=made-" + kind + " undeployed");
        }
    }

    private static void told(String words) throws Exception {
        Eventually.passes(Duration.ofSeconds(60), () -> {
            assertThat(tarn.out()).anyMatch(line -> line.contains(words));
            return null;
        });
    }
}
