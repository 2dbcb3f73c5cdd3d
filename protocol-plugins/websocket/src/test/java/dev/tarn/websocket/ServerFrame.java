// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A frame as a server sends it. */
final class ServerFrame {
    final int opcode;
    final byte[] payload;

    private ServerFrame(int opcode, byte[] payload) {
        this.opcode = opcode;
        this.payload = payload;
    }

    /** Reads one frame; fails when it is masked, in fragments or has reserved bits, which ours never are. */
    static ServerFrame read(RawClient client) throws IOException {
        int first = client.read(1)[0] & 0xFF;
        int length = client.read(1)[0] & 0xFF;
        if ((first & 0xF0) != 0x80 || length > 127) {
            throw new AssertionError("a server frame begins with " + Integer.toHexString((first << 8) | length));
        }
        int bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
        long size = bytes == 0 ? length : 0;
        for (byte b : client.read(bytes)) {
            size = (size << 8) | (b & 0xFF);
        }
        return new ServerFrame(first & 0x0F, client.read(Math.toIntExact(size)));
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
