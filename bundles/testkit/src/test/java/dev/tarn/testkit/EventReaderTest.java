// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tarn.testkit.EventReader.Event;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventReaderTest {

    private HttpServer server;
    private volatile String stream = "";
    private volatile String accept = "";

    @BeforeEach
    void serve() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            accept = String.join(",", exchange.getRequestHeaders().get("Accept"));
            byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private EventReader open() {
        return new EventReader(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"));
    }

    @Test
    void events_are_put_together_as_the_standard_says() throws Exception {
        stream = "retry: 1000\n: hello\nid: 1\ndata: a\ndata: b\n\nevent: put\ndata:c\n\nid: 2\n\ndata\n\n";
        try (EventReader events = open()) {
            assertThat(events.next(3))
                    .isEqualTo(List.of(
                            new Event("1", "message", "a\nb"),
                            new Event("1", "put", "c"),
                            new Event("2", "message", "")));
            assertThat(events.comment(Duration.ofSeconds(1))).isEqualTo(" hello");
            assertThat(events.retry()).isEqualTo("1000");
            assertThat(events.head().statusCode()).isEqualTo(200);
            assertThat(accept).isEqualTo("text/event-stream");
            events.awaitEnd();
        }
    }

    @Test
    void an_event_that_is_not_ended_does_not_count() throws Exception {
        stream = "data: a\n";
        try (EventReader events = open()) {
            events.awaitEnd();
            events.expectSilence(Duration.ZERO);
        }
    }

    @Test
    void raw_bytes_are_sent_and_expected() throws Exception {
        stream = "x";
        try (RawClient raw = new RawClient(server.getAddress().getPort())) {
            raw.sendText("GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\nConnection: close\r\n\r\n");
            assertThat(raw.readHttpHead()).startsWith("HTTP/1.1 200 OK\r\n");
            raw.expect("78").expectClosed();
        }
        try (RawClient raw = new RawClient(server.getAddress().getPort())) {
            raw.sendText("GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n");
            assertThatThrownBy(() -> raw.expect("00")).isInstanceOf(AssertionError.class);
        }
    }
}
