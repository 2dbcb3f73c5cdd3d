// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that open a stream of events and stop reading, in a heap of 256 MB; a thousand of them with -Psoak. */
class SlowStreamsTest {
    private static final int STREAMS = Integer.getInteger("tarn.streams", 60);
    private static final int BATCHES = 40;
    private static final int ROWS = 50;
    private static final String FILLING = "x".repeat(10_000);

    @TempDir
    Path data;

    @Test
    void they_do_no_harm() throws Exception {
        Path application = Path.of(System.getProperty("tarn.examples"), "getting-started");
        List<Socket> silent = new ArrayList<>();
        try (Tarn tarn = Tarn.dev(data, application)
                        .environment("TARN_OPTS", "-Xmx256m")
                        .ready();
                Socket reading = stream(tarn, 0)) {
            for (int i = 0; i < STREAMS; i++) {
                silent.add(stream(tarn, 4_096));
            }
            BufferedReader lines = lines(reading);
            for (int i = 0; i < BATCHES; i++) {
                assertThat(Http.put(tarn, "/Sensors/", batch(i)).statusCode()).isEqualTo(204);
                assertThat(events(lines, ROWS)).isEqualTo(ROWS);
            }
            assertThat(Http.get(tarn, "/Sensors/s7").statusCode()).isEqualTo(200);
            // Each has a file descriptor and its mailbox, and goes on where it stopped when it reads again.
            BufferedReader late = lines(silent.get(STREAMS / 2));
            assertThat(events(late, BATCHES * ROWS)).isEqualTo(BATCHES * ROWS);
            assertThat(tarn.said()).doesNotContain("OutOfMemoryError");
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    private static String batch(int number) {
        StringBuilder batch = new StringBuilder("[");
        for (int id = 0; id < ROWS; id++) {
            batch.append(id == 0 ? "" : ",")
                    .append("{\"id\":\"s")
                    .append(id)
                    .append("\",\"temp\":")
                    .append(number)
                    .append(",\"location\":\"")
                    .append(FILLING)
                    .append("\"}");
        }
        return batch.append(']').toString();
    }

    /** A stream whose first line has been read. */
    private static Socket stream(Tarn tarn, int window) throws IOException {
        Socket socket = new Socket();
        if (window > 0) {
            socket.setReceiveBufferSize(window);
        }
        socket.setSoTimeout(60_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), tarn.port("http")), 60_000);
        socket.getOutputStream()
                .write(("GET /Sensors/?omitCurrent HTTP/1.1\r\nHost: localhost:" + tarn.port("http")
                                + "\r\nAccept: text/event-stream\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        byte[] status = socket.getInputStream().readNBytes(12);
        assertThat(new String(status, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 200");
        return socket;
    }

    private static BufferedReader lines(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII), 64);
    }

    /** Reads so many changes, and counts those whose ids grow. A stream begins with an id that is no change's. */
    private static int events(BufferedReader lines, int count) throws IOException {
        int grown = 0;
        long id = 0;
        long last = 0;
        for (int seen = 0; seen < count; ) {
            String line = lines.readLine();
            if (line == null) {
                throw new IOException("ended after " + seen);
            }
            if (line.startsWith("id: ")) {
                id = Long.parseLong(line.substring(4));
            } else if (line.startsWith("data: ")) {
                grown += id > last ? 1 : 0;
                last = id;
                seen++;
            }
        }
        return grown;
    }
}
