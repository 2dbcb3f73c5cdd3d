// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Content;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A content on its way to a client: a piece is read, and verified, when the one before has left, so that a slow client holds one
 * piece in memory. For the connection's loop.
 */
final class Departure {

    private static final Logger LOG = LoggerFactory.getLogger(Departure.class);

    /** Bytes that are read at once: as they lie. */
    private static final int PIECE = 64 << 10;

    private final Line line;
    private final Content.Reader reader;
    private final long length;
    private final Runnable ready;
    private byte @Nullable [] piece;
    private long taken;
    private boolean reading;
    private boolean broken;
    private boolean closed;

    /**
     * @param reader closed with this
     * @param ready is told, on the loop, that there is a piece or will never be
     */
    Departure(Line line, Content content, Content.Reader reader, Runnable ready) {
        this.line = line;
        this.reader = reader;
        this.length = content.length();
        this.ready = ready;
    }

    /** Whether all of it was taken. */
    boolean done() {
        return taken == length;
    }

    /** Whether the rest cannot be read. */
    boolean broken() {
        return broken;
    }

    /** The next piece; null when it has to be waited for. */
    byte @Nullable [] take() {
        byte[] found = piece;
        piece = null;
        if (found != null) {
            taken += found.length;
        } else if (!reading && !broken && !done()) {
            reading = true;
            long from = taken;
            try {
                line.broker().disk().execute(() -> read(from));
            } catch (RejectedExecutionException stopped) {
                reading = false;
                broken = true;
            }
        }
        return found;
    }

    private void read(long from) {
        byte[] read = new byte[0];
        try {
            read = reader.read(from, (int) Math.min(length - from, PIECE - from % PIECE));
        } catch (RuntimeException unreadable) {
            LOG.warn("content broken off at={} reason=\"{}\"", from, unreadable.getMessage());
        }
        byte[] found = read;
        try {
            line.channel().eventLoop().execute(() -> arrived(found));
        } catch (RejectedExecutionException stopped) {
            // The loop has ended, and with it the connection.
            reader.close();
        }
    }

    private void arrived(byte[] found) {
        reading = false;
        if (closed) {
            reader.close();
            return;
        }
        broken = found.length == 0;
        piece = broken ? null : found;
        line.later(ready);
    }

    void close() {
        if (!closed) {
            closed = true;
            if (!reading) {
                reader.close();
            }
        }
    }
}
