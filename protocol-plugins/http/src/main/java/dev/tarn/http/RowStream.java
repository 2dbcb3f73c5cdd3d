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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sends rows as they come: a JSON array, lines of JSON, or a CBOR array of indefinite length (RFC 8949 §3.2.2). Rows are
 * encoded on the publisher's thread, which asks for the next ones itself as long as the loop keeps up, and handed to the loop
 * in bundles; what is written is confined to the loop. Rows are asked for in steps, and no further step is taken while
 * {@value #WINDOW} rows or {@value #BYTES} bytes wait for the loop, or the peer does not read; so a slow reader holds a fixed
 * amount of memory.
 */
final class RowStream implements Flow.Subscriber<Row> {

    /** Rows on their way between the store and the socket, at most. */
    static final int WINDOW = 1_024;

    /** Bytes on their way between the store and the socket beyond which no step is taken. */
    private static final int BYTES = 256 * 1024;

    /** Rows that are asked for before anything is known of their size. */
    private static final int FIRST = 16;

    /** Rows of one step, at most, and of large rows only so many as make about {@value #STEP_BYTES} bytes. */
    private static final int STEP = 256;

    private static final int STEP_BYTES = 64 * 1024;

    /** The longest list that is a page, whose answer says where the next one begins. */
    private static final int PAGE = 1_000;

    /** Bytes of rows that are gathered before they are handed to the loop, and before they are written. */
    private static final int CHUNK = 32 * 1024;

    /** Rows wait no longer for others to go to the loop with. */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

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

    /** Rows that were asked for and have not come. Whoever changes it from 0 asks for the next step. */
    private final AtomicInteger asked = new AtomicInteger();

    /** Rows that have come and the loop has not written, and their bytes. */
    private final AtomicInteger rowsAhead = new AtomicInteger();

    private final AtomicLong bytesAhead = new AtomicLong();

    /** Whether the peer reads: written on the loop. */
    private volatile boolean readable = true;

    /** Bytes of a large row of late: grows at once, shrinks slowly. Written by the publisher. */
    private volatile long size;

    // By the publisher only, whose signals come one at a time.
    private List<byte[]> bundle = new ArrayList<>();
    private long bundleBytes;
    private long handedAt = System.nanoTime();

    // On the loop only.
    private HttpExchange.@Nullable HttpStream stream;
    private boolean over;
    private long rows;

    /** Whether the first row was written. */
    private boolean begun;

    /** Rows of a page that is not sent yet; null when rows are sent as they come. */
    private @Nullable List<byte[]> held;

    private long heldBytes;

    /** Compresses the answer; null when it goes as it is. */
    private Coding.@Nullable Pieces coded;

    /** One thing that a publisher says. */
    private sealed interface Signal {}

    private record Encoded(List<byte[]> rows, long bytes) implements Signal {}

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

    // The publisher's thread

    @Override
    public void onSubscribe(Flow.Subscription all) {
        subscription = all;
        asked.set(FIRST);
        all.request(FIRST);
    }

    @Override
    public void onNext(Row row) {
        String format = mediaType.equals(Media.NDJSON) ? Bodies.JSON : mediaType;
        byte[] encoded;
        try {
            encoded = representations.element(call.table(), row, format);
        } catch (RuntimeException unreadable) {
            cancel();
            say(new Failed(unreadable));
            return;
        }
        bundle.add(encoded);
        bundleBytes += encoded.length;
        long known = size;
        size = Math.max(encoded.length, known - known / 16);
        rowsAhead.incrementAndGet();
        bytesAhead.addAndGet(encoded.length);
        boolean last = asked.decrementAndGet() == 0;
        boolean more = last && ask();
        boolean full = bundleBytes >= CHUNK || (last && bundle.size() >= STEP);
        if (full || (last && !more) || System.nanoTime() - handedAt >= PATIENCE_NANOS) {
            handOver();
        }
    }

    @Override
    public void onError(Throwable failure) {
        say(new Failed(failure));
    }

    @Override
    public void onComplete() {
        handOver();
        say(new Complete());
    }

    private void handOver() {
        handedAt = System.nanoTime();
        if (!bundle.isEmpty()) {
            List<byte[]> full = bundle;
            bundle = new ArrayList<>(full.size());
            say(new Encoded(full, bundleBytes));
            bundleBytes = 0;
        }
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

    /** Asks for the next step, if all of the last one has come and little waits. On the publisher's thread or the loop. */
    private boolean ask() {
        int ahead = rowsAhead.get();
        long bytes = bytesAhead.get();
        if (!readable || ahead >= WINDOW || bytes >= BYTES) {
            return false;
        }
        int step = (int) Math.max(1, Math.min(Math.min(STEP, WINDOW - ahead), STEP_BYTES / Math.max(1, size)));
        if (!asked.compareAndSet(0, step)) {
            return false;
        }
        Objects.requireNonNull(subscription).request(step);
        return true;
    }

    // The loop

    /** Writes what there is. */
    private void drain() {
        // Before the first poll: what is said from now on is either polled or schedules another run.
        scheduled.set(false);
        Chunks chunks = new Chunks();
        for (Signal signal = signals.poll(); signal != null; signal = signals.poll()) {
            if (signal instanceof Encoded encoded) {
                rowsAhead.addAndGet(-encoded.rows.size());
                bytesAhead.addAndGet(-encoded.bytes);
            }
            if (over) {
                continue;
            }
            if (signal instanceof Encoded encoded) {
                rows += encoded.rows.size();
                for (byte[] row : encoded.rows) {
                    hold(row, chunks);
                }
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
        goOn();
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
            Coding coding = worth ? Coding.chosen(call.headers()) : null;
            coded = coding == null ? null : coding.open();
            if (coding != null && coded != null) {
                head.headers().set(HttpHeaderNames.CONTENT_ENCODING, coding.token());
            }
            out = call.exchange().stream(head);
            stream = out;
            out.onWritable(this::goOn);
            out.closed().whenComplete((closed, failure) -> {
                over = true;
                cancel();
                if (coded != null) {
                    coded.close();
                }
            });
        }
        return out;
    }

    /** Says whether the peer reads, and asks for more where the publisher has stopped to ask. */
    private void goOn() {
        HttpExchange.HttpStream out = stream;
        readable = !over && (out == null ? held != null : out.writable());
        if (readable && asked.get() == 0) {
            ask();
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
            HttpExchange.HttpStream out = open(!last || full.readableBytes() >= Coding.LEAST);
            Coding.Pieces coding = coded;
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
