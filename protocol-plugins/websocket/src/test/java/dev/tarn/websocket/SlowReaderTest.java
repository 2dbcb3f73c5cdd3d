// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.resource.Terms;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.Samples;
import dev.tarn.testkit.WebSocketClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Peers that do not read. */
class SlowReaderTest {
    private static final int ROWS = 3_000;

    @TempDir
    Path directory;

    @Test
    void a_peer_that_takes_nothing_is_cut_off_and_others_miss_nothing() throws Exception {
        Node.Setup setup = House.in(directory, Map.of("buffer", "64KB", "ping", "1s", "stall", "2s"))
                .configure("engine", "mailbox_changes", 200);
        try (Node node = setup.start().deploy(Samples.SENSORS);
                Socket slow = open(node, "/Sensors/?omitCurrent");
                WebSocketClient fast = new WebSocketClient(node.webSocket("/Sensors/?omitCurrent&since=0"), null)) {
            String text = "x".repeat(4_000);
            Semaphore window = new Semaphore(32);
            for (int i = 0; i < ROWS; i++) {
                window.acquireUninterruptibly();
                node.services()
                        .resources()
                        .put(
                                node.context(),
                                dev.tarn.api.data.Path.of("Sensors/" + i),
                                node.json("{\"location\":\"" + text + "\"}"),
                                Terms.NONE)
                        .whenComplete((commit, failure) -> window.release());
            }
            long last = 0;
            for (int i = 0; i < ROWS; i++) {
                long sequence = (Long) ((Map<?, ?>) node.value(fast.nextText())).get("sequence");
                assertThat(sequence).isGreaterThan(last);
                last = sequence;
            }
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (node.services().meter().traffic("websocket").open.sum() > 1) {
                assertThat(System.nanoTime()).as("the slow one is still open").isLessThan(deadline);
                Thread.onSpinWait();
            }
            assertThat(bytesLeft(slow)).isLessThan((long) ROWS * text.length());
        }
    }

    @Test
    void a_peer_that_sends_requests_and_does_not_read_answers_is_not_read_either() throws Exception {
        Node.Setup setup = House.in(directory, Map.of("ping", "1s", "stall", "2s"));
        try (Node node = setup.start().deploy(Samples.SENSORS);
                Socket greedy = open(node, "/Sensors/?subscribe=false")) {
            node.put("Sensors/1", "{\"location\":\"" + "y".repeat(10_000) + "\"}");
            byte[] request = ClientFrames.text("{\"type\":\"get\",\"id\":\"1\",\"ref\":1}");
            long sent = 0;
            try {
                // 100 MB of requests would be answered with 30 GB.
                for (; sent < 100_000_000; sent += request.length) {
                    greedy.getOutputStream().write(request);
                }
            } catch (SocketException cut) {
                assertThat(cut.getMessage()).isNotNull();
            }
            assertThat(sent).isLessThan(100_000_000);
        }
    }

    private static Socket open(Node node, String url) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 << 10);
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port("http")));
        socket.getOutputStream()
                .write(("GET " + url + " HTTP/1.1\r\nHost: localhost:" + node.port("http")
                                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) socket.getInputStream().read());
        }
        assertThat(head.toString()).startsWith("HTTP/1.1 101 ");
        return socket;
    }

    /** How many bytes the kernels still have for a socket that was cut off. */
    private static long bytesLeft(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[64 << 10];
        long all = 0;
        try {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                all += n;
            }
        } catch (SocketException reset) {
            assertThat(reset.getMessage()).isNotNull();
        }
        return all;
    }
}
