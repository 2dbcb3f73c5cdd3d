// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.transport.Credit;
import dev.tarn.transport.Envelope;
import dev.tarn.transport.Envelope.Format;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpExchange.HttpStream;
import dev.tarn.transport.Printable;
import dev.tarn.transport.SharedBudget;
import dev.tarn.transport.Watch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client that reads events. On the connection's loop. HTML §9.2. */
final class EventStream implements Subscriber {
    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

    /** Events are gathered up to so many bytes before they are handed to the socket. */
    private static final int CHUNK = 64 << 10;

    private final HttpExchange exchange;
    private final Envelope envelope;
    private final SseProtocol.Settings settings;
    private final Watch watch;
    private final boolean namesTypes;
    private final SharedBudget budget;
    private final Credit credit;

    /** Subscriptions whose current rows are still being sent. */
    private final Set<Subscription> scanning = new HashSet<>();

    /** The last change delivered as it happened; may be past what the current rows were read at. */
    private long newest;

    /** Where a stream without current rows can be resumed as long as nothing has come. */
    private long begun = Long.MAX_VALUE;

    /** The last event lacks the empty line that dispatches it, since the number to resume from may follow at once. */
    private boolean undispatched;

    private @Nullable Mailbox mailbox;
    private @Nullable HttpStream stream;
    private @Nullable Future<?> heartbeat;

    EventStream(
            HttpExchange exchange,
            Envelope envelope,
            SseProtocol.Settings settings,
            SharedBudget budget,
            Watch watch,
            boolean namesTypes) {
        this.exchange = exchange;
        this.envelope = envelope;
        this.settings = settings;
        this.watch = watch;
        this.namesTypes = namesTypes;
        this.budget = budget;
        this.credit = new Credit(budget::each);
    }

    /**
     * Subscribes to everything that the request names.
     *
     * @throws Failure when one of them is refused; then nothing is left behind
     */
    void subscribe(Resources resources) {
        Mailbox box = resources.mailbox(exchange.context(), exchange.loop(), this);
        try {
            for (Filter filter : watch.filters()) {
                Subscription subscription = box.subscribe(filter, watch.start(), watch.interest(), null);
                if (watch.start().from() == Start.From.CURRENT) {
                    scanning.add(subscription);
                } else if (watch.start().from() == Start.From.LIVE) {
                    begun = Math.min(begun, subscription.settled());
                }
            }
        } catch (Failure refused) {
            box.close();
            throw refused;
        }
        mailbox = box;
    }

    /** The head of every stream. */
    static HttpResponse head() {
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8")
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .set("X-Accel-Buffering", "no");
        return head;
    }

    /** Sends the head at once, then lets events come. */
    void begin() {
        exchange.traffic().open.increment();
        budget.enter();
        HttpStream out = exchange.stream(head());
        stream = out;
        out.closed().whenComplete((done, failure) -> closed());
        if (mailbox == null) {
            // The peer was gone before its answer began.
            return;
        }
        out.write(Unpooled.wrappedBuffer(("retry: " + settings.retry().toMillis() + "\n\n").getBytes(US_ASCII)));
        if (begun < Long.MAX_VALUE) {
            out.write(id(begun));
        }
        out.flush();
        out.onWritable(this::request);
        // A client comes back by itself, and then sees whether there is a server again.
        out.onClosing(() -> {
            dispatch();
            out.finish();
        });
        long period = settings.heartbeat().toMillis();
        heartbeat = exchange.loop().scheduleAtFixedRate(this::beat, period, period, TimeUnit.MILLISECONDS);
        request();
    }

    @Override
    public void deliver(List<Delivery> batch) {
        HttpStream out = stream;
        if (out == null) {
            return;
        }
        long bytes = 0;
        ByteBuf events = ByteBufAllocator.DEFAULT.buffer();
        boolean dispatched = !undispatched;
        undispatched = false;
        try {
            for (Delivery delivery : batch) {
                int before = events.readableBytes();
                if (!dispatched) {
                    events.writeByte('\n');
                }
                dispatched = false;
                event(events, delivery);
                bytes += events.readableBytes() - before;
                if (events.readableBytes() >= CHUNK) {
                    out.write(events);
                    events = ByteBufAllocator.DEFAULT.buffer();
                }
            }
        } catch (RuntimeException | Error bug) {
            events.release();
            throw bug;
        }
        if (batch.get(batch.size() - 1).current()) {
            undispatched = true;
            exchange.loop().execute(this::dispatch);
        } else {
            events.writeByte('\n');
        }
        out.write(events);
        out.flush();
        exchange.traffic().out.add(batch.size());
        credit.delivered(batch.size(), bytes);
        request();
    }

    /** Dispatches the last event, if that has not been done. */
    private void dispatch() {
        if (undispatched && stream != null) {
            stream.write(Unpooled.wrappedBuffer(new byte[] {'\n'}));
            stream.flush();
        }
        undispatched = false;
    }

    private void event(ByteBuf out, Delivery delivery) {
        if (!delivery.current()) {
            newest = Math.max(newest, delivery.change().sequence());
        }
        if (delivery.resume() != 0) {
            ascii(out, "id: ").writeCharSequence(Long.toString(delivery.resume()), US_ASCII);
            out.writeByte('\n');
        }
        if (namesTypes) {
            ascii(out, "event: ")
                    .writeCharSequence(Envelope.type(delivery.change().kind(), delivery.crossing()), US_ASCII);
            out.writeByte('\n');
        }
        String path = watch.paths() ? delivery.matched().get(0).topic(delivery.change()) : null;
        ascii(out, "data: ");
        if (watch.query() == null) {
            envelope.write(out, delivery.change(), Format.JSON, path, 0);
        } else {
            envelope.write(out, delivery, Format.JSON, path, 0, null);
        }
        out.writeByte('\n');
    }

    private static ByteBuf ascii(ByteBuf out, String text) {
        out.writeCharSequence(text, US_ASCII);
        return out;
    }

    @Override
    public void missed(long changes) {
        exchange.traffic().dropped.add(changes);
        notice("gap", Map.of("missed", changes));
    }

    @Override
    public void reset(Subscription subscription) {
        scanning.add(subscription);
        notice(
                "reset",
                watch.filters().size() > 1
                        ? Map.of("path", subscription.filter().text())
                        : Map.of());
    }

    @Override
    public void current(Subscription subscription, long sequence) {
        scanning.remove(subscription);
        HttpStream out = stream;
        long resume = Math.max(sequence, newest);
        if (out != null && scanning.isEmpty()) {
            undispatched = false;
            out.write(id(resume));
            out.flush();
        }
    }

    /** Belongs to the event before if that is not dispatched yet. Otherwise it dispatches nothing, but a browser that reconnects now says from where. HTML §9.2.6. */
    private static ByteBuf id(long sequence) {
        return Unpooled.wrappedBuffer(("id: " + sequence + "\n\n").getBytes(US_ASCII));
    }

    @Override
    public void ended(Failure why) {
        LOG.debug(
                "stream ended by the server connection={} reason=\"{}\"",
                exchange.connection().id(),
                Printable.of(why.reason()));
        mailbox = null;
        dispatch();
        if (stream != null) {
            // The client reconnects by itself and is then told by a status, or resumes.
            stream.finish();
        }
    }

    private void notice(String type, Map<String, ?> more) {
        HttpStream out = stream;
        if (out == null) {
            return;
        }
        Map<String, Object> notice = new LinkedHashMap<>();
        notice.put("type", type);
        notice.putAll(more);
        dispatch();
        byte[] head = ((namesTypes ? "event: " + type + "\n" : "") + "data: ").getBytes(US_ASCII);
        out.write(Unpooled.wrappedBuffer(head, envelope.encode(notice, Format.JSON), new byte[] {'\n', '\n'}));
        out.flush();
    }

    private void request() {
        if (mailbox != null && stream != null && stream.writable()) {
            long more = credit.more();
            if (more > 0) {
                mailbox.request(more);
            }
        }
    }

    /** Says nothing, so that whatever is between server and client sees that the stream is alive. */
    private void beat() {
        dispatch();
        if (stream != null && stream.writable()) {
            stream.write(Unpooled.wrappedBuffer(new byte[] {':', '\n', '\n'}));
            stream.flush();
        }
    }

    private void closed() {
        stream = null;
        exchange.traffic().open.decrement();
        budget.leave();
        if (heartbeat != null) {
            heartbeat.cancel(false);
        }
        if (mailbox != null) {
            mailbox.close();
            mailbox = null;
        }
    }
}
