// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One listening socket. It opens its port when the first of its protocols is there, and then publishes an
 * {@link Endpoint}; when a protocol goes, that protocol's connections are closed and callers are turned away, after a
 * moment, until it is back. Safe on any thread.
 */
@Component(
        service = {},
        immediate = true,
        configurationPid = "dev.tarn.listener",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = Listener.Config.class, factory = true)
public final class Listener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final AtomicLong CONNECTIONS = new AtomicLong();
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    /** What the names of encrypted listeners end with. */
    private static final String TLS = ".tls";

    private final String name;
    private final String host;
    private final int port;
    private final List<String> allowed;
    private final Config config;
    private final Duration detection;
    private final Duration drain;
    private final Loops loops;
    private final Meter meter;
    private final boolean encrypted;

    /** For TLS at once, or where the first bytes ask for it; null where it is not understood. */
    private final @Nullable Certificates certificates;

    private final @Nullable BundleContext bundle;
    private final CopyOnWriteArrayList<Served> served = new CopyOnWriteArrayList<>();
    private final OpenChannels all = new OpenChannels();
    private final AtomicLong open = new AtomicLong();
    private final AtomicReference<@Nullable Opened> opened = new AtomicReference<>();
    private final AtomicReference<@Nullable Secret> secret = new AtomicReference<>();

    /** Settings of one listener. */
    @ObjectClassDefinition(name = "Listener")
    public @interface Config {
        /** What it is called. */
        @AttributeDefinition(
                description = "Name: the protocol's when it serves one only, such as http or mqtt; with .tls behind it"
                        + " when all bytes are encrypted")
        String name();

        /** Where it listens. */
        @AttributeDefinition(description = "TCP port; 0 for any free one", min = "0", max = "65535")
        int port();

        /** Where it listens. */
        @AttributeDefinition(description = "Address or name to bind to; 0.0.0.0 for every interface")
        String host() default "127.0.0.1";

        /** Whether it matters. */
        @AttributeDefinition(
                description =
                        "Whether the node serves, with a warning, when this port cannot be opened; else it does not"
                                + " start")
        boolean optional() default false;

        /** Who may come. */
        @AttributeDefinition(
                description = "Stream protocols told apart by their first bytes; none for the one of its name")
        String[] protocols() default {};

        /** How many wait in the kernel. */
        @AttributeDefinition(description = "Connections that wait to be accepted")
        int backlog() default 1024;

        /** How many at once. */
        @AttributeDefinition(
                description =
                        "Open connections at most; further ones are closed at once; 0 for as many as the limit of open"
                                + " files leaves room for")
        int connections() default 0;

        /** How fast. */
        @AttributeDefinition(description = "Connections accepted a second at most; further ones wait in the backlog")
        int acceptRate() default 5_000;

        /** How long silence is borne at first. */
        @AttributeDefinition(description = "How long a new connection may send nothing")
        String firstBytes() default "10s";

        /** Both on one port. */
        @AttributeDefinition(
                description = "Whether TLS is understood on the port of plain bytes too, where there is a certificate")
        boolean detectTls() default true;

        /** How long connections may take to end. */
        @AttributeDefinition(description = "How long running requests may take when the listener is closed")
        String drain() default "5s";
    }

    /** A protocol that is here, and who speaks it. */
    record Served(StreamProtocol protocol, OpenChannels channels, Traffic traffic) {}

    /** TLS as the certificates were at a time. */
    private record Secret(Object state, List<String> applications, SslContext context) {}

    private record Opened(
            Endpoint endpoint,
            @Nullable Channel channel,
            @Nullable ServiceRegistration<Endpoint> registration) {}

    private record Place(
            String name,
            List<String> protocols,
            Optional<InetSocketAddress> address,
            Optional<String> problem,
            boolean optional)
            implements Endpoint {}

    @Activate
    public Listener(
            BundleContext bundle,
            @Reference Loops loops,
            @Reference Meter meter,
            @Reference Certificates certificates,
            Config config) {
        this(loops, meter, config, certificates, bundle);
    }

    /** A listener of plain text outside a framework; {@link #endpoint} says where it is. */
    public Listener(Loops loops, Meter meter, Config config) {
        this(loops, meter, config, null, null);
    }

    /** A listener outside a framework. */
    public Listener(Loops loops, Meter meter, Certificates certificates, Config config) {
        this(loops, meter, config, certificates, null);
    }

    private Listener(
            Loops loops,
            Meter meter,
            Config config,
            @Nullable Certificates certificates,
            @Nullable BundleContext bundle) {
        if (config.port() < 0 || config.port() > 65_535) {
            throw new IllegalArgumentException(
                    config.name() + ".port: " + config.port() + " is not between 0 and 65535");
        }
        this.encrypted = config.name().endsWith(TLS);
        boolean certified = certificates != null && certificates.configured();
        if (encrypted && !certified) {
            throw new IllegalArgumentException(
                    config.name() + ".port needs tls.certificate and tls.key ('tarn certificate' makes some)");
        }
        this.loops = loops;
        this.meter = meter;
        this.certificates = certified && (encrypted || config.detectTls()) ? certificates : null;
        this.bundle = bundle;
        this.config = config;
        this.name = config.name();
        this.host = config.host();
        this.port = config.port();
        this.allowed = config.protocols().length == 0
                ? List.of(encrypted ? name.substring(0, name.length() - TLS.length()) : name)
                : List.of(config.protocols());
        this.detection = Units.duration(name + ".firstBytes", config.firstBytes());
        this.drain = Units.duration(name + ".drain", config.drain());
    }

    /** Lets a protocol in; opens the port with the first one. Blocks until that is done. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addProtocol(StreamProtocol protocol) {
        if (!allowed.contains(protocol.name())) {
            return;
        }
        served.add(new Served(protocol, new OpenChannels(), meter.traffic(protocol.name())));
        Opened mine = new Opened(place(Optional.empty(), Optional.empty()), null, null);
        if (opened.compareAndSet(null, mine)) {
            open(mine);
        }
        all.all().forEach(Listener::look);
    }

    /** Lets a connection that waits for a protocol look again. */
    private static void look(Channel channel) {
        channel.eventLoop().execute(() -> {
            ChannelHandlerContext waiting = channel.pipeline().context(Detector.class);
            if (waiting != null) {
                ((Detector) waiting.handler()).look(waiting);
            }
        });
    }

    /** Closes the protocol's connections; blocks until they are, a second or two at most. */
    public void removeProtocol(StreamProtocol protocol) {
        for (Served one : served) {
            if (one.protocol() == protocol) {
                served.remove(one);
                one.channels().drain(protocol.name() + " is being removed", FAREWELL);
                LOG.info("protocol removed listener={} protocol={}", name, protocol.name());
            }
        }
    }

    /** Where this listener is, or why it is not; empty before its first protocol came. */
    public Optional<Endpoint> endpoint() {
        return Optional.ofNullable(opened.get()).map(Opened::endpoint);
    }

    private Place place(Optional<InetSocketAddress> address, Optional<String> problem) {
        return new Place(name, allowed, address, problem, config.optional());
    }

    private void open(Opened opening) {
        ChannelFuture bound =
                bootstrap().bind(new InetSocketAddress(host, port)).awaitUninterruptibly();
        Place place;
        Channel channel = null;
        if (bound.isSuccess()) {
            channel = bound.channel();
            InetSocketAddress address = (InetSocketAddress) channel.localAddress();
            place = place(Optional.of(address), Optional.empty());
            LOG.info("listening name={} address={} protocols={}", name, address, allowed);
        } else {
            String problem = "cannot listen on " + host + ":" + port + ": " + reason(bound.cause());
            place = place(Optional.empty(), Optional.of(problem));
            LOG.atLevel(config.optional() ? Level.WARN : Level.ERROR)
                    .log("{} (listener {}; choose another port or stop who has it)", problem, name);
        }
        ServiceRegistration<Endpoint> registration = null;
        if (bundle != null) {
            Dictionary<String, Object> properties = new Hashtable<>();
            properties.put("name", name);
            registration = bundle.registerService(Endpoint.class, place, properties);
        }
        Opened result = new Opened(place, channel, registration);
        if (!opened.compareAndSet(opening, result)) {
            shut(result);
        }
    }

    private ServerBootstrap bootstrap() {
        return loops.bootstrap()
                .option(ChannelOption.SO_BACKLOG, config.backlog())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(32 << 10, 64 << 10))
                .handler(new AcceptRate(config.acceptRate()))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted(channel);
                    }
                });
    }

    /** Words for an operator; the exceptions of NIO and epoll differ in theirs. */
    private static String reason(Throwable cause) {
        String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (message.contains("in use")) {
            return "address already in use";
        } else if (message.contains("denied")) {
            return "permission denied";
        } else if (message.contains("cannot assign") || message.contains("can't assign")) {
            return "this machine has no such address";
        } else if (cause instanceof java.nio.channels.UnresolvedAddressException
                || cause instanceof java.net.UnknownHostException) {
            return "unknown host";
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    /** On the new channel's loop. */
    private void accepted(Channel channel) {
        boolean many = open.incrementAndGet() > config.connections() && config.connections() > 0;
        if (many || !loops.enter()) {
            open.decrementAndGet();
            meter.traffic(name).refused.increment();
            LOG.debug(
                    "connection refused listener={} reason=\"{}\"",
                    name,
                    many ? "more than " + config.connections() + " are open" : "no more files may be opened");
            channel.close();
            return;
        }
        channel.closeFuture().addListener(closed -> {
            open.decrementAndGet();
            loops.leave();
        });
        all.add(channel);
        String id = name + "-" + Long.toString(CONNECTIONS.incrementAndGet(), 36);
        new Connection(id, name, channel.remoteAddress(), channel.localAddress(), null, EmptyHttpHeaders.INSTANCE)
                .attach(channel);
        channel.pipeline().addLast(new ByteCount());
        channel.pipeline().addLast(new Detector(this, detection));
        if (encrypted) {
            secure(channel.pipeline());
        }
    }

    /** Whether the first bytes may ask for TLS. */
    boolean detectsTls() {
        return certificates != null && !encrypted;
    }

    /** From now on the detector is given what comes in decrypted. On the channel's loop. */
    void secure(ChannelPipeline pipeline) {
        Certificates shown = Objects.requireNonNull(certificates);
        Channel channel = pipeline.channel();
        Secured secured = new Secured(this);
        SslContext context = tls(shown);
        SslHandler tls = shown.handshakes()
                .map(elsewhere -> context.newHandler(channel.alloc(), elsewhere))
                .orElseGet(() -> context.newHandler(channel.alloc()));
        tls.setHandshakeTimeoutMillis(detection.toMillis());
        String detector = pipeline.context(Detector.class).name();
        pipeline.addBefore(detector, null, secured.new Before())
                .addBefore(detector, null, tls)
                .addBefore(detector, null, secured);
    }

    /** Hands were shaken. On the channel's loop. */
    void shaken(Channel channel, SSLSession session) {
        if (certificates != null) {
            certificates.watch(channel, session);
        }
    }

    /** TLS with the certificates and protocols of this moment. */
    private SslContext tls(Certificates shown) {
        Object state = shown.state();
        List<String> applications = served.stream()
                .flatMap(one -> one.protocol().applicationProtocols().stream())
                .toList();
        Secret last = secret.get();
        if (last == null || last.state() != state || !last.applications().equals(applications)) {
            last = new Secret(state, applications, shown.context(state, applications));
            secret.set(last);
        }
        return last.context();
    }

    String name() {
        return name;
    }

    Traffic traffic() {
        return meter.traffic(name);
    }

    /** Whether the first bytes decide between several protocols. */
    boolean undecided() {
        return allowed.size() > 1;
    }

    /** Whether every protocol that may be spoken here is here. */
    boolean complete() {
        return served.size() >= allowed.size();
    }

    List<Served> served() {
        return served;
    }

    /** Closes the port, lets running requests end, then closes every connection. Blocks for the drain time at most. */
    @Deactivate
    @Override
    public void close() {
        Opened last = opened.getAndSet(new Opened(place(Optional.empty(), Optional.empty()), null, null));
        if (last != null) {
            shut(last);
        }
        all.drain("the server stops", drain);
    }

    private void shut(Opened last) {
        if (last.registration() != null) {
            last.registration().unregister();
        }
        if (last.channel() != null) {
            last.channel().close().awaitUninterruptibly();
            LOG.info(
                    "closed name={} address={}", name, last.endpoint().address().orElseThrow());
        }
    }
}
