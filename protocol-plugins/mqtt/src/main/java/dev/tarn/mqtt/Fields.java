// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Reads the data types of MQTT 5.0 §1.5 from a packet's own slice, so that no length can reach beyond its packet. */
final class Fields {

    private static final byte[] NOTHING = {};

    private Fields() {}

    static int unsignedByte(ByteBuf in) {
        need(in, 1);
        return in.readUnsignedByte();
    }

    static int unsignedShort(ByteBuf in) {
        need(in, 2);
        return in.readUnsignedShort();
    }

    static long unsignedInt(ByteBuf in) {
        need(in, 4);
        return in.readUnsignedInt();
    }

    /** A packet identifier, which is never 0 [MQTT-2.2.1-3], [MQTT-2.3.1-1]. */
    static int packetId(ByteBuf in) {
        int id = unsignedShort(in);
        if (id == 0) {
            throw Violation.protocol("packet identifier 0");
        }
        return id;
    }

    /** A variable byte integer: at most four bytes, and no more than it needs [MQTT-1.5.5-1]. */
    static int variable(ByteBuf in) {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            int digit = unsignedByte(in);
            value |= (digit & 0x7F) << shift;
            if (digit < 0x80) {
                if (digit == 0 && shift > 0) {
                    throw Violation.malformed("a variable byte integer longer than it need be");
                }
                return value;
            }
        }
        throw Violation.malformed("a variable byte integer of more than four bytes");
    }

    /** Binary data with its two-byte length. [MQTT-4.7.3-3] */
    static byte[] binary(ByteBuf in) {
        return bytes(in, unsignedShort(in));
    }

    /** The next bytes as they are. */
    static byte[] bytes(ByteBuf in, int length) {
        need(in, length);
        if (length == 0) {
            return NOTHING;
        }
        byte[] bytes = new byte[length];
        in.readBytes(bytes);
        return bytes;
    }

    /**
     * A UTF-8 string with its two-byte length: well-formed, without U+0000 [MQTT-1.5.4-1], [MQTT-1.5.4-2].
     * [MQTT-1.5.4-3], [MQTT-4.7.3-2]; 3.1.1 [MQTT-1.5.3-1] to [MQTT-1.5.3-3]
     */
    static String text(ByteBuf in) {
        return text(binary(in));
    }

    static String text(byte[] utf8) {
        if (!Utf8.legal(utf8)) {
            throw Violation.malformed("a string that is not UTF-8, or has U+0000");
        }
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** Nothing may follow what a packet consists of. */
    static void end(ByteBuf in) {
        if (in.isReadable()) {
            throw Violation.malformed(in.readableBytes() + " bytes after the end of the packet's content");
        }
    }

    private static void need(ByteBuf in, int bytes) {
        if (in.readableBytes() < bytes) {
            throw Violation.malformed("a field ends beyond its packet");
        }
    }
}
