// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Peers that send or read so slowly that they only keep a connection: their time ends, and nobody else notices. */
class SlowPeersTest {
    @TempDir
    static Path directory;

    private static Node node;

    @BeforeAll
    static void start() {
        node = Node.in(directory)
                .configure("http", "headTimeout", "200ms")
                .configure("http", "bodyTimeout", "200ms")
                .configure("http", "writeTimeout", "200ms")
                .http(
                        0,
                        services -> new RestProtocol(
                                services.resources(),
                                services.tables(),
                                services.bodies(),
                                Configs.of(RestProtocol.Config.class, Map.of())))
                .start()
                .deploy(House.SENSORS);
    }

    @AfterAll
    static void close() {
        node.close();
    }

    /** Sends a byte now and then until the server answers, and returns all that it says before it closes. */
    private static String drip(String begin, String rest) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port("http"))) {
            socket.setSoTimeout(60_000);
            OutputStream out = socket.getOutputStream();
            out.write(begin.getBytes(StandardCharsets.US_ASCII));
            Thread dripping = new Thread(() -> {
                try {
                    for (byte next : rest.getBytes(StandardCharsets.US_ASCII)) {
                        out.write(next);
                        java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
                    }
                } catch (IOException closed) {
                    Thread.currentThread().interrupt();
                }
            });
            dripping.start();
            try {
                return said(socket.getInputStream());
            } finally {
                socket.close();
                dripping.join();
            }
        }
    }

    /** All that comes before the end, however abrupt that is. */
    private static String said(InputStream in) throws IOException {
        StringBuilder said = new StringBuilder();
        try {
            for (int next = in.read(); next >= 0; next = in.read()) {
                said.append((char) next);
            }
        } catch (SocketException reset) {
            said.append(" (reset)");
        }
        return said.toString();
    }

    private static void others() throws Exception {
        try (RawClient client = new RawClient(node.port("http"))) {
            client.sendText("GET /Sensors/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(client.readHttpHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void a_head_that_does_not_come_to_its_end_is_given_up() throws Exception {
        assertThat(drip("GET /Sensors/ HTTP/1.1\r\nHost: localhost\r\n", "X-a: b\r\n".repeat(2_000)))
                .startsWith("HTTP/1.1 408 ")
                .contains("connection: close");
        others();
    }

    @Test
    void a_body_that_does_not_come_to_its_end_is_given_up() throws Exception {
        String head = "PUT /Sensors/slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        assertThat(drip(head + "Content-Length: 100000\r\n\r\n{", " ".repeat(20_000)))
                .startsWith("HTTP/1.1 408 ");
        assertThat(drip(head + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n".repeat(3_000)))
                .startsWith("HTTP/1.1 408 ");
        assertThat(node.text("Sensors/slow")).isEqualTo("absent");
        others();
    }

    @Test
    void an_answer_that_is_not_read_is_given_up() throws Exception {
        node.put("Sensors/large", "{\"location\":\"" + "x".repeat(1_000_000) + "\"}");
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4 << 10);
            socket.setSoTimeout(60_000);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port("http")));
            String one = "GET /Sensors/large HTTP/1.1\r\nHost: localhost\r\n\r\n";
            socket.getOutputStream().write(one.repeat(100).getBytes(StandardCharsets.US_ASCII));
            assertThat(cut(socket)).isTrue();
        }
        others();
    }

    /** Sends and reads nothing until the server has closed. */
    private static boolean cut(Socket socket) throws IOException {
        long deadline = System.nanoTime() + 60_000_000_000L;
        try {
            while (System.nanoTime() < deadline) {
                socket.getOutputStream().write('\r');
                java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
            }
            return false;
        } catch (SocketException closed) {
            return true;
        }
    }
}
