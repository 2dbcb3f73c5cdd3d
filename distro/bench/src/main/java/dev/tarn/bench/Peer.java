// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One connection: bytes in, bytes out; subclasses know what they mean. On the loop's thread. */
abstract class Peer {
    private final ByteBuffer in = ByteBuffer.allocateDirect(256 << 10);

    /** What is to be sent; large enough for a full window. */
    final ByteBuffer out = ByteBuffer.allocateDirect(256 << 10);

    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;

    final void connected(SocketChannel opened, SelectionKey registered) {
        channel = opened;
        key = registered;
    }

    /** Takes one whole message from the buffer; false when it is not whole yet, with the position where it was. */
    abstract boolean take(ByteBuffer bytes) throws IOException;

    final void read() throws IOException {
        if (channel == null) {
            throw new IllegalStateException("not connected");
        }
        int n = channel.read(in);
        if (n < 0) {
            throw new EOFException("the server closed a connection");
        }
        in.flip();
        boolean whole = true;
        while (whole && in.hasRemaining()) {
            whole = take(in);
        }
        in.compact();
        if (!in.hasRemaining()) {
            throw new IOException("a message of more than " + in.capacity() + " bytes");
        }
    }

    final void flush() throws IOException {
        if (out.position() > 0 && channel != null && key != null) {
            out.flip();
            channel.write(out);
            out.compact();
            key.interestOps(out.position() > 0 ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }
    }
}
