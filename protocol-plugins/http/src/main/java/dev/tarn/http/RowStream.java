// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Row;
import dev.tarn.transport.HttpExchange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Sends rows as they come: a JSON array, lines of JSON, or a CBOR array of indefinite length (RFC 8949 §3.2.2). Rows are
 * encoded on the publisher's thread, at most {@value #WINDOW} ahead of the socket; more are asked for as it drains, so a
 * slow reader holds a fixed amount of memory.
 */
final class RowStream implements Flow.Subscriber<Row> {

    /** Rows on their way between the store and the socket. */
    private static final int WINDOW = 256;

    /** Bytes of rows that are gathered before they are written. */
    private static final int CHUNK = 32 * 1024;

    private final Call call;
    private final Representations representations;
    private final String mediaType;
    private final HttpResponse head;

    /** Encoded rows that the loop has not written yet; guarded by itself. */
    private final List<byte[]> encoded = new ArrayList<>();

    private final AtomicBoolean scheduled = new AtomicBoolean();
    private boolean complete;
    private @Nullable Throwable failed;

    // On the loop only.
    private HttpExchange.@Nullable HttpStream stream;
    private boolean first = true;
    private boolean over;
    private long owed;

    private Flow.@Nullable Subscription subscription;

    RowStream(Call call, Representations representations, String mediaType, HttpResponse head) {
        this.call = call;
        this.representations = representations;
        this.mediaType = mediaType;
        this.head = head;
    }

    /** Whether lists in this format can be written before their length is known. */
    static boolean streams(String mediaType) {
        return mediaType.equals(Bodies.JSON) || mediaType.equals(Media.NDJSON) || mediaType.equals(Bodies.CBOR);
    }

    @Override
    public void onSubscribe(Flow.Subscription rows) {
        subscription = rows;
        rows.request(WINDOW);
    }

    @Override
    public void onNext(Row row) {
        String format = mediaType.equals(Media.NDJSON) ? Bodies.JSON : mediaType;
        byte[] bytes;
        try {
            bytes = representations.element(call.table(), row, format);
        } catch (RuntimeException unreadable) {
            onError(unreadable);
            cancel();
            return;
        }
        synchronized (encoded) {
            encoded.add(bytes);
        }
        schedule();
    }

    @Override
    public void onError(Throwable failure) {
        synchronized (encoded) {
            if (failed == null) {
                failed = failure;
            }
        }
        schedule();
    }

    @Override
    public void onComplete() {
        synchronized (encoded) {
            complete = true;
        }
        schedule();
    }

    private void cancel() {
        Flow.Subscription rows = subscription;
        if (rows != null) {
            rows.cancel();
        }
    }

    private void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            call.exchange().loop().execute(this::drain);
        }
    }

    /** Writes what there is. On the loop. */
    private void drain() {
        scheduled.set(false);
        List<byte[]> rows;
        boolean last;
        Throwable failure;
        synchronized (encoded) {
            rows = List.copyOf(encoded);
            encoded.clear();
            last = complete;
            failure = failed;
        }
        if (over) {
            return;
        }
        if (stream == null) {
            if (failure != null && rows.isEmpty()) {
                over = true;
                call.exchange().fail(failure);
                return;
            }
            begin();
        }
        HttpExchange.HttpStream out = java.util.Objects.requireNonNull(stream);
        write(out, rows);
        if (failure != null) {
            over = true;
            call.exchange().fail(failure);
        } else if (last) {
            over = true;
            end(out);
        } else {
            owed += rows.size();
            ask();
        }
    }

    private void begin() {
        HttpExchange.HttpStream out = call.exchange().stream(head);
        stream = out;
        out.onWritable(this::ask);
        out.closed().whenComplete((closed, failure) -> {
            over = true;
            cancel();
        });
        out.write(byteBuf(mediaType.equals(Bodies.JSON) ? "[" : mediaType.equals(Bodies.CBOR) ? "\u009f" : ""));
    }

    private static ByteBuf byteBuf(String latin) {
        ByteBuf buffer = PooledByteBufAllocator.DEFAULT.buffer(Math.max(1, latin.length()));
        for (int i = 0; i < latin.length(); i++) {
            buffer.writeByte(latin.charAt(i));
        }
        return buffer;
    }

    private void write(HttpExchange.HttpStream out, List<byte[]> rows) {
        if (rows.isEmpty()) {
            return;
        }
        ByteBuf chunk = PooledByteBufAllocator.DEFAULT.buffer(CHUNK);
        for (byte[] row : rows) {
            if (mediaType.equals(Bodies.JSON) && !first) {
                chunk.writeByte(',').writeByte('\n');
            }
            first = false;
            chunk.writeBytes(row);
            if (mediaType.equals(Media.NDJSON)) {
                chunk.writeByte('\n');
            }
            if (chunk.readableBytes() >= CHUNK) {
                out.write(chunk);
                chunk = PooledByteBufAllocator.DEFAULT.buffer(CHUNK);
            }
        }
        out.write(chunk);
        out.flush();
    }

    /** Asks for as many rows as were written, while the peer reads. On the loop. */
    private void ask() {
        HttpExchange.HttpStream out = stream;
        Flow.Subscription rows = subscription;
        if (out != null && rows != null && owed > 0 && out.writable() && !over) {
            long more = owed;
            owed = 0;
            rows.request(more);
        }
    }

    private void end(HttpExchange.HttpStream out) {
        if (mediaType.equals(Bodies.JSON)) {
            out.write(byteBuf("]\n"));
        } else if (mediaType.equals(Bodies.CBOR)) {
            out.write(byteBuf("\u00ff"));
        }
        out.finish();
    }
}
