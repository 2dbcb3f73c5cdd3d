// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Messages that are compressed one by one, RFC 7692. Neither side remembers earlier messages, so that the connections of a loop
 * share one compressor and a silent connection needs no memory for it. On the loop.
 */
final class Deflate {

    /** What is agreed on where a client offers it. */
    static final String AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    /** The bit of a frame's header that says that its message is compressed, as Netty counts them. RFC 7692 §7.2. */
    static final int RSV1 = 4;

    /** Shorter messages do not gain. */
    static final int LEAST = 256;

    private static final String NAME = "permessage-deflate";

    /** What each message would end with, and does not. RFC 7692 §7.2.1. */
    private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

    private static final int PIECE = 8 * 1024;

    private static final FastThreadLocal<Deflate> OF_LOOP = new FastThreadLocal<>() {
        @Override
        protected Deflate initialValue() {
            return new Deflate();
        }

        @Override
        protected void onRemoval(Deflate removed) {
            removed.deflater.end();
            removed.inflater.end();
        }
    };

    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    private final Inflater inflater = new Inflater(true);
    private final byte[] piece = new byte[PIECE];

    private Deflate() {}

    /** Whether one of the offers of a client can be agreed to. RFC 7692 §7.1. */
    static boolean offered(List<String> extensions) {
        for (String header : extensions) {
            for (String offer : header.toLowerCase(Locale.ROOT).split(",", -1)) {
                if (fits(offer.split(";", -1))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean fits(String[] words) {
        if (!words[0].strip().equals(NAME)) {
            return false;
        }
        Set<String> seen = new HashSet<>();
        for (int i = 1; i < words.length; i++) {
            String[] pair = words[i].split("=", 2);
            String name = pair[0].strip();
            String value = pair.length < 2 ? "" : pair[1].strip().replace("\"", "");
            boolean fits = switch (name) {
                case "server_no_context_takeover", "client_no_context_takeover" -> pair.length == 1;
                // Ours is as large as can be, and Java's can be no smaller.
                case "server_max_window_bits" -> value.equals("15");
                case "client_max_window_bits" -> pair.length == 1 || value.matches("[89]|1[0-5]");
                default -> false;
            };
            if (!fits || !seen.add(name)) {
                return false;
            }
        }
        return true;
    }

    /** Appends a message as it goes into its frame. */
    static void add(ByteBuf out, byte[] message) {
        Deflate own = OF_LOOP.get();
        Deflater deflater = own.deflater;
        deflater.reset();
        deflater.setInput(message);
        int before = out.writerIndex();
        int made;
        do {
            made = deflater.deflate(own.piece, 0, PIECE, Deflater.SYNC_FLUSH);
            out.writeBytes(own.piece, 0, made);
        } while (made == PIECE);
        out.writerIndex(Math.max(before, out.writerIndex() - TAIL.length));
    }

    /**
     * What a compressed message was.
     *
     * @param limit the most bytes that it may have been
     * @throws CorruptedWebSocketFrameException when it was more, or none
     */
    static byte[] expanded(byte[] message, int limit) {
        Deflate own = OF_LOOP.get();
        Inflater inflater = own.inflater;
        inflater.reset();
        java.io.ByteArrayOutputStream out =
                new java.io.ByteArrayOutputStream((int) Math.min(limit, 4L * message.length + 64));
        try {
            inflater.setInput(message);
            own.expand(out, limit);
            inflater.setInput(TAIL);
            own.expand(out, limit);
        } catch (DataFormatException broken) {
            throw new CorruptedWebSocketFrameException(
                    WebSocketCloseStatus.INVALID_PAYLOAD_DATA, "a message that cannot be decompressed", broken);
        }
        return out.toByteArray();
    }

    private void expand(java.io.ByteArrayOutputStream out, int limit) throws DataFormatException {
        int made = inflater.inflate(piece);
        while (made > 0) {
            if (out.size() + made > limit) {
                throw new CorruptedWebSocketFrameException(
                        WebSocketCloseStatus.MESSAGE_TOO_BIG,
                        "a message of more than the " + limit + " bytes allowed, decompressed");
            }
            out.write(piece, 0, made);
            made = inflater.inflate(piece);
        }
        if (inflater.needsDictionary()) {
            throw new DataFormatException("a dictionary");
        }
    }
}
