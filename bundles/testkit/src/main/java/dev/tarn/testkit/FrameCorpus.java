// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** WebSocket frames with what a server must think of them, from {@code websocket/frames.txt}, whose head explains it. */
public final class FrameCorpus {

    /** One case. */
    public static final class Case {
        private final String name;
        private final String where;
        private final byte[] bytes;
        private final String expected;

        private Case(String name, String where, byte[] bytes, String expected) {
            this.name = name;
            this.where = where;
            this.bytes = bytes;
            this.expected = expected;
        }

        /** What to send, once the handshake is over. */
        public byte[] bytes() {
            return bytes.clone();
        }

        /** Whether it can be sent to a socket for rows. */
        public boolean onRows() {
            return !where.equals("stream");
        }

        /** Whether it can be sent to a socket that carries a protocol of bytes. */
        public boolean onStream() {
            return !where.equals("rows");
        }

        /** The code with which the server closes, 1005 for none; -1 when it does not. */
        public int close() {
            return expected.equals("open") ? -1 : Integer.parseInt(expected.substring("close ".length()));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private FrameCorpus() {}

    /** All cases, in the order of the file. */
    public static List<Case> cases() {
        try (InputStream in = FrameCorpus.class.getResourceAsStream("/websocket/frames.txt")) {
            String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            List<Case> cases = new ArrayList<>();
            for (String line : text.lines().toList()) {
                if (!line.isBlank() && !line.startsWith("//")) {
                    String[] parts = line.split("\\s\\|\\s", -1);
                    cases.add(new Case(
                            parts[0].strip(), parts[1].strip(), PacketCorpus.bytes(parts[2]), parts[3].strip()));
                }
            }
            return cases;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
