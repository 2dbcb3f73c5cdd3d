// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.jspecify.annotations.Nullable;

/** Gathers frames for one connection, so that a batch leaves in one write. For the connection's loop. */
final class Outbox {

    /** Handed to the channel at this size, so that one buffer never grows large. */
    private static final int FULL = 65_536;

    private final Channel channel;
    private @Nullable ByteBuf buffer;
    private boolean written;
    private boolean closed;

    Outbox(Channel channel) {
        this.channel = channel;
    }

    void add(byte[] bytes) {
        room(bytes.length).writeBytes(bytes);
        full();
    }

    void add(ProtonBuffer bytes) {
        int length = bytes.getReadableBytes();
        ByteBuf out = room(length);
        int at = out.writerIndex();
        bytes.readBytes(out.nioBuffer(at, length));
        out.writerIndex(at + length);
        full();
    }

    private ByteBuf room(int length) {
        ByteBuf out = buffer;
        if (out == null) {
            out = channel.alloc().buffer(Math.max(512, length));
            buffer = out;
        }
        return out.ensureWritable(length);
    }

    private void full() {
        ByteBuf out = buffer;
        if (out != null && out.readableBytes() >= FULL) {
            pass(out);
        }
    }

    private void pass(ByteBuf out) {
        buffer = null;
        if (closed) {
            out.release();
        } else {
            channel.write(out);
            written = true;
        }
    }

    /** Sends what was gathered. */
    void flush() {
        ByteBuf out = buffer;
        if (out != null) {
            pass(out);
        }
        if (written) {
            written = false;
            channel.flush();
        }
    }

    /** Drops what is gathered, now and later. */
    void close() {
        closed = true;
        ByteBuf out = buffer;
        buffer = null;
        if (out != null) {
            out.release();
        }
    }
}
