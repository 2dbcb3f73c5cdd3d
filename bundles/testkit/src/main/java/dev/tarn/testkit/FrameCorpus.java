// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.util.ArrayList;
import java.util.List;

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
        List<Case> cases = new ArrayList<>();
        for (String[] line : CorpusFile.lines("/websocket/frames.txt", 4)) {
            cases.add(new Case(line[0], line[1], Notation.bytes(line[2]), line[3]));
        }
        return cases;
    }
}
