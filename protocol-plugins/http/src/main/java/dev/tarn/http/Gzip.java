// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** The content coding gzip (RFC 9110 §8.4.1.3). */
final class Gzip implements Coding.Pieces {

    /** Quick, and most of the gain. */
    private static final int LEVEL = 2;

    /** Answers that are compressed as they come, at once: each keeps some 256 KB outside the heap. */
    private static final int STREAMS = 64;

    private static final AtomicInteger OPEN = new AtomicInteger();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Compressing in;
    private boolean closed;

    private Gzip() throws IOException {
        this.in = new Compressing(out);
    }

    private static final class Compressing extends GZIPOutputStream {
        Compressing(OutputStream out) throws IOException {
            super(out, 4_096, true);
            def.setLevel(LEVEL);
        }

        /** Frees what is outside the heap. */
        void release() {
            def.end();
        }
    }

    /** The bytes, compressed. */
    static byte[] of(byte[] bytes) {
        ByteArrayOutputStream all = new ByteArrayOutputStream(bytes.length / 3 + 64);
        try (Compressing in = new Compressing(all)) {
            in.write(bytes);
            in.finish();
            in.release();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return all.toByteArray();
    }

    /** One that compresses as it goes; null when there are too many. */
    static @Nullable Gzip open() {
        if (OPEN.incrementAndGet() > STREAMS) {
            OPEN.decrementAndGet();
            return null;
        }
        try {
            return new Gzip();
        } catch (IOException impossible) {
            OPEN.decrementAndGet();
            throw new UncheckedIOException(impossible);
        }
    }

    @Override
    public byte[] add(byte[] bytes, boolean last) {
        try {
            in.write(bytes);
            if (last) {
                in.finish();
            } else {
                in.flush();
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        byte[] compressed = out.toByteArray();
        out.reset();
        return compressed;
    }

    @Override
    public boolean closed() {
        return closed;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            in.release();
            OPEN.decrementAndGet();
        }
    }
}
