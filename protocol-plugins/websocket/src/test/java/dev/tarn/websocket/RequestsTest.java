// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.codec.Bodies;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.WebSocketClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests over WebSocket and their answers, in each format; all on one node. */
class RequestsTest {
    @TempDir
    static Path directory;

    private static Node node;

    @BeforeAll
    static void start() {
        node = House.start(directory);
    }

    @AfterAll
    static void close() {
        node.close();
    }

    private static WebSocketClient open(String url) throws IOException, InterruptedException {
        return new WebSocketClient(node.webSocket(url), null);
    }

    /** Sends a request and returns its answer, which must be the next message. */
    private static Map<?, ?> ask(WebSocketClient client, String request) throws IOException, InterruptedException {
        client.send(request);
        return (Map<?, ?>) node.value(client.nextText());
    }

    private static String brief(Map<?, ?> object) {
        Object where = object.containsKey("path") ? object.get("path") : object.get("id");
        return object.get("type") + " " + where + " " + object.get("value");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    /Sensors/?subscribe=false | {"type":"put","id":"1","value":{"temp":2},"ref":7}        | Sensors/1 | {"id":"1","temp":2}
                    /Sensors/1?subscribe=false | {"type":"put","value":{"temp":2},"ref":7}                | Sensors/1 | {"id":"1","temp":2}
                    /Sensors/?subscribe=false | {"type":"put","value":{"id":"9","temp":2},"ref":7}        | Sensors/9 | {"id":"9","temp":2}
                    /?subscribe=false         | {"type":"put","path":"Sensors/a/b","value":{"temp":2},"ref":7} | Sensors/a/b | {"id":"a/b","temp":2}
                    /?subscribe=false         | {"type":"put","path":"sensors/1","value":{"temp":"70.1"},"ref":7} | Sensors/1 | {"id":"1","temp":70.1}
                    /Sensors/?subscribe=false | {"type":"patch","id":"0","value":{"temp":5},"ref":7}      | Sensors/0 | {"id":"0","temp":5,"location":"roof"}
                    /Sensors/0?subscribe=false | {"type":"patch","value":{"temp":5},"ref":7}              | Sensors/0 | {"id":"0","temp":5,"location":"roof"}
                    /Sensors/?subscribe=false | {"type":"delete","id":"0","ref":7}                        | Sensors/0 | absent
                    /a/b?subscribe=false      | {"type":"put","value":{"x":1},"ref":7}                    | a/b       | {"x":1}
                    /a/?subscribe=false       | {"type":"put","id":"a/c","value":[1],"ref":7}             | a/c       | [1]
                    """)
    void a_write_is_done_and_answered(String url, String request, String path, String expected) throws Exception {
        node.put("Sensors/0", "{\"temp\":1,\"location\":\"roof\"}");
        try (WebSocketClient client = open(url)) {
            Map<?, ?> answer = ask(client, request);
            assertThat(answer.get("type")).as("%s", answer).isEqualTo("ok");
            assertThat(answer.get("ref")).isEqualTo(7L);
            assertThat((Long) answer.get("sequence")).isPositive();
            String text = node.text(path);
            assertThat(text.equals("absent") ? text : node.value(text))
                    .isEqualTo(expected.equals("absent") ? expected : node.value(expected));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    {"type":"put","id":"1","value":{"temp":"hot"},"ref":"a"}  | INVALID
                    {"type":"put","id":"1","ref":"a"}                         | MALFORMED
                    {"type":"put","path":"a/#","value":{},"ref":"a"}          | MALFORMED
                    {"type":"put","id":{},"value":{},"ref":"a"}               | MALFORMED
                    {"type":"patch","id":"none","value":{"temp":1},"ref":"a"} | NOT_FOUND
                    {"type":"delete","id":"none","ref":"a"}                   | NOT_FOUND
                    {"type":"get","id":"none","ref":"a"}                      | NOT_FOUND
                    {"type":"get","ref":"a"}                                  | MALFORMED
                    {"type":"unsubscribe","path":"x","ref":"a"}               | NOT_FOUND
                    {"type":"subscribe","ref":"a"}                            | MALFORMED
                    {"type":"subscribe","path":"a#","ref":"a"}                | MALFORMED
                    {"type":"subscribe","path":"a","since":-1,"ref":"a"}      | MALFORMED
                    {"type":"jump","ref":"a"}                                 | MALFORMED
                    {"type":7,"ref":"a"}                                      | MALFORMED
                    {"ref":"a"}                                               | MALFORMED
                    []                                                        | MALFORMED
                    {"a":1,"a":2}                                             | MALFORMED
                    not json                                                  | MALFORMED
                    """)
    void a_refusal_is_answered_and_the_socket_stays_open(String request, String code) throws Exception {
        try (WebSocketClient client = open("/Sensors/?subscribe=false")) {
            Map<?, ?> error = ask(client, request);
            assertThat(error.get("type")).isEqualTo("error");
            assertThat(error.get("code")).isEqualTo(code);
            assertThat(error.get("message")).isInstanceOf(String.class);
            assertThat(error.get("ref")).isEqualTo(request.contains("\"ref\"") ? "a" : null);
            if (code.equals("INVALID")) {
                assertThat((List<?>) error.get("violations")).isNotEmpty();
            }
            assertThat(ask(client, "{\"type\":\"put\",\"id\":\"1\",\"value\":{},\"ref\":1}")
                            .get("type"))
                    .isEqualTo("ok");
        }
    }

    @Test
    void a_write_without_a_ref_is_answered_only_when_it_fails() throws Exception {
        try (WebSocketClient client = open("/Sensors/?subscribe=false")) {
            client.send("{\"type\":\"put\",\"id\":\"1\",\"value\":{}}");
            assertThat(ask(client, "{\"type\":\"delete\",\"id\":\"none\"}").get("code"))
                    .isEqualTo("NOT_FOUND");
        }
    }

    @Test
    void a_get_sees_the_writes_before_it() throws Exception {
        try (WebSocketClient client = open("/Sensors/?subscribe=false")) {
            for (int i = 0; i < 50; i++) {
                client.send("{\"type\":\"put\",\"id\":\"1\",\"value\":{\"temp\":" + i + "}}");
                Map<?, ?> row = ask(client, "{\"type\":\"get\",\"id\":\"1\",\"ref\":" + i + "}");
                assertThat(row.get("ref")).isEqualTo((long) i);
                assertThat(row.get("path")).isEqualTo("Sensors/1");
                assertThat(((Map<?, ?>) row.get("value")).get("temp")).isEqualTo((long) i);
                assertThat((Long) row.get("version")).isPositive();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cbor", "msgpack", "application/cbor", "application/x-msgpack", "application/msgpack"})
    void binary_formats_carry_the_same_objects(String format) throws Exception {
        boolean header = format.contains("/");
        String mediaType = format.endsWith("cbor") ? Bodies.CBOR : Bodies.MSGPACK;
        node.put("Sensors/1", "{\"temp\":1.5}");
        try (WebSocketClient client = header
                ? new WebSocketClient(node.webSocket("/Sensors/1?current"), null, "Accept", format)
                : new WebSocketClient(node.webSocket("/Sensors/1?current"), format)) {
            assertThat(client.subprotocol()).isEqualTo(header ? "" : format);
            assertThat(brief(value(mediaType, client.nextBytes()))).isEqualTo("put 1 {id=1, temp=1.5}");
            assertThat(value(mediaType, client.nextBytes()).get("type")).isEqualTo("current");
            client.send(node.json("{\"type\":\"put\",\"value\":{\"temp\":2},\"ref\":1}")
                    .as(mediaType)
                    .bytes());
            List<Map<?, ?>> two = List.of(value(mediaType, client.nextBytes()), value(mediaType, client.nextBytes()));
            assertThat(two.stream().map(object -> String.valueOf(object.get("type"))))
                    .containsExactlyInAnyOrder("ok", "put");
            client.send("{\"type\":\"get\",\"ref\":2}");
            assertThat(brief(value(mediaType, client.nextBytes()))).isEqualTo("ok Sensors/1 {id=1, temp=2}");
        }
    }

    private static Map<?, ?> value(String mediaType, byte[] bytes) {
        return (Map<?, ?>) Objects.requireNonNull(
                node.services().bodies().structured(mediaType, bytes).value());
    }

    @Test
    void bytes_stay_bytes_in_binary_formats() throws Exception {
        byte[] payload = {0, (byte) 0xFF, 7};
        try (WebSocketClient client = new WebSocketClient(node.webSocket("/a/b?omitCurrent&subscribe"), "cbor")) {
            client.send(node.json("{\"type\":\"get\",\"path\":\"none\"}")
                    .as(Bodies.CBOR)
                    .bytes());
            client.nextBytes();
            node.publish("a/b", payload);
            Map<?, ?> value = (Map<?, ?>) value(Bodies.CBOR, client.nextBytes()).get("value");
            assertThat((byte[]) value.get("data")).isEqualTo(payload);
            assertThat(value.containsKey("encoding")).isFalse();
        }
    }

    @Test
    void a_malformed_url_is_refused_before_the_upgrade() {
        for (String url : List.of("/Sensors/a%23", "/Sensors/?since=x")) {
            assertThatThrownBy(() -> open(url)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void a_message_that_is_too_large_closes() throws Exception {
        try (WebSocketClient client = open("/Sensors/?subscribe=false")) {
            client.send("\"" + "x".repeat(64 << 10) + "\"");
            assertThat(client.awaitClose().code()).isEqualTo(1009);
        }
    }
}
