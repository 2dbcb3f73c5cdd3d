// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A keep-alive HTTP/1.1 client with one request under way. On the loop's thread. */
final class HttpPeer extends Peer {

    /** Is told of each whole answer. */
    interface Events {
        void answered(HttpPeer peer, int status);
    }

    private final Events events;

    HttpPeer(Events events) {
        this.events = events;
    }

    void send(byte[] request) {
        out.put(request);
    }

    @Override
    boolean take(ByteBuffer bytes) throws IOException {
        int start = bytes.position();
        int end = endOfHead(bytes);
        if (end < 0) {
            return false;
        }
        byte[] text = new byte[end - start];
        bytes.get(start, text);
        String head = new String(text, StandardCharsets.ISO_8859_1);
        String lower = head.toLowerCase(Locale.ROOT);
        boolean chunked = lower.contains("\r\ntransfer-encoding: chunked\r\n");
        int next = chunked ? endOfChunks(bytes, end) : end + length(lower);
        if (next < 0 || bytes.limit() < next) {
            return false;
        }
        bytes.position(next);
        events.answered(this, Integer.parseInt(head.substring(9, 12)));
        return true;
    }

    private static int endOfHead(ByteBuffer bytes) {
        for (int i = bytes.position(); i + 3 < bytes.limit(); i++) {
            if (bytes.getInt(i) == 0x0D0A0D0A) {
                return i + 4;
            }
        }
        return -1;
    }

    /** Where a body of chunks without trailers ends; -1 when that has not come. */
    private static int endOfChunks(ByteBuffer bytes, int from) {
        int at = from;
        while (true) {
            int size = 0;
            for (; at < bytes.limit() && bytes.get(at) != '\r'; at++) {
                size = size << 4 | Character.digit(bytes.get(at), 16);
            }
            // The line's end, the bytes, and their line's end.
            at += 2 + size + 2;
            if (at > bytes.limit()) {
                return -1;
            } else if (size == 0) {
                return at;
            }
        }
    }

    private static int length(String lower) throws IOException {
        int at = lower.indexOf("\r\ncontent-length:");
        if (at < 0) {
            if (lower.startsWith("http/1.1 204") || lower.startsWith("http/1.1 304")) {
                return 0;
            }
            throw new IOException(
                    "an answer without a length: " + lower.lines().findFirst().orElse(""));
        }
        int from = at + "\r\ncontent-length:".length();
        return Integer.parseInt(lower.substring(from, lower.indexOf('\r', from)).strip());
    }
}
