// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.transport.Envelope;
import dev.tarn.transport.Envelope.Format;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpExchange.HttpStream;
import dev.tarn.transport.Outflow;
import dev.tarn.transport.Printable;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.Future;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream of events that an application took over. An object of nothing but {@code data}, {@code event}, {@code id} and
 * {@code retry} is an event's fields, text is its data, and everything else its data as JSON. On the exchange's loop. HTML §9.2.
 */
final class TakenStream implements Outflow.Outlet {
    private static final Logger LOG = LoggerFactory.getLogger(TakenStream.class);
    private static final String DATA = "data";
    private static final String EVENT = "event";
    private static final String ID = "id";
    private static final String RETRY = "retry";
    private static final Set<String> FIELDS = Set.of(DATA, EVENT, ID, RETRY);

    private final HttpExchange exchange;
    private final Envelope envelope;
    private final SseProtocol.Settings settings;
    private @Nullable HttpStream stream;
    private @Nullable Future<?> heartbeat;

    TakenStream(HttpExchange exchange, Envelope envelope, SseProtocol.Settings settings) {
        this.exchange = exchange;
        this.envelope = envelope;
        this.settings = settings;
    }

    /** Sends the head at once, then what comes. */
    void begin(Flow.Publisher<Body> outgoing) {
        exchange.traffic().open.increment();
        HttpStream out = exchange.stream(EventStream.head());
        stream = out;
        Outflow outflow = new Outflow(exchange.loop(), out::writable, this);
        out.closed().whenComplete((done, failure) -> {
            stream = null;
            exchange.traffic().open.decrement();
            if (heartbeat != null) {
                heartbeat.cancel(false);
            }
            outflow.cancel();
        });
        outgoing.subscribe(outflow);
        if (stream == null) {
            // The peer was gone before its answer began.
            return;
        }
        text("retry: " + settings.retry().toMillis() + "\n\n");
        out.flush();
        out.onWritable(outflow::ask);
        out.onClosing(out::finish);
        long period = settings.heartbeat().toMillis();
        heartbeat = exchange.loop().scheduleAtFixedRate(this::beat, period, period, TimeUnit.MILLISECONDS);
    }

    /** Says nothing, so that whatever is between server and client sees that the stream is alive. */
    private void beat() {
        if (stream != null && stream.writable()) {
            text(":\n\n");
            stream.flush();
        }
    }

    private void text(String text) {
        if (stream != null) {
            stream.write(Unpooled.wrappedBuffer(text.getBytes(UTF_8)));
        }
    }

    @Override
    public void write(Body body) {
        StringBuilder event = new StringBuilder();
        if (body.structured() && body.value() instanceof Map<?, ?> map && isEvent(map)) {
            field(event, EVENT, map.get(EVENT));
            field(event, ID, map.get(ID));
            field(event, RETRY, map.get(RETRY));
            Object data = map.get(DATA);
            lines(event, data instanceof String text ? text : json(data));
        } else if (body.structured()) {
            Object value = body.value();
            lines(event, value instanceof String text ? text : json(value));
        } else if (body.mediaType().startsWith("text/")) {
            lines(event, new String(body.bytes(), UTF_8));
        } else {
            Map<String, Object> bytes = new LinkedHashMap<>();
            bytes.put("contentType", body.mediaType());
            bytes.put(DATA, Base64.getEncoder().encodeToString(body.bytes()));
            bytes.put("encoding", "base64");
            lines(event, json(bytes));
        }
        text(event.append('\n').toString());
        exchange.traffic().out.increment();
    }

    private static boolean isEvent(Map<?, ?> map) {
        return (map.containsKey(DATA) || map.containsKey(EVENT)) && FIELDS.containsAll(map.keySet());
    }

    private String json(@Nullable Object value) {
        return new String(envelope.encode(value, Format.JSON), UTF_8);
    }

    private static void field(StringBuilder event, String name, @Nullable Object value) {
        if (value != null) {
            // A line ends a field, and a NUL makes an id void.
            event.append(name)
                    .append(": ")
                    .append(value.toString().replaceAll("[\r\n\0]", " "))
                    .append('\n');
        }
    }

    private static void lines(StringBuilder event, String data) {
        for (String line : data.split("\r\n|\r|\n", -1)) {
            event.append("data: ").append(line).append('\n');
        }
    }

    @Override
    public void flush() {
        if (stream != null) {
            stream.flush();
        }
    }

    @Override
    public void ended(@Nullable Throwable failure) {
        if (failure instanceof Failure refused) {
            LOG.debug(
                    "stream ended by its application connection={} reason=\"{}\"",
                    exchange.connection().id(),
                    Printable.of(refused.reason()));
        } else if (failure != null) {
            LOG.error("stream failed connection={}", exchange.connection().id(), failure);
        }
        if (stream != null) {
            // The client comes back by itself.
            stream.finish();
        }
    }
}
