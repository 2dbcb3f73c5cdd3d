// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import dev.tarn.testkit.Disconnects;
import dev.tarn.testkit.Node;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No gap and no repeat, however often connections are lost; -Dtarn.disconnects=10000 for the full size. */
class DisconnectsTest {

    private static final int DISCONNECTS = Integer.getInteger("tarn.disconnects", 100);

    @TempDir
    Path directory;

    /** Reads lines; between those of events are those of chunks, which are none of theirs. */
    private static final class Events implements Disconnects.Stream {
        @Override
        public String request(int port, long after) {
            return "GET /Sensors/ HTTP/1.1\r\nHost: localhost:" + port
                    + "\r\nAccept: text/event-stream\r\nLast-Event-ID: " + after + "\r\n\r\n";
        }

        @Override
        public long next(InputStream in) throws IOException {
            long id = -1;
            while (true) {
                String line = line(in);
                if (line.startsWith("HTTP/1.1 ") && !line.startsWith("HTTP/1.1 200 ")) {
                    throw new IOException(line);
                } else if (line.startsWith("id: ")) {
                    id = Long.parseLong(line.substring(4));
                } else if (line.startsWith("data: ")) {
                    if (id < 0 || !line.endsWith("}")) {
                        throw new IOException("no event that goes on from the last one: " + line);
                    }
                    return id;
                }
            }
        }

        private static String line(InputStream in) throws IOException {
            StringBuilder line = new StringBuilder();
            for (int next = in.read(); next != '\n'; next = in.read()) {
                if (next < 0) {
                    throw new EOFException("the server ended the stream");
                }
                line.append((char) next);
            }
            return line.toString();
        }
    }

    @Test
    void every_reader_has_every_change_once_and_in_order() throws Exception {
        try (Node node = House.start(directory)) {
            new Disconnects(node, "Sensors", new Events()).run(4, DISCONNECTS, 7);
        }
    }
}
