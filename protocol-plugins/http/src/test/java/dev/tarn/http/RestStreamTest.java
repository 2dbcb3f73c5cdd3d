// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Terms;
import dev.tarn.http.House.Answer;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.RawClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Long lists: all of it arrives, a slow reader is not run ahead of, and what breaks off can be told from what is whole. */
class RestStreamTest {
    private static final int MANY = 100_000;
    private static final int LARGE = 4_000;
    private static final int LARGE_BYTES = 8_000;

    @TempDir
    static Path directory;

    private static final ObservedRows rows = new ObservedRows();
    private static House house;

    @BeforeAll
    static void start() {
        house = new House(directory, Map.of("bodyLimit", "8MB"), rows);
        fill("Many", MANY, "{\"temp\":1}");
        fill("Large", LARGE, "{\"text\":\"" + "x".repeat(LARGE_BYTES) + "\"}");
    }

    @AfterAll
    static void close() {
        house.close();
    }

    @BeforeEach
    void undisturbed() {
        rows.reset();
    }

    private static void fill(String table, int count, String json) {
        Map<?, ?> properties = (Map<?, ?>) house.node.value(json);
        List<Body> batch = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Map<Object, Object> row = new java.util.LinkedHashMap<>(properties);
            row.put("id", String.format("%06d", i));
            batch.add(house.node.services().bodies().of(row));
            if (batch.size() == 2_000 || i == count - 1) {
                Node.await(house.node
                        .services()
                        .resources()
                        .putAll(house.node.context(), table, List.copyOf(batch), Terms.NONE));
                batch.clear();
            }
        }
    }

    @Test
    void a_hundred_thousand_rows_arrive_in_order_in_each_format_that_streams() throws Exception {
        Answer lines = house.get("/Many/", "Accept: application/x-ndjson");
        assertThat(lines.header("transfer-encoding")).isEqualTo("chunked");
        int at = 0;
        try (BufferedReader reader = new BufferedReader(new java.io.StringReader(lines.text()))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                assertThat(line).isEqualTo("{\"temp\":1,\"id\":\"%06d\"}", at++);
            }
        }
        assertThat(at).isEqualTo(MANY);
        for (String type : List.of("application/json", "application/cbor")) {
            Answer whole = house.get("/Many/", "Accept: " + type);
            List<?> list = (List<?>) house.node
                    .services()
                    .bodies()
                    .structured(type, whole.bytes())
                    .value();
            assertThat(list).hasSize(MANY);
            assertThat(list.get(MANY - 1)).isEqualTo(house.node.value("{\"temp\":1,\"id\":\"099999\"}"));
        }
    }

    @Test
    void a_reader_that_stops_is_not_run_ahead_of_and_then_gets_all() throws Exception {
        try (Socket socket = slow("/Large/", "application/x-ndjson")) {
            int given = rows.givenUntilQuiet();
            assertThat(given).isPositive();
            // What the kernel's buffers take, and no more than a window beside it.
            assertThat((long) given * LARGE_BYTES)
                    .as("bytes ahead of the reader")
                    .isLessThan(10 << 20);
            assertThat(rows.mostUnderway()).isLessThanOrEqualTo(RowStream.WINDOW);
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            int lines = 0;
            for (String line = reader.readLine(); !line.equals("0"); line = reader.readLine()) {
                lines += line.endsWith("\"}") ? 1 : 0;
            }
            assertThat(lines).isEqualTo(LARGE);
        }
    }

    @Test
    void when_the_reader_leaves_nothing_more_is_read() throws Exception {
        try (Socket socket = slow("/Large/", "application/json")) {
            assertThat(rows.givenUntilQuiet()).isLessThan(LARGE);
            socket.setSoLinger(true, 0);
        }
        assertThat(rows.canceled(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_list_that_fails_at_once_is_a_problem() throws Exception {
        rows.failAfter(0, new Failure(Failure.Code.BUSY, "too many reads"));
        Answer answer = house.get("/Many/");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.text()).contains("too many reads");
    }

    @Test
    void a_list_that_fails_on_the_way_is_broken_off_so_that_it_cannot_be_taken_for_whole() throws Exception {
        rows.failAfter(1_000, new Failure(Failure.Code.UNAVAILABLE, "the store is closed"));
        for (String type : List.of("application/json", "application/x-ndjson", "application/cbor")) {
            assertThatThrownBy(() -> house.get("/Many/", "Accept: " + type))
                    .as(type)
                    .isInstanceOf(IOException.class);
        }
        try (RawClient raw = new RawClient(house.node.port("http"))) {
            raw.sendText("GET /Many/ HTTP/1.1\r\n" + host() + "\r\nAccept: application/x-ndjson\r\n\r\n");
            assertThat(raw.readHttpHead()).startsWith("HTTP/1.1 200");
            assertThat(new String(raw.readToEnd(), StandardCharsets.US_ASCII)).doesNotContain("\r\n0\r\n");
        }
    }

    @Test
    void a_list_that_cannot_be_streamed_is_refused_beyond_the_limit() throws Exception {
        assertThat(house.get("/Large/?limit(100)", "Accept: text/csv").status()).isEqualTo(200);
        for (String type : List.of("text/csv", "application/x-msgpack")) {
            Answer answer = house.get("/Large/", "Accept: " + type);
            assertThat(answer.status()).as(type).isEqualTo(413);
            assertThat(answer.text()).contains("limit(start,end)");
        }
    }

    @Test
    void http_1_0_gets_the_list_until_the_end_of_the_connection() throws Exception {
        try (RawClient raw = new RawClient(house.node.port("http"))) {
            raw.sendText("GET /Many/?limit(3) HTTP/1.0\r\n" + host() + "\r\n\r\n");
            assertThat(raw.readHttpHead()).doesNotContain("chunked");
            assertThat(new String(raw.readToEnd(), StandardCharsets.US_ASCII))
                    .startsWith("[{")
                    .endsWith("}]\n");
        }
    }

    @Test
    void lists_and_rows_can_be_pipelined() throws Exception {
        try (RawClient raw = new RawClient(house.node.port("http"))) {
            String list = "GET /Many/?limit(300) HTTP/1.1\r\n" + host() + "\r\n\r\n";
            String row = "GET /Many/000007 HTTP/1.1\r\n" + host() + "\r\nConnection: close\r\n\r\n";
            raw.sendText(list + list + row);
            String all = new String(raw.readToEnd(), StandardCharsets.US_ASCII);
            assertThat(all.split("HTTP/1.1 200", -1)).hasSize(4);
            assertThat(all.split("000299", -1)).hasSize(3);
            assertThat(all).endsWith("{\"temp\":1,\"id\":\"000007\"}");
        }
    }

    private static String host() {
        return "Host: 127.0.0.1:" + house.node.port("http");
    }

    /** A client with a small receive buffer that has sent its request and reads nothing. */
    private static Socket slow(String target, String accept) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 << 10);
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), house.node.port("http")));
        socket.getOutputStream()
                .write(("GET " + target + " HTTP/1.1\r\n" + host() + "\r\nAccept: " + accept + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
