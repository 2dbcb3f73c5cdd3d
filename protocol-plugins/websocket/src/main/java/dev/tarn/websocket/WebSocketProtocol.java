// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Resources;
import dev.tarn.transport.Envelope;
import dev.tarn.transport.Envelope.Format;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.StreamProtocol;
import dev.tarn.transport.Watch;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
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
    @ObjectClassDefinition(name = "Tarn WebSocket")
    public @interface Config {
        @AttributeDefinition(description = "seconds between pings; a peer that answers none is cut off, 1 to 3600")
        int ping() default 30;

        @AttributeDefinition(description = "seconds for which a peer may take nothing before it is cut off, 1 to 3600")
        int stall() default 60;

        @AttributeDefinition(description = "bytes of one message from a client, 1024 to 1073741824")
        int message() default 10 << 20;

        @AttributeDefinition(description = "bytes of changes on the way to one client, 4096 to 1073741824")
        int buffer() default 1 << 20;

        @AttributeDefinition(description = "requests of one client that are carried out at a time, 1 to 65535")
        int window() default 256;
    }

    private static final String BARE = "bare";
    private static final String SUBSCRIBE = "subscribe";
    private static final String CURRENT = "current";

    /** The largest message to a stream protocol, which has limits of its own: MQTT's largest packet. */
    private static final long STREAM_MESSAGE = 268_435_460L;

    private static final Map<String, Format> FORMATS =
            Map.of("json", Format.JSON, "cbor", Format.CBOR, "msgpack", Format.MSGPACK);

    private final Resources resources;
    private final Bodies bodies;
    private final Envelope envelope;
    private final Config config;
    private final Set<Channel> rows = ConcurrentHashMap.newKeySet();

    /** Installed stream protocols, each with the channels that it is spoken on. */
    private final Map<StreamProtocol, Set<Channel>> streams = new ConcurrentHashMap<>();

    @Activate
    public WebSocketProtocol(@Reference Resources resources, @Reference Bodies bodies, Config config) {
        check("ping", config.ping(), 1, 3600);
        check("stall", config.stall(), 1, 3600);
        check("message", config.message(), 1024, 1 << 30);
        check("buffer", config.buffer(), 4096, 1 << 30);
        check("window", config.window(), 1, 65_535);
        this.resources = resources;
        this.bodies = bodies;
        this.envelope = new Envelope(resources, bodies);
        this.config = config;
    }

    private static void check(String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "dev.tarn.websocket " + key + "=" + value + " is not " + least + " to " + most);
        }
    }

    /** Lets subprotocols of this protocol in. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addStream(StreamProtocol protocol) {
        streams.put(protocol, ConcurrentHashMap.newKeySet());
    }

    /** Closes every WebSocket that carries this protocol. */
    public void removeStream(StreamProtocol protocol) {
        Set<Channel> channels = streams.remove(protocol);
        if (channels != null) {
            channels.forEach(channel -> leave(channel, protocol.name() + " is gone"));
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
        Watch watch = Watch.of(exchange, resources, Set.of(BARE, SUBSCRIBE, CURRENT), null);
        Map<String, List<String>> parameters = exchange.parameters();
        boolean subscribes = !parameters.containsKey(SUBSCRIBE) || Watch.flag(parameters, SUBSCRIBE);
        boolean marked = Watch.flag(parameters, CURRENT);
        Place place = Place.of(exchange.segments(), exchange.context(), resources);
        Requests requests = new Requests(exchange.context(), resources, bodies, envelope, format, place);
        FrameDecoder decoder = new FrameDecoder(config.message());
        String id = exchange.connection().id();
        RowSocket socket = new RowSocket(
                new RowSocket.Manner(format, Watch.flag(parameters, BARE), config.window()),
                bodies,
                requests,
                channel -> {
                    RowFeed feed =
                            new RowFeed(channel, exchange.context(), resources, envelope, format, config.buffer());
                    try {
                        if (subscribes) {
                            for (Filter filter : watch.filters()) {
                                feed.subscribe(filter, watch.start(), watch.paths(), null, marked);
                            }
                        }
                    } catch (Failure refused) {
                        feed.close();
                        throw refused;
                    }
                    return feed;
                },
                decoder,
                id);
        keep(rows, Handshake.accept(exchange, subprotocol, pipeline -> {
            frames(pipeline, decoder, id);
            pipeline.addLast(new Utf8FrameValidator(false), socket);
        }));
    }

    private void openStream(HttpExchange exchange, StreamProtocol protocol, String subprotocol) {
        String id = exchange.connection().id();
        Channel channel = Handshake.accept(exchange, subprotocol, pipeline -> {
            exchange.connection().upgraded(exchange.head().headers()).attach(pipeline.channel());
            frames(pipeline, new FrameDecoder(STREAM_MESSAGE), id);
            pipeline.addLast(new Tunnel(id));
            protocol.open(pipeline);
        });
        Set<Channel> channels = streams.get(protocol);
        if (channels == null) {
            leave(channel, protocol.name() + " is gone");
        } else {
            keep(channels, channel);
        }
    }

    private void frames(ChannelPipeline pipeline, FrameDecoder decoder, String id) {
        pipeline.addLast(decoder, new WebSocket13FrameEncoder(false), new Control(id, config.ping(), config.stall()));
    }

    private static void keep(Set<Channel> channels, Channel channel) {
        channels.add(channel);
        channel.closeFuture().addListener(gone -> channels.remove(channel));
    }

    private static void leave(Channel channel, String why) {
        channel.eventLoop().execute(() -> {
            Control control = channel.pipeline().get(Control.class);
            if (control != null) {
                control.leave(channel.pipeline().context(control), why);
            }
        });
    }

    /** Closes every WebSocket. */
    @Deactivate
    public void close() {
        rows.forEach(channel -> leave(channel, "the server stops this protocol"));
        streams.values()
                .forEach(channels -> channels.forEach(channel -> leave(channel, "the server stops this protocol")));
    }
}
