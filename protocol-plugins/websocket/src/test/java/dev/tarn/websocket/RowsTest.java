// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.Node;
import dev.tarn.testkit.Samples;
import dev.tarn.testkit.WebSocketClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows watched and written over WebSocket, on a whole node. */
class RowsTest {
    @TempDir
    Path directory;

    private Node node;

    @BeforeEach
    void start() {
        node = House.start(directory);
    }

    @AfterEach
    void close() {
        node.close();
    }

    private WebSocketClient open(String url) throws IOException, InterruptedException {
        return new WebSocketClient(node.webSocket(url), null);
    }

    private Map<?, ?> next(WebSocketClient client) throws InterruptedException {
        return (Map<?, ?>) node.value(client.nextText());
    }

    /** Sends a request and returns its answer, which must be the next message. */
    private Map<?, ?> ask(WebSocketClient client, String request) throws IOException, InterruptedException {
        client.send(request);
        return next(client);
    }

    private static String brief(Map<?, ?> object) {
        Object where = object.containsKey("path") ? object.get("path") : object.get("id");
        return object.get("type") + " " + where + " " + object.get("value");
    }

    @Test
    void the_current_row_comes_first_then_its_changes() throws Exception {
        node.put("Sensors/101", "{\"temp\":72.5}");
        try (WebSocketClient client = open("/Sensors/101")) {
            Map<?, ?> current = next(client);
            assertThat(brief(current)).isEqualTo("put 101 {id=101, temp=72.5}");
            assertThat(current.containsKey("sequence")).isFalse();
            long sequence = node.put("Sensors/101", "{\"temp\":73}").sequence();
            Map<?, ?> changed = next(client);
            assertThat(brief(changed)).isEqualTo("put 101 {id=101, temp=73}");
            assertThat(changed.get("sequence")).isEqualTo(sequence);
            node.delete("Sensors/101");
            assertThat(brief(next(client))).isEqualTo("delete 101 null");
            client.expectSilence(Duration.ofMillis(50));
        }
    }

    @Test
    void a_client_resumes_after_a_sequence() throws Exception {
        long first = node.put("Sensors/1", "{\"temp\":1}").sequence();
        node.put("Sensors/1", "{\"temp\":2}");
        try (WebSocketClient client = open("/Sensors/?since=" + first)) {
            assertThat(brief(next(client))).isEqualTo("put 1 {id=1, temp=2}");
            client.expectSilence(Duration.ofMillis(50));
        }
    }

    @Test
    void who_asks_is_told_when_the_current_rows_are_complete() throws Exception {
        long sequence = node.put("Sensors/1", "{\"temp\":1}").sequence();
        try (WebSocketClient client = open("/Sensors/?current")) {
            next(client);
            Map<?, ?> mark = next(client);
            assertThat(mark.get("type")).isEqualTo("current");
            assertThat(mark.get("sequence")).isEqualTo(sequence);
        }
        try (WebSocketClient client = open("/Sensors/?current&omitCurrent")) {
            assertThat(next(client).get("sequence")).isEqualTo(sequence);
        }
    }

    @Test
    void queries_stay_and_each_is_told_apart_by_its_ref() throws Exception {
        try (WebSocketClient client = open("/Sensors/?temp=gt=20&omitCurrent")) {
            assertThat(ask(
                                    client,
                                    "{\"type\":\"subscribe\",\"path\":\"Sensors/#\",\"query\":\"temp=lt=10\","
                                            + "\"omitCurrent\":true,\"ref\":\"cold\"}")
                            .get("type"))
                    .isEqualTo("ok");
            assertThat(next(client).get("type")).isEqualTo("current");
            node.put("Sensors/1", "{\"temp\":30}");
            Map<?, ?> hot = next(client);
            assertThat(brief(hot)).isEqualTo("enter 1 {id=1, temp=30}");
            assertThat(hot.containsKey("ref")).isFalse();
            node.put("Sensors/1", "{\"temp\":5}");
            List<String> both = List.of(next(client), next(client)).stream()
                    .map(each -> brief(each) + " " + each.get("ref"))
                    .toList();
            assertThat(both).containsExactlyInAnyOrder("leave 1 null null", "enter Sensors/1 {id=1, temp=5} cold");
            assertThat(ask(
                                    client,
                                    "{\"type\":\"unsubscribe\",\"path\":\"Sensors/#\",\"query\":\"temp=lt=10\","
                                            + "\"ref\":1}")
                            .get("type"))
                    .isEqualTo("ok");
            assertThat(ask(client, "{\"type\":\"subscribe\",\"path\":\"Sensors/#\",\"query\":\"temp=lt=\",\"ref\":2}")
                            .get("code"))
                    .isEqualTo("MALFORMED");
        }
    }

    @Test
    void writes_of_a_connection_keep_their_order() throws Exception {
        try (WebSocketClient watching = open("/Sensors/?omitCurrent");
                WebSocketClient writing = open("/Sensors/?subscribe=false")) {
            ask(watching, "{\"type\":\"get\",\"id\":\"none\"}");
            List<String> sent = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                boolean message = i % 3 == 0;
                writing.send("{\"type\":\"" + (message ? "message" : "put") + "\",\"id\":\"" + i % 7
                        + "\",\"value\":{\"temp\":" + i + "}}");
                sent.add((message ? "message " : "put ") + i);
            }
            List<String> came = new ArrayList<>();
            while (came.size() < sent.size()) {
                Map<?, ?> change = next(watching);
                came.add(change.get("type") + " " + ((Map<?, ?>) change.get("value")).get("temp"));
            }
            assertThat(came).isEqualTo(sent);
        }
    }

    @Test
    void a_client_subscribes_and_unsubscribes() throws Exception {
        node.put("Sensors/1", "{\"temp\":1}");
        try (WebSocketClient client = open("/?subscribe=false")) {
            assertThat(ask(client, "{\"type\":\"subscribe\",\"path\":\"sensors/+\",\"ref\":\"s\"}")
                            .get("type"))
                    .isEqualTo("ok");
            assertThat(brief(next(client))).isEqualTo("put sensors/1 {id=1, temp=1}");
            Map<?, ?> mark = next(client);
            assertThat(mark.get("type")).isEqualTo("current");
            assertThat(mark.get("ref")).isEqualTo("s");
            node.put("Sensors/2", "{\"temp\":2}");
            assertThat(brief(next(client))).isEqualTo("put sensors/2 {id=2, temp=2}");
            // Again: the current rows come again, and changes still come once.
            client.send("{\"type\":\"subscribe\",\"path\":\"sensors/+\"}");
            assertThat(brief(next(client))).isEqualTo("put sensors/1 {id=1, temp=1}");
            assertThat(brief(next(client))).isEqualTo("put sensors/2 {id=2, temp=2}");
            node.put("Sensors/2", "{\"temp\":3}");
            assertThat(brief(next(client))).isEqualTo("put sensors/2 {id=2, temp=3}");
            assertThat(ask(client, "{\"type\":\"unsubscribe\",\"path\":\"sensors/+\",\"ref\":1}")
                            .get("type"))
                    .isEqualTo("ok");
            node.put("Sensors/2", "{\"temp\":4}");
            client.expectSilence(Duration.ofMillis(100));
        }
    }

    @Test
    void a_message_reaches_subscribers_and_leaves_the_row() throws Exception {
        node.put("Sensors/1", "{\"temp\":1}");
        try (WebSocketClient client = open("/Sensors/1?omitCurrent")) {
            ask(client, "{\"type\":\"get\",\"id\":\"none\"}");
            client.send("{\"type\":\"message\",\"value\":{\"note\":\"hi\"}}");
            assertThat(brief(next(client))).isEqualTo("message 1 {note=hi}");
            assertThat(node.text("Sensors/1")).isEqualTo("{\"id\":\"1\",\"temp\":1}");
        }
    }

    @Test
    void opaque_values_go_in_as_they_come_out() throws Exception {
        String png = "{\"contentType\":\"image/png\",\"data\":\"iVBORw==\",\"encoding\":\"base64\"}";
        try (WebSocketClient client = open("/a/b")) {
            client.send("{\"type\":\"put\",\"value\":" + png + "}");
            assertThat(next(client).get("value")).isEqualTo(node.value(png));
            assertThat(node.row("a/b").orElseThrow().body().mediaType()).isEqualTo("image/png");
            assertThat(node.row("a/b").orElseThrow().body().bytes())
                    .isEqualTo(new byte[] {(byte) 0x89, 0x50, 0x4E, 0x47});
            client.send("{\"type\":\"put\",\"value\":{\"contentType\":\"text/plain\",\"data\":\"hello\"}}");
            assertThat(next(client).get("value")).isEqualTo("hello");
        }
    }

    @Test
    void bare_messages_are_bodies() throws Exception {
        try (WebSocketClient client = open("/Sensors/?bare")) {
            client.send("{\"id\":\"5\",\"temp\":1}");
            assertThat(brief(next(client))).isEqualTo("put 5 {id=5, temp=1}");
        }
        try (WebSocketClient client = open("/Sensors/6?bare")) {
            client.send("{\"temp\":1}");
            assertThat(brief(next(client))).isEqualTo("put 6 {id=6, temp=1}");
        }
        try (WebSocketClient client = open("/topic/x?bare")) {
            client.send("no json");
            assertThat(brief(next(client))).isEqualTo("put topic/x no json");
            client.send(new byte[] {0, 1});
            assertThat(next(client).get("value").toString()).contains("AAE=");
            assertThat(node.row("topic/x").orElseThrow().body().bytes()).containsExactly(0, 1);
        }
    }

    @Test
    void what_may_not_be_watched_is_told_by_the_close_code() throws Exception {
        try (Node strict = House.in(directory.resolve("strict"), Map.of())
                        .configure("engine", "unmappedPaths", "refuse")
                        .start();
                WebSocketClient client = new WebSocketClient(strict.webSocket("/nothing/here"), null)) {
            assertThat(client.awaitClose().code()).isEqualTo(4404);
        }
    }

    @Test
    void a_socket_is_told_when_the_server_goes_away() throws Exception {
        try (WebSocketClient client = open("/Sensors/")) {
            node.close();
            assertThat(client.awaitClose().code()).isEqualTo(1001);
        }
    }

    @Test
    void a_client_that_only_sends_is_held_back_and_loses_nothing() throws Exception {
        try (Node narrow = House.in(directory.resolve("narrow"), Map.of("window", 2))
                        .start()
                        .deploy(Samples.SENSORS);
                WebSocketClient client = new WebSocketClient(narrow.webSocket("/Sensors/?subscribe=false"), null)) {
            for (int i = 0; i < 500; i++) {
                client.send("{\"type\":\"put\",\"id\":\"" + i + "\",\"value\":{},\"ref\":" + i + "}");
            }
            for (int i = 0; i < 500; i++) {
                assertThat(((Map<?, ?>) narrow.value(client.nextText())).get("type"))
                        .isEqualTo("ok");
            }
            assertThat(narrow.row("Sensors/499")).isPresent();
        }
    }

    @Test
    void a_pushed_message_has_the_bytes_of_its_text() throws Exception {
        try (WebSocketClient client = open("/t?omitCurrent")) {
            ask(client, "{\"type\":\"get\",\"path\":\"none\"}");
            node.publish("t", "grüß dich ✓".getBytes(UTF_8));
            assertThat(next(client).get("value")).isEqualTo("grüß dich ✓");
        }
    }
}
