// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** Gathers what one connection is sent, so that a batch leaves in one write. For the connection's loop. */
public final class Outbox {

    /** Handed to the channel at this size, so that one buffer never grows large. */
    private static final int FULL = 65_536;

    private static final int SMALLEST = 256;

    private final Channel channel;
    private final Sent sent;
    private @Nullable ByteBuf buffer;
    private int next = SMALLEST;
    private int opened;
    private boolean written;
    private boolean closed;

    /** Is told what was handed to the channel, each time. */
    @FunctionalInterface
    public interface Sent {
        /**
         * So many bytes were.
         *
         * @param opened how often {@link Outbox#open} was called for them: packets, where each is written after a call
         */
        void sent(int opened, int bytes);
    }

    /** Nothing is gathered yet. */
    public Outbox(Channel channel, Sent sent) {
        this.channel = channel;
        this.sent = sent;
    }

    /** Where to write what is sent next; not to be kept. */
    public ByteBuf open() {
        opened++;
        ByteBuf out = buffer;
        if (out != null && out.readableBytes() >= FULL) {
            pass(out);
            out = null;
        }
        if (out == null) {
            out = channel.alloc().buffer(next);
            buffer = out;
        }
        return out;
    }

    /** Adds bytes that are shared with others. */
    public void share(byte[] bytes) {
        ByteBuf out = buffer;
        if (out != null) {
            pass(out);
        }
        if (!closed) {
            sent.sent(0, bytes.length);
            channel.write(Unpooled.wrappedBuffer(bytes));
            written = true;
        }
    }

    /** Sends what was gathered. */
    public void flush() {
        ByteBuf out = buffer;
        if (out != null) {
            // The next batch is probably like this one; a quiet connection goes back to small buffers.
            next = Math.max(SMALLEST, Math.min(FULL, (next + 2 * out.readableBytes()) / 2));
            pass(out);
        }
        if (written) {
            written = false;
            channel.flush();
        }
    }

    /** Drops what was gathered, now and later. */
    public void close() {
        closed = true;
        ByteBuf out = buffer;
        buffer = null;
        if (out != null) {
            out.release();
        }
    }

    private void pass(ByteBuf out) {
        buffer = null;
        if (closed || !out.isReadable()) {
            out.release();
        } else {
            sent.sent(opened, out.readableBytes());
            opened = 0;
            channel.write(out);
            written = true;
        }
    }
}
