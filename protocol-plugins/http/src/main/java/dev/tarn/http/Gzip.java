// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** The content coding gzip (RFC 9110 §8.4.1.3), for what is worth it and clients that ask. */
final class Gzip implements AutoCloseable {

    /** Shorter answers go as they are. */
    static final int LEAST = 1_024;

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

    /** Whether the request takes gzip, and likes it no less than what is not compressed (RFC 9110 §12.5.3). */
    static boolean accepted(HttpHeaders headers) {
        double gzip = -1;
        double any = -1;
        double identity = 0;
        for (String line : headers.getAll(HttpHeaderNames.ACCEPT_ENCODING)) {
            for (String part : line.split(",", -1)) {
                String[] words = part.split(";", 2);
                double quality = words.length == 1 ? 1 : quality(words[1]);
                switch (words[0].strip().toLowerCase(Locale.ROOT)) {
                    case "gzip", "x-gzip" -> gzip = Math.max(gzip, quality);
                    case "identity" -> identity = quality;
                    case "*" -> any = quality;
                    default -> {}
                }
            }
        }
        double taken = gzip < 0 ? any : gzip;
        return taken > 0 && taken >= identity;
    }

    /** What cannot be read weighs 1. */
    private static double quality(String weight) {
        String text = weight.replace(" ", "");
        return text.matches("[qQ]=(0(\\.[0-9]{0,3})?|1(\\.0{0,3})?)") ? Double.parseDouble(text.substring(2)) : 1;
    }

    /** Whether a media type is one that gains by it. */
    static boolean gains(String mediaType) {
        String essence = Media.essence(mediaType);
        return essence.startsWith("text/")
                || essence.endsWith("+json")
                || essence.endsWith("+xml")
                || essence.endsWith("json")
                || essence.endsWith("javascript")
                || essence.equals("application/xml")
                || essence.equals("application/wasm")
                || essence.equals("application/cbor")
                || essence.equals("application/x-msgpack");
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

    /** What stands for these bytes, complete enough to be read before more comes. */
    byte[] add(byte[] bytes, boolean last) {
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

    /** Whether nothing can be added any more. */
    boolean closed() {
        return closed;
    }

    /** Frees what it holds; again does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            in.release();
            OPEN.decrementAndGet();
        }
    }
}
