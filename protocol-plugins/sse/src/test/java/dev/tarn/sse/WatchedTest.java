// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.resource.Terms;
import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.EventReader.Event;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a URL asks for, and how bodies are shown; on one node, whose rows stay as they are. */
class WatchedTest {
    @TempDir
    static Path directory;

    private static Node node;

    @BeforeAll
    static void start() {
        node = House.start(directory);
        for (String path : List.of("Sensors/a", "Sensors/a/b", "Sensors/a/b/c", "Sensors/d", "Orders/7")) {
            node.put(path, "{}");
        }
    }

    @AfterAll
    static void close() {
        node.close();
    }

    private static Map<?, ?> object(Event event) {
        return (Map<?, ?>) node.value(event.data());
    }

    /** A current row as text: type and id or path, then value. */
    private static String brief(Event event) {
        Map<?, ?> object = object(event);
        Object where = object.containsKey("path") ? object.get("path") : object.get("id");
        return object.get("type") + " " + where + " " + object.get("value");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    /Sensors/a                          | put a {id=a}
                    /Sensors/                           | put a {id=a}; put a/b {id=a/b}; put a/b/c {id=a/b/c}; put d {id=d}
                    /Sensors                            | put a {id=a}; put a/b {id=a/b}; put a/b/c {id=a/b/c}; put d {id=d}
                    /sensors/                           | put a {id=a}; put a/b {id=a/b}; put a/b/c {id=a/b/c}; put d {id=d}
                    /Sensors/a/                         | put a/b {id=a/b}; put a/b/c {id=a/b/c}
                    /Sensors/+                          | put a {id=a}; put d {id=d}
                    /Sensors/%2B/b                      | put a/b {id=a/b}
                    /Sensors/a/%23                      | put a {id=a}; put a/b {id=a/b}; put a/b/c {id=a/b/c}
                    /?path=Sensors/d                    | put d {id=d}
                    /Sensors/a?path=Sensors/d           | put a {id=a}; put d {id=d}
                    /?path=Sensors/d&path=Orders/%23    | put Orders/7 {id=7}; put Sensors/d {id=d}
                    /?path=sensors/d&path=orders/7      | put orders/7 {id=7}; put sensors/d {id=d}
                    /Orders/                            | put 7 {id=7}
                    """)
    void a_url_names_what_is_watched(String url, String expected) throws Exception {
        try (EventReader events = new EventReader(node.http(url))) {
            List<String> wanted = List.of(expected.split("; "));
            assertThat(events.next(wanted.size()).stream().map(WatchedTest::brief))
                    .containsExactlyInAnyOrderElementsOf(wanted);
            events.expectSilence(Duration.ofMillis(50));
        }
    }

    @Test
    void a_query_that_cannot_be_watched_is_refused() throws Exception {
        for (Map.Entry<String, Integer> each : Map.of(
                        "/Sensors/?temp=gt=x",
                        400,
                        "/Sensors/?sort(temp)",
                        400,
                        "/?database=none",
                        404,
                        "/?temp=1",
                        400)
                .entrySet()) {
            try (EventReader events = new EventReader(node.http(each.getKey()))) {
                assertThat(events.head().statusCode()).as(each.getKey()).isEqualTo(each.getValue());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    text/plain               | 68656C6C6F         | "hello"
                    text/plain               | 610A620D0A63       | "a\\nb\\r\\nc"
                    text/plain               | C328               | {"contentType":"text/plain","data":"wyg=","encoding":"base64"}
                    text/html; charset=latin1 | E9                | "é"
                    application/json         | 7B0A2261223A310D0A7D | {"a":1}
                    application/json         | 7B                 | {"contentType":"application/json","data":"ew==","encoding":"base64"}
                    application/cbor         | A1616101           | {"a":1}
                    application/octet-stream | 00FF               | {"contentType":"application/octet-stream","data":"AP8=","encoding":"base64"}
                    application/octet-stream | 68656C6C6F         | "hello"
                    application/octet-stream | 7B2261223A317D     | {"a":1}
                    application/octet-stream | 7B2261223A7D       | "{\\"a\\":}"
                    image/png                | 89504E47           | {"contentType":"image/png","data":"iVBORw==","encoding":"base64"}
                    """)
    void opaque_bodies_are_shown_as_what_they_are(String mediaType, String hex, String expected) throws Exception {
        try (EventReader events = new EventReader(node.http("/a/b/c?omitCurrent"))) {
            events.head();
            Body body = node.services().bodies().opaque(mediaType, RawClient.bytes(hex));
            Node.await(node.services()
                    .resources()
                    .publish(
                            node.context(),
                            dev.tarn.api.data.Path.of("a/b/c"),
                            body,
                            Terms.of(Attributes.builder().contentType(mediaType).build())));
            Map<?, ?> object = object(events.next());
            assertThat(object.get("value")).isEqualTo(node.value(expected));
            assertThat(object.get("id")).isEqualTo("a/b/c");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    /Sensors/1                   | Last-Event-ID: x               | 400
                    /Sensors/1                   | Last-Event-ID: -1              | 400
                    /Sensors/1                   | Last-Event-ID: +1              | 400
                    /Sensors/1                   | Last-Event-ID: 99999999999999999999 | 400
                    /Sensors/1?since=1.5         | X: y                           | 400
                    /Sensors/1?event=x           | X: y                           | 400
                    /Sensors/a%23                | X: y                           | 400
                    /Sensors/%23/a               | X: y                           | 400
                    /Sensors/?temp=gt=x          | X: y                           | 400
                    /Sensors/?startTime=x        | X: y                           | 400
                    /Sensors/?previousCount=-1   | X: y                           | 400
                    """)
    void a_bad_request_is_told_by_its_status(String url, String header, int status) throws IOException {
        try (RawClient client = new RawClient(node.port("http"))) {
            client.sendText("GET " + url + " HTTP/1.1\r\nHost: localhost:" + node.port("http")
                    + "\r\nAccept: text/event-stream\r\n" + header + "\r\n\r\n");
            assertThat(client.readHttpHead()).startsWith("HTTP/1.1 " + status + " ");
        }
    }
}
