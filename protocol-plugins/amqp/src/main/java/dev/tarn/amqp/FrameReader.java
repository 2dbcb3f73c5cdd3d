// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder;
import org.apache.qpid.protonj2.types.transport.ConnectionError;
import org.jspecify.annotations.Nullable;

/** Cuts a stream of bytes into protocol headers and frames, AMQP 1.0 §2.2 and §2.3. For the connection's loop. */
final class FrameReader {

    /** Of a protocol header, and of the fixed part of a frame's. */
    static final int HEADER = 8;

    private final ByteBufAllocator allocator;
    private @Nullable ByteBuf bytes;

    FrameReader(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /** Takes the bytes over. */
    void add(ByteBuf more) {
        ByteBuf held = bytes;
        bytes = held == null ? more : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(allocator, held, more);
    }

    /** The next protocol header, or null while it is not complete. */
    byte @Nullable [] header() {
        ByteBuf held = bytes;
        return held == null || held.readableBytes() < HEADER ? null : cut(held, HEADER);
    }

    /**
     * The next frame with its header, or null while it is not complete.
     *
     * @throws Refusal when its header breaks the rules, as soon as that is seen
     */
    byte @Nullable [] frame(int largest) {
        ByteBuf held = bytes;
        if (held == null || held.readableBytes() < Integer.BYTES) {
            return null;
        }
        long size = held.getUnsignedInt(held.readerIndex());
        if (size < HEADER || size > largest) {
            throw new Refusal(ConnectionError.FRAMING_ERROR, "a frame of " + size + " bytes, not 8 to " + largest);
        }
        if (held.readableBytes() < HEADER) {
            return null;
        }
        int start = 4 * held.getUnsignedByte(held.readerIndex() + 4);
        if (start < HEADER || start > size) {
            throw new Refusal(
                    ConnectionError.FRAMING_ERROR, "a body that begins at " + start + " of a frame of " + size);
        }
        return held.readableBytes() < size ? null : cut(held, (int) size);
    }

    private byte[] cut(ByteBuf held, int length) {
        byte[] cut = new byte[length];
        held.readBytes(cut);
        if (!held.isReadable()) {
            held.release();
            bytes = null;
        }
        return cut;
    }

    /** To be called when all whole frames are taken: gives memory back, which nothing else does where every read ends within a frame. */
    void settle() {
        ByteBuf held = bytes;
        if (held != null && held.readerIndex() > 0 && held.capacity() > 2 * held.readableBytes()) {
            bytes = allocator.buffer(held.readableBytes()).writeBytes(held);
            held.release();
        }
    }

    void close() {
        ByteBuf held = bytes;
        bytes = null;
        if (held != null) {
            held.release();
        }
    }
}
