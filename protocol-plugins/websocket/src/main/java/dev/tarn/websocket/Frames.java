// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.transport.Envelope.Format;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/**
 * Writes whole messages as bytes, so that many of them leave in one buffer. RFC 6455 §5.2.
 *
 * @param format text for JSON, binary for the rest
 * @param deflates whether longer messages are compressed
 */
record Frames(Format format, boolean deflates) {
    private static final int TEXT = 0x81;
    private static final int BINARY = 0x82;
    private static final int COMPRESSED = 0x40;

    /** Appends a message in one unmasked frame. Takes no buffer over. */
    void write(ByteBuf out, ByteBuf payload) {
        if (compresses(payload.readableBytes())) {
            compressed(out, ByteBufUtil.getBytes(payload));
        } else {
            header(out, first(), payload.readableBytes());
            out.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
        }
    }

    /** As {@link #write(ByteBuf, ByteBuf)}. */
    void write(ByteBuf out, byte[] payload) {
        if (compresses(payload.length)) {
            compressed(out, payload);
        } else {
            header(out, first(), payload.length);
            out.writeBytes(payload);
        }
    }

    private boolean compresses(int length) {
        return deflates && length >= Deflate.LEAST;
    }

    private void compressed(ByteBuf out, byte[] payload) {
        ByteBuf smaller = out.alloc().heapBuffer(payload.length / 2);
        try {
            Deflate.add(smaller, payload);
            header(out, first() | COMPRESSED, smaller.readableBytes());
            out.writeBytes(smaller);
        } finally {
            smaller.release();
        }
    }

    private int first() {
        return format == Format.JSON ? TEXT : BINARY;
    }

    private static void header(ByteBuf out, int first, int length) {
        out.writeByte(first);
        if (length < 126) {
            out.writeByte(length);
        } else if (length <= 0xFFFF) {
            out.writeByte(126).writeShort(length);
        } else {
            out.writeByte(127).writeLong(length);
        }
    }
}
