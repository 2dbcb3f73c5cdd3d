// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import dev.tarn.transport.HttpExchange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Sends rows as they come: a JSON array, lines of JSON, or a CBOR array of indefinite length (RFC 8949 §3.2.2). Rows are
 * encoded on the publisher's thread and handed to the loop through a queue; all else is confined to the loop. At most
 * {@value #WINDOW} rows are asked for ahead of the socket, and of large ones only so many as make about {@value #BYTES}
 * bytes, so a slow reader holds a fixed amount of memory.
 */
final class RowStream implements Flow.Subscriber<Row> {

    /** Rows on their way between the store and the socket, at most. */
    static final int WINDOW = 128;

    /** Bytes on their way between the store and the socket, judged by the rows of late. */
    private static final int BYTES = 256 * 1024;

    /** Rows that are asked for before anything is known of their size. */
    private static final int FIRST = 16;

    /** The longest list that is a page, whose answer says where the next one begins. */
    private static final int PAGE = 1_000;

    /** Bytes of rows that are gathered before they are written. */
    private static final int CHUNK = 32 * 1024;

    private static final byte[] JSON_FIRST = {'['};
    private static final byte[] JSON_NEXT = {',', '\n'};
    private static final byte[] JSON_EMPTY = {'[', ']', '\n'};
    private static final byte[] JSON_END = {']', '\n'};

    private final Call call;
    private final Representations representations;
    private final String mediaType;
    private final HttpResponse head;
    private final Found found;

    /** What the publisher has said and the loop has not heard yet, in order. */
    private final Queue<Signal> signals = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean scheduled = new AtomicBoolean();

    /** Written before the first request, and so before any signal. */
    private Flow.@Nullable Subscription subscription;

    // On the loop only.
    private HttpExchange.@Nullable HttpStream stream;
    private boolean over;
    private long underway = FIRST;
    private long rows;

    /** Whether the first row was written. */
    private boolean begun;

    /** Bytes of a large row of late: grows at once, shrinks slowly. */
    private long size;

    /** Rows of a page that is not sent yet; null when rows are sent as they come. */
    private @Nullable List<byte[]> held;

    private long heldBytes;

    /** Compresses the answer; null when it goes as it is. */
    private @Nullable Gzip gzip;

    /** One thing that a publisher says. */
    private sealed interface Signal {}

    private static final class Encoded implements Signal {
        private final byte[] row;

        Encoded(byte[] row) {
            this.row = row;
        }
    }

    private record Failed(Throwable failure) implements Signal {}

    private record Complete() implements Signal {}

    /**
     * Sends one answer.
     *
     * @param found whose rows these are: a page of them is held until it is known where the next one begins
     */
    RowStream(Call call, Representations representations, String mediaType, HttpResponse head, Found found) {
        this.call = call;
        this.found = found;
        this.held = found.limit() <= PAGE ? new ArrayList<>() : null;
        this.representations = representations;
        this.mediaType = mediaType;
        this.head = head;
    }

    /** Whether lists in this format can be written before their length is known. */
    static boolean streams(String mediaType) {
        return mediaType.equals(Bodies.JSON) || mediaType.equals(Media.NDJSON) || mediaType.equals(Bodies.CBOR);
    }

    @Override
    public void onSubscribe(Flow.Subscription all) {
        subscription = all;
        all.request(FIRST);
    }

    @Override
    public void onNext(Row row) {
        String format = mediaType.equals(Media.NDJSON) ? Bodies.JSON : mediaType;
        try {
            say(new Encoded(representations.element(call.table(), row, format)));
        } catch (RuntimeException unreadable) {
            cancel();
            say(new Failed(unreadable));
        }
    }

    @Override
    public void onError(Throwable failure) {
        say(new Failed(failure));
    }

    @Override
    public void onComplete() {
        say(new Complete());
    }

    private void say(Signal signal) {
        signals.add(signal);
        if (scheduled.compareAndSet(false, true)) {
            try {
                call.exchange().loop().execute(this::drain);
            } catch (RejectedExecutionException stopped) {
                // The loop has ended, and with it the connection: there is nobody to send rows to.
                cancel();
            }
        }
    }

    private void cancel() {
        Objects.requireNonNull(subscription).cancel();
    }

    /** Writes what there is. On the loop. */
    private void drain() {
        // Before the first poll: what is said from now on is either polled or schedules another run.
        scheduled.set(false);
        Chunks chunks = new Chunks();
        for (Signal signal = signals.poll(); signal != null; signal = signals.poll()) {
            if (over) {
                continue;
            }
            if (signal instanceof Encoded encoded) {
                underway--;
                rows++;
                size = Math.max(encoded.row.length, size - size / 16);
                hold(encoded.row, chunks);
            } else if (signal instanceof Failed failed) {
                over = true;
                chunks.close();
                // Before the first row that is an answer of its own; later the peer sees that the list is not whole.
                call.exchange().fail(failed.failure());
            } else {
                found.next().ifPresent(cursor -> Pages.link(call, head, cursor));
                letGo(chunks);
                chunks.end();
                over = true;
                open(false).finish();
            }
        }
        chunks.close();
        ask();
    }

    /** Keeps a row of a page back, unless the page becomes large: then it goes without saying what comes next. */
    private void hold(byte[] row, Chunks chunks) {
        List<byte[]> page = held;
        if (page == null) {
            chunks.add(row);
            return;
        }
        page.add(row);
        heldBytes += row.length;
        if (heldBytes > BYTES) {
            letGo(chunks);
        }
    }

    private void letGo(Chunks chunks) {
        List<byte[]> page = held;
        held = null;
        if (page != null) {
            page.forEach(chunks::add);
        }
    }

    /**
     * The answer, begun when it is certain that there will be one.
     *
     * @param worth whether it is long enough to be compressed
     */
    private HttpExchange.HttpStream open(boolean worth) {
        HttpExchange.HttpStream out = stream;
        if (out == null) {
            gzip = worth && Gzip.accepted(call.headers()) ? Gzip.open() : null;
            if (gzip != null) {
                head.headers().set(HttpHeaderNames.CONTENT_ENCODING, "gzip");
            }
            out = call.exchange().stream(head);
            stream = out;
            out.onWritable(this::ask);
            out.closed().whenComplete((closed, failure) -> {
                over = true;
                cancel();
                if (gzip != null) {
                    gzip.close();
                }
            });
        }
        return out;
    }

    /** Asks for more when half of what may be underway has been written, and the peer reads. On the loop. */
    private void ask() {
        HttpExchange.HttpStream out = stream;
        boolean readable = out == null ? held != null : out.writable();
        if (over || !readable) {
            return;
        }
        long window = Math.max(1, Math.min(WINDOW, BYTES / Math.max(1, size)));
        if (underway <= window / 2) {
            long more = window - underway;
            underway = window;
            Objects.requireNonNull(subscription).request(more);
        }
    }

    /** Puts rows, and what is between them, into buffers of a good size. On the loop. */
    private final class Chunks {
        private @Nullable ByteBuf chunk;
        private boolean written;

        void add(byte[] row) {
            boolean first = !begun;
            begun = true;
            ByteBuf to = room(row.length + 2);
            if (mediaType.equals(Bodies.JSON)) {
                to.writeBytes(first ? JSON_FIRST : JSON_NEXT);
            } else if (mediaType.equals(Bodies.CBOR) && first) {
                to.writeByte(0x9f);
            }
            to.writeBytes(row);
            if (mediaType.equals(Media.NDJSON)) {
                to.writeByte('\n');
            }
        }

        /** What ends the list. */
        void end() {
            if (mediaType.equals(Bodies.JSON)) {
                room(4).writeBytes(rows == 0 ? JSON_EMPTY : JSON_END);
            } else if (mediaType.equals(Bodies.CBOR)) {
                ByteBuf to = room(2);
                if (rows == 0) {
                    to.writeByte(0x9f);
                }
                to.writeByte(0xff);
            } else {
                room(1);
            }
            close(true);
        }

        private ByteBuf room(int size) {
            ByteBuf to = chunk;
            if (to != null && to.readableBytes() + size > CHUNK) {
                hand(to, false);
                to = null;
            }
            if (to == null) {
                to = PooledByteBufAllocator.DEFAULT.buffer(Math.max(CHUNK, size));
                chunk = to;
            }
            return to;
        }

        private void hand(ByteBuf full, boolean last) {
            chunk = null;
            written = true;
            HttpExchange.HttpStream out = open(!last || full.readableBytes() >= Gzip.LEAST);
            Gzip coding = gzip;
            if (coding == null) {
                out.write(full);
                return;
            } else if (coding.closed()) {
                full.release();
                return;
            }
            byte[] plain = new byte[full.readableBytes()];
            full.readBytes(plain);
            full.release();
            out.write(Unpooled.wrappedBuffer(coding.add(plain, last)));
        }

        /** Writes what is left so far. */
        void close() {
            close(false);
        }

        private void close(boolean last) {
            ByteBuf rest = chunk;
            if (rest != null) {
                hand(rest, last);
            }
            if (written) {
                written = false;
                open(false).flush();
            }
        }
    }
}
