// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.resource.Terms;
import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.Samples;
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
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that open a stream and do not read. */
class SlowReaderTest {
    private static final int READERS = 8;
    private static final int ROWS = 5_000;
    private static final int ROW_BYTES = 4_000;

    /** Mailboxes and buffers of all may have 5 MB; what is written has 20. */
    private static final long MOST_GROWTH = 16 << 20;

    @TempDir
    Path directory;

    @Test
    void they_cost_little_hold_up_nobody_and_miss_nothing() throws Exception {
        Node.Setup setup = House.in(directory, java.util.Map.of("buffer", "64KB"))
                .configure("engine", "mailbox_changes", 200)
                .configure("engine", "mailbox_bytes", 512 << 10)
                .configure("store", "cache", "8MB")
                .configure("store", "rowCache", "1MB");
        List<Socket> slow = new ArrayList<>();
        try (Node node = setup.start().deploy(Samples.SENSORS);
                EventReader fast = new EventReader(node.http("/Sensors/?omitCurrent"))) {
            fast.head();
            // Fills the cache of the store.
            write(node, 2_500);
            fast.next(2_500);
            for (int i = 0; i < READERS; i++) {
                slow.add(stream(node));
            }
            long before = used();
            write(node, ROWS);
            fast.next(ROWS);
            assertThat(used() - before).as("bytes of heap").isLessThan(MOST_GROWTH);
            assertThat(ids(slow.get(0), ROWS)).isEqualTo(ROWS);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    private static void write(Node node, int count) {
        String text = "x".repeat(ROW_BYTES);
        Semaphore window = new Semaphore(32);
        for (int i = 0; i < count; i++) {
            window.acquireUninterruptibly();
            node.services()
                    .resources()
                    .put(
                            node.context(),
                            dev.tarn.api.data.Path.of("Sensors/" + i % 500),
                            node.json("{\"location\":\"" + text + i + "\"}"),
                            Terms.NONE)
                    .whenComplete((commit, failure) -> window.release());
        }
        window.acquireUninterruptibly(32);
    }

    /** A stream whose head has been read, and nothing after it. */
    private static Socket stream(Node node) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 << 10);
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port("http")));
        socket.getOutputStream()
                .write(("GET /Sensors/?omitCurrent HTTP/1.1\r\nHost: localhost:" + node.port("http")
                                + "\r\nAccept: text/event-stream\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        byte[] head = new byte[12];
        assertThat(socket.getInputStream().readNBytes(head, 0, 12)).isEqualTo(12);
        return socket;
    }

    /** Reads so many events, and counts those whose ids grow. */
    private static int ids(Socket socket, int count) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        int grown = 0;
        long last = 0;
        for (int seen = 0; seen < count; ) {
            String line = lines.readLine();
            if (line == null) {
                throw new IOException("ended after " + seen);
            }
            if (line.startsWith("id: ")) {
                long id = Long.parseLong(line.substring(4));
                grown += id > last ? 1 : 0;
                last = id;
                seen++;
            }
        }
        return grown;
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
