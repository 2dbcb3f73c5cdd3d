// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Resources;
import dev.tarn.transport.Consent;
import dev.tarn.transport.Envelope;
import dev.tarn.transport.Envelope.Format;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.KnownTables;
import dev.tarn.transport.Meter;
import dev.tarn.transport.OpenChannels;
import dev.tarn.transport.SharedBudget;
import dev.tarn.transport.StreamProtocol;
import dev.tarn.transport.Takeover;
import dev.tarn.transport.Traffic;
import dev.tarn.transport.Units;
import dev.tarn.transport.Watch;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Turns upgrade requests into WebSockets: for rows where no subprotocol or a format is named, else for the stream protocol
 * that the subprotocol names, which never learns that it does not speak over TCP.
 */
@Component(
        service = HttpProtocol.class,
        configurationPid = "dev.tarn.websocket",
        property = "service.ranking:Integer=200",
        immediate = true)
@Designate(ocd = WebSocketProtocol.Config.class)
public final class WebSocketProtocol implements HttpProtocol {

    /** Settings of every WebSocket. */
    @ObjectClassDefinition(name = "WebSocket")
    public @interface Config {
        /** Who answers none is cut off. */
        @AttributeDefinition(description = "Time between pings, 1s to 1h")
        String ping() default "30s";

        /** A reader that stops. */
        @AttributeDefinition(description = "How long a peer may take nothing before it is cut off, 1s to 1h")
        String stall() default "60s";

        /** 1009 beyond it. */
        @AttributeDefinition(description = "Largest message of a client, from 1KB")
        String messageLimit() default "16MB";

        /** How far ahead of its socket a client is fed. */
        @AttributeDefinition(description = "Size of the changes that are on the way to one client, from 4KB")
        String buffer() default "1MB";

        /** Reading stops beyond it. */
        @AttributeDefinition(description = "Requests of one client that are carried out at a time, 1 to 65535")
        int window() default 256;
    }

    /** The settings as numbers; see {@link Config}. */
    record Settings(Duration ping, Duration stall, int messageLimit, int buffer, int window) {}

    private static final String BARE = "bare";
    private static final String SUBSCRIBE = "subscribe";
    private static final String CURRENT = "current";
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    /** The largest message to a stream protocol, which has limits of its own: MQTT's largest packet. */
    private static final long STREAM_MESSAGE = 268_435_460L;

    private static final Map<String, Format> FORMATS =
            Map.of("json", Format.JSON, "cbor", Format.CBOR, "msgpack", Format.MSGPACK);

    private final Resources resources;
    private final Bodies bodies;
    private final KnownTables tables;
    private final Envelope envelope;
    private final Meter meter;
    private final Settings settings;
    private final SharedBudget budget;

    /** Installed stream protocols, each with the channels that it is spoken on. */
    private final Map<StreamProtocol, OpenChannels> streams = new ConcurrentHashMap<>();

    @Activate
    public WebSocketProtocol(
            @Reference Resources resources, @Reference Bodies bodies, @Reference Meter meter, Config config) {
        this.resources = resources;
        this.bodies = bodies;
        this.tables = new KnownTables(resources);
        this.envelope = new Envelope(tables, bodies);
        this.meter = meter;
        this.settings = new Settings(
                Units.duration("websocket.ping", config.ping()),
                Units.duration("websocket.stall", config.stall()),
                Units.bytes("websocket.messageLimit", config.messageLimit()),
                Units.bytes("websocket.buffer", config.buffer()),
                config.window());
        this.budget = new SharedBudget(settings.buffer());
        check("ping", config.ping(), within(settings.ping()));
        check("stall", config.stall(), within(settings.stall()));
        check("messageLimit", config.messageLimit(), settings.messageLimit() >= 1024);
        check("buffer", config.buffer(), settings.buffer() >= 4096);
        check("window", config.window(), settings.window() >= 1 && settings.window() <= 65_535);
    }

    private static boolean within(Duration duration) {
        return duration.compareTo(Duration.ofSeconds(1)) >= 0 && duration.compareTo(Duration.ofHours(1)) <= 0;
    }

    private static void check(String key, Object value, boolean allowed) {
        if (!allowed) {
            throw new IllegalArgumentException("websocket." + key + ": " + value + " is out of its range");
        }
    }

    /** Lets subprotocols of this protocol in. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addStream(StreamProtocol protocol) {
        streams.put(protocol, new OpenChannels());
    }

    /** Closes every WebSocket that carries this protocol; blocks until they are, a second or two at most. */
    public void removeStream(StreamProtocol protocol) {
        OpenChannels channels = streams.remove(protocol);
        if (channels != null) {
            channels.drain(protocol.name() + " is being removed", FAREWELL);
        }
    }

    @Override
    public String name() {
        return "websocket";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return Handshake.asked(head);
    }

    /**
     * Who asks for a stream protocol says there who he is, as clients do that cannot say it in a request: those in browsers,
     * and those of AMQP (OASIS amqp-wsb-v1.0 §2.3). What he shows in the request all the same must be right.
     */
    @Override
    public boolean anonymous(HttpRequest head) {
        if (head.headers().contains(HttpHeaderNames.AUTHORIZATION)) {
            return false;
        }
        for (String name : Handshake.subprotocols(head.headers())) {
            if (FORMATS.containsKey(name)) {
                return false;
            } else if (stream(name) != null) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void open(HttpExchange exchange) {
        HttpRequest head = exchange.head();
        try {
            FullHttpResponse wrongVersion = Handshake.check(head);
            if (wrongVersion != null) {
                exchange.respond(wrongVersion);
                return;
            }
            List<String> asked = Handshake.subprotocols(head.headers());
            for (String name : asked) {
                Format format = FORMATS.get(name);
                StreamProtocol protocol = format == null ? stream(name) : null;
                if (format != null) {
                    openRows(exchange, format, name);
                    return;
                } else if (protocol != null) {
                    openStream(exchange, protocol, name);
                    return;
                }
            }
            if (!asked.isEmpty()) {
                throw new Failure(Failure.Code.UNSUPPORTED, "no such subprotocol here: " + String.join(", ", asked));
            }
            openRows(exchange, accepted(head.headers().get(HttpHeaderNames.ACCEPT, "")), null);
        } catch (Failure refused) {
            exchange.fail(refused);
        }
    }

    private @Nullable StreamProtocol stream(String subprotocol) {
        for (StreamProtocol protocol : streams.keySet()) {
            if (protocol.subprotocols().contains(subprotocol)) {
                return protocol;
            }
        }
        return null;
    }

    /** The first format that the client lists; JSON when it lists none. */
    private static Format accepted(String accept) {
        for (String range : accept.split(",")) {
            String type = range.split(";", 2)[0].strip();
            for (Format format : Format.values()) {
                if (type.equalsIgnoreCase(format.mediaType())) {
                    return format;
                }
            }
            if (type.equalsIgnoreCase("application/msgpack")) {
                return Format.MSGPACK;
            }
        }
        return Format.JSON;
    }

    private void openRows(HttpExchange exchange, Format format, @Nullable String subprotocol) {
        if (Takeover.wanted(resources, exchange)) {
            openTaken(exchange, format, subprotocol);
            return;
        }
        Watch watch = Watch.of(exchange, tables, Set.of(BARE, SUBSCRIBE, CURRENT), null);
        Consent.ask(
                resources,
                exchange.context(),
                subscribes(exchange) ? watch.filters() : List.of(),
                exchange.loop(),
                () -> openRows(exchange, watch, format, subprotocol),
                exchange::fail);
    }

    /** Whether the URL asks to watch anything; not with {@code subscribe=false}. */
    private static boolean subscribes(HttpExchange exchange) {
        Map<String, List<String>> parameters = exchange.parameters();
        return !parameters.containsKey(SUBSCRIBE) || Watch.flag(parameters, SUBSCRIBE);
    }

    private void openRows(HttpExchange exchange, Watch watch, Format format, @Nullable String subprotocol) {
        boolean bare = Watch.flag(exchange.parameters(), BARE);
        Place place = Place.of(exchange.segments(), tables);
        Requests requests = new Requests(exchange.context(), resources, bodies, envelope, format, place);
        boolean deflates = Handshake.deflates(exchange.head().headers());
        FrameDecoder decoder = new FrameDecoder(settings.messageLimit(), deflates);
        Frames frames = new Frames(format, deflates);
        String id = exchange.connection().id();
        RowSocket socket = new RowSocket(
                new RowSocket.Manner(format, bare, settings.window(), settings.messageLimit()),
                bodies,
                requests,
                channel -> feed(channel, exchange, watch, frames),
                decoder,
                id);
        Handshake.accept(exchange, subprotocol, deflates, pipeline -> {
            frames(pipeline, decoder, id);
            count(pipeline.channel(), exchange.traffic());
            pipeline.addLast(new PlainText(), socket);
        });
    }

    /** An application takes the connection over, if it likes. */
    private void openTaken(HttpExchange exchange, Format format, @Nullable String subprotocol) {
        Incoming incoming = new Incoming(exchange.loop());
        Takeover.ask(
                resources,
                exchange,
                incoming,
                outgoing -> {
                    boolean deflates = Handshake.deflates(exchange.head().headers());
                    FrameDecoder decoder = new FrameDecoder(settings.messageLimit(), deflates);
                    String id = exchange.connection().id();
                    TakenSocket.Manner manner = new TakenSocket.Manner(format, deflates, settings.messageLimit());
                    TakenSocket socket = new TakenSocket(manner, bodies, incoming, outgoing, decoder, id);
                    Handshake.accept(exchange, subprotocol, deflates, pipeline -> {
                        frames(pipeline, decoder, id);
                        count(pipeline.channel(), exchange.traffic());
                        pipeline.addLast(new PlainText(), socket);
                    });
                },
                exchange::fail);
    }

    /** What the URL asks to watch; nothing with {@code subscribe=false}. */
    private RowFeed feed(ChannelHandlerContext channel, HttpExchange exchange, Watch watch, Frames frames) {
        Map<String, List<String>> parameters = exchange.parameters();
        boolean subscribes = subscribes(exchange);
        boolean marked = Watch.flag(parameters, CURRENT);
        RowFeed feed = new RowFeed(channel, exchange.context(), resources, envelope, frames, budget);
        try {
            for (Filter filter : subscribes ? watch.filters() : List.<Filter>of()) {
                RowFeed.Wish wish = new RowFeed.Wish(filter, watch.start(), watch.interest());
                feed.subscribe(wish, watch.paths(), null, marked);
            }
        } catch (Failure refused) {
            feed.close();
            throw refused;
        }
        return feed;
    }

    private void openStream(HttpExchange exchange, StreamProtocol protocol, String subprotocol) {
        String id = exchange.connection().id();
        // Packets of these are small and were never text.
        Channel channel = Handshake.accept(exchange, subprotocol, false, pipeline -> {
            exchange.connection().upgraded(exchange.head().headers()).attach(pipeline.channel());
            frames(pipeline, new FrameDecoder(STREAM_MESSAGE, false), id);
            count(pipeline.channel(), meter.traffic(protocol.name()));
            pipeline.addLast(new Tunnel(id));
            protocol.open(pipeline);
        });
        OpenChannels channels = streams.get(protocol);
        if (channels != null) {
            channels.add(channel);
        }
        if (!streams.containsKey(protocol)) {
            // Removed while the connection was handed over.
            dev.tarn.transport.Closing.ask(channel, protocol.name() + " is being removed");
        }
    }

    private void frames(ChannelPipeline pipeline, FrameDecoder decoder, String id) {
        pipeline.addLast(
                decoder, new WebSocket13FrameEncoder(false), new Control(id, settings.ping(), settings.stall()));
    }

    private static void count(Channel channel, Traffic traffic) {
        traffic.attach(channel);
        traffic.open.increment();
        channel.closeFuture().addListener(closed -> traffic.open.decrement());
    }
}
