// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.testkit.Disconnects;
import dev.tarn.testkit.Node;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No gap and no repeat, however often connections are lost; -Dtarn.disconnects=10000 for the full size. */
class DisconnectsTest {

    private static final int DISCONNECTS = Integer.getInteger("tarn.disconnects", 100);

    @TempDir
    Path directory;

    /** Reads the head of the answer, then frames. */
    private static final class Frames implements Disconnects.Stream {
        private static final Pattern SEQUENCE = Pattern.compile("\"sequence\":([0-9]+)");
        private static final int TEXT = 0x81;

        @Override
        public String request(int port, long after) {
            return "GET /Sensors/?since=" + after + " HTTP/1.1\r\nHost: localhost:" + port
                    + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        }

        @Override
        public long next(InputStream in) throws IOException {
            DataInputStream frames = new DataInputStream(in);
            while (true) {
                int first = frames.readUnsignedByte();
                if (first == 'H') {
                    head(frames);
                    continue;
                }
                String text = new String(payload(frames), StandardCharsets.UTF_8);
                if (first == TEXT) {
                    Matcher sequence = SEQUENCE.matcher(text);
                    if (!sequence.find()) {
                        throw new IOException("no change that goes on from the last one: " + text);
                    }
                    return Long.parseLong(sequence.group(1));
                }
            }
        }

        private static void head(DataInputStream in) throws IOException {
            StringBuilder head = new StringBuilder("H");
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) in.readUnsignedByte());
            }
            if (!head.toString().startsWith("HTTP/1.1 101 ")) {
                throw new IOException(head.toString());
            }
        }

        private static byte[] payload(DataInputStream in) throws IOException {
            int length = in.readUnsignedByte();
            if (length == 126) {
                length = in.readUnsignedShort();
            } else if (length == 127) {
                length = Math.toIntExact(in.readLong());
            }
            byte[] payload = new byte[length];
            in.readFully(payload);
            return payload;
        }
    }

    @Test
    void every_reader_has_every_change_once_and_in_order() throws Exception {
        try (Node node = House.start(directory)) {
            new Disconnects(node, "Sensors", new Frames()).run(4, DISCONNECTS, 11);
        }
    }
}
