// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A frame as a server sends it. */
final class ServerFrame {
    private static final int COMPRESSED = 0x40;

    final int opcode;
    final byte[] payload;
    final boolean compressed;

    private ServerFrame(int first, byte[] payload) {
        this.opcode = first & 0x0F;
        this.compressed = (first & COMPRESSED) != 0;
        this.payload = payload;
    }

    /** Reads one frame; fails when it is masked, in fragments, compressed or has reserved bits. */
    static ServerFrame read(RawClient client) throws IOException {
        ServerFrame frame = readAny(client);
        if (frame.compressed) {
            throw new AssertionError("a compressed frame");
        }
        return frame;
    }

    /** As {@link #read}, compressed or not. */
    static ServerFrame readAny(RawClient client) throws IOException {
        int first = client.read(1)[0] & 0xFF;
        int length = client.read(1)[0] & 0xFF;
        if ((first & 0xF0 & ~COMPRESSED) != 0x80 || length > 127) {
            throw new AssertionError("a server frame begins with " + Integer.toHexString((first << 8) | length));
        }
        int bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
        long size = bytes == 0 ? length : 0;
        for (byte b : client.read(bytes)) {
            size = (size << 8) | (b & 0xFF);
        }
        return new ServerFrame(first, client.read(Math.toIntExact(size)));
    }

    /** The code of a close frame; 1005 when it has none. */
    int closeCode() {
        if (opcode != 8) {
            throw new AssertionError("expected a close frame, not " + this);
        }
        return payload.length == 0 ? 1005 : ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF);
    }

    String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "opcode " + opcode + ": " + text();
    }
}
