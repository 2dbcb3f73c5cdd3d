// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.transport.Envelope.Format;
import io.netty.buffer.ByteBuf;

/** Writes whole messages as bytes, so that many of them leave in one buffer. RFC 6455 §5.2. */
final class Frames {
    private static final int TEXT = 0x81;
    private static final int BINARY = 0x82;

    private Frames() {}

    /** Appends a message in one unmasked frame: text for JSON, binary for the rest. Takes no buffer over. */
    static void write(ByteBuf out, Format format, ByteBuf payload) {
        header(out, format, payload.readableBytes());
        out.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
    }

    /** As {@link #write(ByteBuf, Format, ByteBuf)}. */
    static void write(ByteBuf out, Format format, byte[] payload) {
        header(out, format, payload.length);
        out.writeBytes(payload);
    }

    private static void header(ByteBuf out, Format format, int length) {
        out.writeByte(format == Format.JSON ? TEXT : BINARY);
        if (length < 126) {
            out.writeByte(length);
        } else if (length <= 0xFFFF) {
            out.writeByte(126).writeShort(length);
        } else {
            out.writeByte(127).writeLong(length);
        }
    }
}
