// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Resources;
import dev.tarn.transport.Consent;
import dev.tarn.transport.Envelope;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.KnownTables;
import dev.tarn.transport.SharedBudget;
import dev.tarn.transport.Takeover;
import dev.tarn.transport.Units;
import dev.tarn.transport.Watch;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Answers a GET that accepts {@code text/event-stream} with the rows it names and their changes from then on. */
@Component(
        service = HttpProtocol.class,
        configurationPid = "dev.tarn.sse",
        property = "service.ranking:Integer=100",
        immediate = true)
@Designate(ocd = SseProtocol.Config.class)
public final class SseProtocol implements HttpProtocol {

    /** Settings of every stream. */
    @ObjectClassDefinition(name = "Tarn SSE")
    public @interface Config {
        @AttributeDefinition(description = "Time between comments that keep a stream open, 1s to 1h")
        String heartbeat() default "15s";

        @AttributeDefinition(description = "Time after which a client should reconnect, at most 1h")
        String retry() default "1s";

        @AttributeDefinition(
                description =
                        "Size of the events that are on the way to one client, from 4KB; less where there are many clients")
        String buffer() default "1MB";
    }

    /** The settings as numbers; see {@link Config}. */
    record Settings(Duration heartbeat, Duration retry, int buffer) {}

    private static final String EVENT = "event";
    private static final String EVENT_STREAM = "text/event-stream";

    private final Resources resources;
    private final KnownTables tables;
    private final Envelope envelope;
    private final Settings settings;
    private final SharedBudget budget;

    @Activate
    public SseProtocol(@Reference Resources resources, @Reference Bodies bodies, Config config) {
        this.resources = resources;
        this.tables = new KnownTables(resources);
        this.envelope = new Envelope(tables, bodies);
        this.settings = new Settings(
                Units.duration("sse.heartbeat", config.heartbeat()),
                Units.duration("sse.retry", config.retry()),
                Units.bytes("sse.buffer", config.buffer()));
        this.budget = new SharedBudget(settings.buffer());
        check("heartbeat", config.heartbeat(), within(settings.heartbeat(), Duration.ofSeconds(1)));
        check("retry", config.retry(), within(settings.retry(), Duration.ZERO));
        check("buffer", config.buffer(), settings.buffer() >= 4096);
    }

    private static boolean within(Duration duration, Duration least) {
        return duration.compareTo(least) >= 0 && duration.compareTo(Duration.ofHours(1)) <= 0;
    }

    private static void check(String key, String value, boolean allowed) {
        if (!allowed) {
            throw new IllegalArgumentException("sse." + key + ": " + value + " is out of its range");
        }
    }

    @Override
    public String name() {
        return "sse";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return head.method().equals(HttpMethod.GET) && lists(head.headers().getAll(HttpHeaderNames.ACCEPT));
    }

    /** Whether Accept names event streams, and not to refuse them. RFC 9110 §12.5.1. */
    private static boolean lists(List<String> accept) {
        for (String header : accept) {
            for (String range : header.toLowerCase(Locale.ROOT).split(",")) {
                String[] parts = range.split(";");
                if (parts[0].strip().equals(EVENT_STREAM)) {
                    return !parts[parts.length - 1].strip().matches("q=0(\\.0{0,3})?");
                }
            }
        }
        return false;
    }

    @Override
    public void open(HttpExchange exchange) {
        if (Takeover.wanted(resources, exchange)) {
            Takeover.ask(
                    resources,
                    exchange,
                    null,
                    outgoing -> new TakenStream(exchange, envelope, settings).begin(outgoing),
                    exchange::fail);
            return;
        }
        Watch watch;
        EventStream stream;
        try {
            watch = Watch.of(
                    exchange, tables, Set.of(EVENT), exchange.head().headers().get("Last-Event-ID"));
            stream = new EventStream(exchange, envelope, settings, budget, watch, namesTypes(exchange));
        } catch (Failure refused) {
            exchange.fail(refused);
            return;
        }
        Consent.ask(
                resources,
                exchange.context(),
                watch.filters(),
                exchange.loop(),
                () -> begin(exchange, stream),
                exchange::fail);
    }

    private void begin(HttpExchange exchange, EventStream stream) {
        try {
            stream.subscribe(resources);
        } catch (Failure refused) {
            exchange.fail(refused);
            return;
        }
        stream.begin();
    }

    private static boolean namesTypes(HttpExchange exchange) {
        List<String> values = exchange.parameters().getOrDefault(EVENT, List.of());
        if (values.isEmpty()) {
            return false;
        }
        if (!values.equals(List.of("type"))) {
            throw new Failure(Failure.Code.MALFORMED, "event=type is the only way to set the event field");
        }
        return true;
    }
}
