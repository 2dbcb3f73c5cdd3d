// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.application.Site;
import dev.tarn.api.data.Failure;
import dev.tarn.transport.HttpExchange;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Sends an application's static files. Files are read on a thread of their own, in pieces as the peer reads. */
final class StaticFiles {
    private static final int PIECE = 64 * 1024;

    /** Larger files are not compressed: they would have to be held whole. */
    private static final int COMPRESSED = 1024 * 1024;

    private final Executor disk;
    private final String policy;

    /** @param policy of pages; empty for none */
    StaticFiles(Executor disk, String policy) {
        if (policy.chars().anyMatch(c -> c < ' ' || c > '~')) {
            throw new IllegalArgumentException("contentSecurityPolicy has characters that a header must not have");
        }
        this.disk = disk;
        this.policy = policy;
    }

    /** Answers with the file at the exchange's path. On the exchange's loop. */
    void answer(HttpExchange exchange, Site site) {
        try {
            disk.execute(() -> {
                try {
                    Optional<Site.File> file = site.file(exchange.path());
                    if (file.isPresent() && compressed(exchange, file.get())) {
                        return;
                    }
                    exchange.loop()
                            .execute(() -> file.ifPresentOrElse(
                                    found -> begin(exchange, found),
                                    () -> exchange.fail(new Failure(Failure.Code.NOT_FOUND, "there is no such file"))));
                } catch (RuntimeException unreadable) {
                    exchange.loop().execute(() -> exchange.fail(unreadable));
                }
            });
        } catch (RejectedExecutionException stopped) {
            exchange.fail(new Failure(Failure.Code.UNAVAILABLE, "the server is stopping"));
        }
    }

    private void begin(HttpExchange exchange, Site.File file) {
        String tag = "\"" + file.version() + "\"";
        if (Tag.matches(exchange.head().headers().getAll(HttpHeaderNames.IF_NONE_MATCH), tag)) {
            FullHttpResponse unchanged = Call.empty(HttpResponseStatus.NOT_MODIFIED);
            validators(unchanged.headers(), tag);
            exchange.respond(unchanged);
            return;
        }
        if (exchange.head().method().equals(HttpMethod.HEAD)) {
            FullHttpResponse head = Call.full(HttpResponseStatus.OK, Unpooled.EMPTY_BUFFER);
            describe(head.headers(), file, tag);
            exchange.respond(head);
            return;
        }
        ByteRange range = ByteRange.of(exchange.head().headers(), file.size(), tag);
        if (range != null && !range.exists()) {
            exchange.respond(ByteRange.none(file.size()));
        } else if (range != null) {
            HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.PARTIAL_CONTENT);
            describe(head.headers(), file, tag);
            head.headers()
                    .set(HttpHeaderNames.CONTENT_RANGE, range.text(file.size()))
                    .set(HttpHeaderNames.CONTENT_LENGTH, range.end() - range.from());
            new Sending(exchange.stream(head), exchange, file, range).next();
        } else {
            HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            describe(head.headers(), file, tag);
            new Sending(exchange.stream(head), exchange, file, new ByteRange(0, file.size())).next();
        }
    }

    /** Answers with the file compressed, where that is wanted and worth it; false where it is not. */
    private boolean compressed(HttpExchange exchange, Site.File file) {
        HttpHeaders asked = exchange.head().headers();
        boolean worth = file.size() >= Coding.LEAST && file.size() <= COMPRESSED && Coding.gains(file.mediaType());
        Coding coding =
                worth && exchange.head().method().equals(HttpMethod.GET) && !asked.contains(HttpHeaderNames.RANGE)
                        ? Coding.chosen(asked)
                        : null;
        if (coding == null) {
            return false;
        }
        String tag = "\"" + file.version() + "-" + coding.letter() + "\"";
        boolean unchanged = Tag.matches(asked.getAll(HttpHeaderNames.IF_NONE_MATCH), tag);
        FullHttpResponse response;
        try {
            response = unchanged
                    ? Call.empty(HttpResponseStatus.NOT_MODIFIED)
                    : Call.full(
                            HttpResponseStatus.OK,
                            Unpooled.wrappedBuffer(coding.of(Files.readAllBytes(file.location()))));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        if (unchanged) {
            validators(response.headers(), tag);
        } else {
            describe(response.headers(), file, tag);
            response.headers()
                    .remove(HttpHeaderNames.CONTENT_LENGTH)
                    .set(HttpHeaderNames.CONTENT_ENCODING, coding.token());
        }
        exchange.loop().execute(() -> exchange.respond(response));
        return true;
    }

    private void describe(HttpHeaders headers, Site.File file, String tag) {
        headers.set(HttpHeaderNames.CONTENT_TYPE, file.mediaType())
                .set(HttpHeaderNames.CONTENT_LENGTH, file.size())
                .set(HttpHeaderNames.ACCEPT_RANGES, "bytes")
                .set("X-Content-Type-Options", "nosniff")
                .set("X-Frame-Options", "SAMEORIGIN")
                // Not no-referrer, with which browsers send 'Origin: null' from the page's own forms.
                .set("Referrer-Policy", "same-origin");
        if (!policy.isEmpty()) {
            headers.set(HttpHeaderNames.CONTENT_SECURITY_POLICY, policy);
        }
        validators(headers, tag);
    }

    private static void validators(HttpHeaders headers, String tag) {
        headers.set(HttpHeaderNames.ETAG, tag)
                .set(HttpHeaderNames.CACHE_CONTROL, "no-cache")
                .set(HttpHeaderNames.VARY, "Accept-Encoding");
    }

    /** One file on its way: a piece is read when the one before has left. */
    private final class Sending {
        private final HttpExchange.HttpStream stream;
        private final HttpExchange exchange;
        private final Site.File file;
        private final long end;

        /** Where in the file it is. */
        private long sent;

        private boolean reading;
        private boolean over;

        Sending(HttpExchange.HttpStream stream, HttpExchange exchange, Site.File file, ByteRange range) {
            this.sent = range.from();
            this.end = range.end();
            this.stream = stream;
            this.exchange = exchange;
            this.file = file;
            stream.onWritable(this::next);
            stream.closed().whenComplete((closed, failure) -> over = true);
        }

        /** On the loop. */
        void next() {
            if (over || reading || !stream.writable()) {
                return;
            }
            if (sent == end) {
                over = true;
                stream.finish();
                return;
            }
            reading = true;
            long from = sent;
            try {
                disk.execute(() -> read(from));
            } catch (RejectedExecutionException stopped) {
                stream.abort();
            }
        }

        private void read(long from) {
            try (InputStream in = Files.newInputStream(file.location())) {
                in.skipNBytes(from);
                byte[] piece = in.readNBytes((int) Math.min(PIECE, end - from));
                exchange.loop().execute(() -> arrived(piece));
            } catch (IOException | RuntimeException unreadable) {
                // The file was replaced or removed while it was sent: what was promised cannot be kept.
                exchange.loop().execute(stream::abort);
            }
        }

        private void arrived(byte[] piece) {
            reading = false;
            if (piece.length == 0) {
                stream.abort();
                return;
            }
            sent += piece.length;
            stream.write(Unpooled.wrappedBuffer(piece));
            stream.flush();
            next();
        }
    }
}
