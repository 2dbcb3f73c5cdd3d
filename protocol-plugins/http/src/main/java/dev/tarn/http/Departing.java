// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One content on its way to a client, or a part of it: a piece is read, and verified, when the one before has left, so that a slow
 * reader holds one piece in memory. Bytes that turn out to be damaged break the answer off. Confined to the exchange's loop.
 */
final class Departing {

    private static final Logger LOG = LoggerFactory.getLogger(Departing.class);

    /** Bytes that are read at once. */
    private static final int PIECE = 64 << 10;

    private final Call call;
    private final Row row;
    private final Content content;
    private final Executor disk;
    private Content.@Nullable Reader reader;
    private HttpExchange.@Nullable HttpStream stream;
    private long sent;
    private long end;
    private boolean reading;
    private boolean over;

    /** @param disk where reading may block */
    Departing(Call call, Row row, Content content, Executor disk) {
        this.call = call;
        this.row = row;
        this.content = content;
        this.disk = disk;
    }

    /**
     * Answers with it.
     *
     * @param again what to do when the row does not have it any more
     */
    void answer(Runnable again) {
        String tag = Tag.of(row.version(), "o");
        Conditions.Answer answer = Conditions.read(call.headers(), row.version(), tag);
        if (answer == Conditions.Answer.FAILED) {
            throw new Failure(Failure.Code.PRECONDITION, "the row is at another version, see its ETag");
        } else if (answer == Conditions.Answer.NOT_MODIFIED) {
            FullHttpResponse response = Call.empty(HttpResponseStatus.NOT_MODIFIED);
            validators(response.headers(), tag);
            call.exchange().respond(response);
            return;
        }
        boolean get = call.method().equals(HttpMethod.GET);
        ByteRange range = get ? ByteRange.of(call.headers(), content.length(), tag) : null;
        if (range != null && !range.exists()) {
            call.exchange().respond(ByteRange.none(content.length()));
            return;
        }
        sent = range == null ? 0 : range.from();
        end = range == null ? content.length() : range.end();
        if (!get || sent == end) {
            FullHttpResponse response = Call.empty(HttpResponseStatus.OK);
            describe(response.headers(), tag, null);
            call.exchange().respond(response);
            return;
        }
        HttpResponse head = new DefaultHttpResponse(
                HttpVersion.HTTP_1_1, range == null ? HttpResponseStatus.OK : HttpResponseStatus.PARTIAL_CONTENT);
        describe(head.headers(), tag, range);
        // The first piece comes before the answer begins, so that what cannot be read is an answer of its own.
        call.then(first(), piece -> begin(head, piece), failure -> refused(failure, again));
    }

    private void refused(Throwable failure, Runnable again) {
        close();
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof Failure refusal && refusal.code() == Failure.Code.NOT_FOUND) {
            again.run();
        } else {
            call.exchange().fail(cause);
        }
    }

    private void describe(HttpHeaders headers, String tag, @Nullable ByteRange range) {
        validators(headers, tag);
        headers.set(HttpHeaderNames.CONTENT_TYPE, Media.sendable(content.mediaType()))
                .set(HttpHeaderNames.CONTENT_LENGTH, end - sent)
                .set(HttpHeaderNames.ACCEPT_RANGES, "bytes");
        if (range != null) {
            headers.set(HttpHeaderNames.CONTENT_RANGE, range.text(content.length()));
        }
        UserProperties.put(headers, row.attributes().properties());
        Reading.untrusted(headers);
    }

    private void validators(HttpHeaders headers, String tag) {
        headers.set(HttpHeaderNames.ETAG, tag)
                .set(HttpHeaderNames.LAST_MODIFIED, Moment.ofVersion(row.version()))
                .set(HttpHeaderNames.VARY, "Accept");
        Freshness.put(headers, row, System.currentTimeMillis());
    }

    private CompletableFuture<byte[]> first() {
        CompletableFuture<byte[]> first = new CompletableFuture<>();
        try {
            Content.Reader opened = content.open();
            reader = opened;
            long from = sent;
            disk.execute(() -> {
                try {
                    first.complete(opened.read(from, most(from)));
                } catch (RuntimeException unreadable) {
                    first.completeExceptionally(unreadable);
                }
            });
        } catch (Failure gone) {
            first.completeExceptionally(gone);
        } catch (RejectedExecutionException stopped) {
            first.completeExceptionally(new Failure(Failure.Code.UNAVAILABLE, "the protocol is being stopped"));
        }
        return first;
    }

    private void begin(HttpResponse head, byte[] piece) {
        HttpExchange.HttpStream out = call.exchange().stream(head);
        stream = out;
        out.onWritable(this::next);
        out.closed().whenComplete((closed, failure) -> {
            over = true;
            if (!reading) {
                close();
            }
        });
        arrived(piece);
    }

    /** Up to the next multiple of a piece, since that is how the bytes lie. */
    private int most(long from) {
        return (int) Math.min(end - from, PIECE - from % PIECE);
    }

    private void next() {
        HttpExchange.HttpStream out = stream;
        Content.Reader from = reader;
        if (over || reading || out == null || from == null || !out.writable()) {
            return;
        }
        if (sent == end) {
            over = true;
            close();
            out.finish();
            return;
        }
        reading = true;
        long at = sent;
        try {
            disk.execute(() -> read(from, at));
        } catch (RejectedExecutionException stopped) {
            reading = false;
            out.abort();
        }
    }

    private void read(Content.Reader from, long at) {
        byte[] piece = null;
        try {
            piece = from.read(at, most(at));
        } catch (RuntimeException unreadable) {
            LOG.warn(
                    "content broken off connection={} at={} reason=\"{}\"",
                    call.exchange().connection().id(),
                    at,
                    unreadable.getMessage());
        }
        byte[] found = piece;
        try {
            call.exchange().loop().execute(() -> arrived(found));
        } catch (RejectedExecutionException stopped) {
            // The loop has ended, and with it the connection.
            from.close();
        }
    }

    private void arrived(byte @Nullable [] piece) {
        reading = false;
        HttpExchange.HttpStream out = stream;
        if (out == null || over) {
            close();
        } else if (piece == null || piece.length == 0) {
            over = true;
            close();
            out.abort();
        } else {
            sent += piece.length;
            out.write(Unpooled.wrappedBuffer(piece));
            out.flush();
            next();
        }
    }

    private void close() {
        Content.Reader opened = reader;
        reader = null;
        if (opened != null) {
            opened.close();
        }
    }
}
