// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Resources;
import dev.tarn.transport.Envelope;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Watch;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
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
        @AttributeDefinition(description = "seconds between comments that keep a stream open, 1 to 3600")
        int heartbeat() default 15;

        @AttributeDefinition(description = "seconds for which a peer may take nothing before it is cut off, 1 to 3600")
        int stall() default 60;

        @AttributeDefinition(description = "milliseconds after which a client should reconnect, 0 to 3600000")
        int retry() default 1000;

        @AttributeDefinition(description = "bytes of events on the way to one client, 4096 to 1073741824")
        int buffer() default 1 << 20;
    }

    private static final String EVENT = "event";
    private static final String EVENT_STREAM = "text/event-stream";

    private final Resources resources;
    private final Envelope envelope;
    private final Config config;
    private final Set<EventStream> open = ConcurrentHashMap.newKeySet();

    @Activate
    public SseProtocol(@Reference Resources resources, @Reference Bodies bodies, Config config) {
        check("heartbeat", config.heartbeat(), 1, 3600);
        check("stall", config.stall(), 1, 3600);
        check("retry", config.retry(), 0, 3_600_000);
        check("buffer", config.buffer(), 4096, 1 << 30);
        this.resources = resources;
        this.envelope = new Envelope(resources, bodies);
        this.config = config;
    }

    private static void check(String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "dev.tarn.sse " + key + "=" + value + " is not " + least + " to " + most);
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
        EventStream stream;
        try {
            Watch watch = Watch.of(
                    exchange,
                    resources,
                    Set.of(EVENT),
                    exchange.head().headers().get("Last-Event-ID"));
            stream = new EventStream(exchange, envelope, config, watch, namesTypes(exchange));
            stream.subscribe(resources);
        } catch (Failure refused) {
            exchange.fail(refused);
            return;
        }
        open.add(stream);
        stream.begin(() -> open.remove(stream));
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

    /** Ends every stream; clients come back by themselves, and then see whether there is a protocol again. */
    @Deactivate
    public void close() {
        open.forEach(EventStream::stop);
    }
}
