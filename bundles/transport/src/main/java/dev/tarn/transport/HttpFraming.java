// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Users;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.util.AttributeKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP/1.1 and HTTP/2 as a stream protocol: frames requests, checks Host, Origin and who asks, and gives each request to the highest
 * ranked {@link HttpProtocol} that accepts it. Safe on any thread.
 */
@Component(service = StreamProtocol.class, configurationPid = "dev.tarn.http")
@Designate(ocd = HttpFraming.Config.class)
public final class HttpFraming implements StreamProtocol {
    private static final Logger LOG = LoggerFactory.getLogger(HttpFraming.class);
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final String name;
    private final Limits limits;
    private final Origins origins;
    private final Users users;
    private final Resources resources;
    private final Meter meter;
    private final OpenChannels connections = new OpenChannels();
    private final Roster protocols = new Roster(System::nanoTime);

    /** Settings of HTTP on every listener that serves it. */
    @ObjectClassDefinition(name = "HTTP")
    public @interface Config {
        /** Who we are. */
        @AttributeDefinition(
                description = "Names that requests may be addressed to (Host), each with or without a port,"
                        + " besides the listener's own address; * for any")
        String[] hosts() default {};

        /** Whose pages may call. */
        @AttributeDefinition(
                description = "Web origins, such as https://app.example.com, whose pages may use this server")
        String[] origins() default {};

        /** 414 beyond it. */
        @AttributeDefinition(description = "Longest request line")
        String lineLimit() default "72KB";

        /** 431 beyond it. */
        @AttributeDefinition(description = "All header fields of a request together")
        String headerLimit() default "32KB";

        /** 413 beyond it. */
        @AttributeDefinition(description = "Largest request body")
        String bodyLimit() default "16MB";

        /** 408 beyond it. */
        @AttributeDefinition(description = "How long a request's head may take to arrive")
        String headTimeout() default "10s";

        /** 408 beyond it. */
        @AttributeDefinition(description = "How long a request's body may take to arrive, plus a second for each KB")
        String bodyTimeout() default "30s";

        /** Between requests. */
        @AttributeDefinition(description = "How long a connection may be idle between two requests")
        String idleTimeout() default "60s";

        /** A reader that stops. */
        @AttributeDefinition(description = "How long a peer may leave an answer unread")
        String writeTimeout() default "60s";
    }

    /** The settings as numbers; see {@link Config}. */
    record Limits(
            HttpDecoderConfig decoder,
            int body,
            Duration headTimeout,
            Duration bodyTimeout,
            Duration idleTimeout,
            Duration writeTimeout) {}

    /** A connection, as seen when a protocol is removed. Confined to its loop. */
    interface Serving {
        AttributeKey<Serving> KEY = AttributeKey.valueOf(Serving.class, "serving");

        /** A protocol is being removed: completes the future once nothing of it runs here. */
        void leave(HttpProtocol protocol, String reason, CompletableFuture<Void> ended);

        /** Cuts what still runs of the protocol. */
        void cut(HttpProtocol protocol);
    }

    @Activate
    public HttpFraming(@Reference Users users, @Reference Resources resources, @Reference Meter meter, Config config) {
        this(
                "http",
                new Services(users, resources, meter),
                new Origins("http", List.of(config.hosts()), List.of(config.origins())),
                limits(
                        config.lineLimit(),
                        config.headerLimit(),
                        config.bodyLimit(),
                        config.headTimeout(),
                        config.bodyTimeout(),
                        config.idleTimeout(),
                        config.writeTimeout()));
    }

    private HttpFraming(String name, Services services, Origins origins, Limits limits) {
        this.name = name;
        this.users = services.users();
        this.resources = services.resources();
        this.meter = services.meter();
        this.origins = origins;
        this.limits = limits;
    }

    /** What every door needs. */
    public record Services(Users users, Resources resources, Meter meter) {}

    /**
     * HTTP for another listener, with protocols of its own and the usual limits. Whoever makes it tells it which by {@link
     * #addProtocol}.
     *
     * @param name the listener's, and the section of the configuration that its hosts are in
     * @param hosts names that requests may be addressed to, besides the listener's own address
     * @param bodyLimit the largest request body, such as {@code 64MB}
     */
    public static HttpFraming door(String name, Services services, List<String> hosts, String bodyLimit) {
        return new HttpFraming(
                name,
                services,
                new Origins(name, hosts, List.of()),
                limits(
                        standard("lineLimit"),
                        standard("headerLimit"),
                        bodyLimit,
                        standard("headTimeout"),
                        standard("bodyTimeout"),
                        standard("idleTimeout"),
                        standard("writeTimeout")));
    }

    /** The default of a setting. */
    private static String standard(String key) {
        try {
            return String.valueOf(Config.class.getMethod(key).getDefaultValue());
        } catch (NoSuchMethodException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static Limits limits(
            String line, String header, String body, String head, String bodyTime, String idle, String write) {
        HttpDecoderConfig decoder = new HttpDecoderConfig()
                .setMaxInitialLineLength(Units.bytes("lineLimit", line))
                .setMaxHeaderSize(Units.bytes("headerLimit", header))
                .setMaxChunkSize(64 << 10)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true)
                .setAllowDuplicateContentLengths(false);
        return new Limits(
                decoder,
                Units.bytes("bodyLimit", body),
                Units.duration("headTimeout", head),
                Units.duration("bodyTimeout", bodyTime),
                Units.duration("idleTimeout", idle),
                Units.duration("writeTimeout", write));
    }

    /** Lets a protocol answer requests; the service property {@code tarn.door} is for those of other listeners. */
    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            target = "(!(tarn.door=*))")
    public void addProtocol(HttpProtocol protocol, Map<String, Object> properties) {
        int ranking = properties.get("service.ranking") instanceof Integer given ? given : 0;
        protocols.add(new Roster.Installed(protocol, ranking, new OpenChannels(), meter.traffic(protocol.name())));
    }

    /** Lets the protocol's running requests and upgraded connections end, then cuts them; blocks until then. */
    public void removeProtocol(HttpProtocol protocol) {
        Optional<Roster.Installed> removed = protocols.remove(protocol);
        String reason = protocol.name() + " is being removed";
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (Channel channel : connections.all()) {
            CompletableFuture<Void> ended = new CompletableFuture<>();
            running.add(ended);
            channel.closeFuture().addListener(closed -> ended.complete(null));
            channel.eventLoop().execute(() -> leave(channel, protocol, reason, ended));
        }
        removed.ifPresent(one -> one.upgraded().drain(reason, FAREWELL));
        try {
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
                    .get(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException slow) {
            LOG.info("cutting requests protocol={} because it is being removed", protocol.name());
            connections
                    .all()
                    .forEach(channel -> channel.eventLoop().execute(() -> {
                        Serving serving = channel.attr(Serving.KEY).get();
                        if (serving != null) {
                            serving.cut(protocol);
                        }
                    }));
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        LOG.info("protocol removed protocol={}", protocol.name());
    }

    private static void leave(Channel channel, HttpProtocol protocol, String reason, CompletableFuture<Void> ended) {
        Serving serving = channel.attr(Serving.KEY).get();
        if (serving == null) {
            ended.complete(null);
        } else {
            serving.leave(protocol, reason, ended);
        }
    }

    @Override
    public String name() {
        return name;
    }

    /** What clients that speak TLS may choose by its extension (RFC 7301). */
    @Override
    public List<String> applicationProtocols() {
        return List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1);
    }

    /** A request line begins with a method: capital letters. So does the preface of HTTP/2. */
    @Override
    public Match match(ByteBuf firstBytes) {
        int readable = Math.min(firstBytes.readableBytes(), 8);
        for (int i = 0; i < readable; i++) {
            byte b = firstBytes.getByte(firstBytes.readerIndex() + i);
            if (b == ' ' && i >= 3) {
                return Match.YES;
            } else if (b < 'A' || b > 'Z') {
                return Match.NO;
            }
        }
        return readable == 8 ? Match.YES : Match.MORE;
    }

    @Override
    public void open(ChannelPipeline pipeline) {
        connections.add(pipeline.channel());
        pipeline.addLast(new VersionChoice(this));
    }

    /** The connection is no longer HTTP's, but the protocol's. */
    void upgraded(Channel channel, Roster.Installed by) {
        connections.remove(channel);
        by.upgraded().add(channel);
    }

    Roster protocols() {
        return protocols;
    }

    Limits limits() {
        return limits;
    }

    Origins origins() {
        return origins;
    }

    Users users() {
        return users;
    }

    Resources resources() {
        return resources;
    }

    Traffic traffic() {
        return meter.traffic(name());
    }
}
