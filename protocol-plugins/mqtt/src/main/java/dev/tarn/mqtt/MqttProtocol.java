// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.client.ClientObserver;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import dev.tarn.api.security.Users;
import dev.tarn.api.store.Store;
import dev.tarn.transport.ClientEvents;
import dev.tarn.transport.Meter;
import dev.tarn.transport.StreamProtocol;
import dev.tarn.transport.Traffic;
import dev.tarn.transport.Units;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelPipeline;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
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

/** MQTT 3.1, 3.1.1 and 5.0 over whatever carries bytes. */
@Component(configurationPid = "dev.tarn.mqtt", service = StreamProtocol.class)
@Designate(ocd = MqttProtocol.Config.class)
public final class MqttProtocol implements StreamProtocol {

    /** Settings of the protocol. */
    @ObjectClassDefinition(name = "MQTT")
    public @interface Config {
        @AttributeDefinition(description = "largest packet in bytes, 65,536 to 268,435,460")
        int maximumPacketSize() default 16_777_216;

        @AttributeDefinition(description = "publishes of one client that may be unsettled, 1 to 65,535")
        int receiveMaximum() default 1_024;

        @AttributeDefinition(description = "payload bytes of one client that may wait before nothing more is read")
        int receiveBytes() default 4_194_304;

        @AttributeDefinition(description = "publishes to one client that may be unsettled, 1 to 65,535")
        int inFlight() default 256;

        @AttributeDefinition(description = "topic aliases of each side, 0 to 65,535")
        int topicAliasMaximum() default 64;

        @AttributeDefinition(description = "longest keep-alive in seconds that a 5.0 client gets; 0 for any")
        int maximumKeepAlive() default 0;

        @AttributeDefinition(description = "seconds until a connection must have sent CONNECT")
        int connectTimeout() default 10;

        @AttributeDefinition(description = "longest session expiry in seconds, up to 4,294,967,295 for ever")
        long maximumSessionExpiry() default 4_294_967_295L;

        @AttributeDefinition(description = "subscriptions of one client")
        int subscriptions() default 10_000;

        @AttributeDefinition(description = "levels of a topic or filter, 1 to 65,536")
        int topicLevels() default 65_536;

        @AttributeDefinition(
                description = "publishes a second of one client, which is not read from while it is faster; 0 for any")
        int publishRate() default 0;

        @AttributeDefinition(description = "payload bytes a second of one client, likewise; 0 for any")
        int publishBytes() default 0;

        @AttributeDefinition(
                description = "seconds that a client may be slowed without a break until it is closed; 0 for ever")
        int ratePatience() default 0;

        @AttributeDefinition(
                description = "sessions that outlast their connections, then no more begin; 0 for any number")
        int sessions() default 100_000;

        @AttributeDefinition(
                description =
                        "changes that wait for a client that is away, then the oldest is dropped; 0 for any number")
        int sessionChanges() default 1_000_000;

        @AttributeDefinition(description = "bytes that wait for a client that is away, likewise; 0 for any")
        long sessionBytes() default 1_073_741_824;

        @AttributeDefinition(description = "seconds after which a change that waits is not sent any more; 0 for never")
        long sessionAge() default 0;

        @AttributeDefinition(description = "publishes a second of all clients together, slowed likewise; 0 for any")
        int publishRateOfAll() default 0;

        @AttributeDefinition(
                description = "seconds that a connected client may take nothing of what waits for it; 0 for ever")
        int unreadPatience() default 60;

        @AttributeDefinition(description = "greatest quality of service that clients may publish with: 0, 1 or 2")
        int maximumQos() default 2;

        @AttributeDefinition(description = "whether clients may publish with retain, that is put and delete rows")
        boolean retainAvailable() default true;

        @AttributeDefinition(description = "whether clients may subscribe with wildcards")
        boolean wildcardsAvailable() default true;

        @AttributeDefinition(description = "servers to which 5.0 clients are sent when this one stops, as host:port")
        String serverReference() default "";

        @AttributeDefinition(description = "whether clients are to stay with those servers for good")
        boolean serverMoved() default false;

        @AttributeDefinition(description = "seconds between two looks at the figures under $SYS; 0 for none of them")
        int systemInterval() default 10;

        @AttributeDefinition(description = "who may subscribe to $SYS: administrators, everyone or nobody")
        String systemReaders() default "administrators";
    }

    /** A path that applications do not declare: the root table answers for it. */
    private static final Path NO_TABLE = Path.of("$");

    private final Sessions sessions;
    private final ClientEvents events = new ClientEvents("mqtt");
    private final SystemTopics topics;
    private final AtomicReference<@Nullable Mechanisms> mechanisms = new AtomicReference<>();
    private final Broker broker;

    @Activate
    public MqttProtocol(
            @Reference Resources resources,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL) @Nullable DurableSessions durable,
            @Reference Store store,
            @Reference Users users,
            @Reference Bodies bodies,
            @Reference Meter meter,
            Config config) {
        this(resources, durable, store, users, bodies, new Measures(meter, Clock.systemUTC()), config);
    }

    /** What is counted, and the time. */
    record Measures(Meter meter, Clock clock) {}

    MqttProtocol(
            Resources resources,
            @Nullable DurableSessions durable,
            Store store,
            Users users,
            Bodies bodies,
            Measures measures,
            Config config) {
        Clock clock = measures.clock();
        Limits limits = limits(config);
        Messages messages = new Messages(resources, bodies, clock);
        SessionTables tables = new SessionTables(store, bodies);
        Wills wills = new Wills(resources, messages);
        Statistics statistics = new Statistics();
        Traffic traffic = measures.meter().traffic("mqtt");
        SharedGroups shared = new SharedGroups(tables, resources, durable, traffic);
        this.sessions = new Sessions(tables, durable, shared, clock, statistics, wills::publish);
        Context server = resources.context(new User("mqtt", Set.of(), true), "mqtt", "mqtt", null);
        Figures figures =
                new Figures(statistics, traffic, sessions, tables, () -> resources.table(server, NO_TABLE), clock);
        this.topics = new SystemTopics(
                readers(config.systemReaders()),
                bodies,
                figures,
                Duration.ofSeconds(Units.within("mqtt.systemInterval", config.systemInterval(), 0, 86_400)));
        this.broker = new Broker(
                doors(resources, users, mechanisms, limits, config),
                messages,
                sessions,
                tables,
                limits,
                new Broker.Watching(traffic, statistics, topics, events),
                clock);
        sessions.limit(limits.times().backlog());
        topics.start();
    }

    private static Broker.Doors doors(
            Resources resources,
            Users users,
            AtomicReference<@Nullable Mechanisms> mechanisms,
            Limits limits,
            Config config) {
        String server = config.serverReference().strip();
        int rate = limits.topics().rates().all();
        return new Broker.Doors(
                resources,
                users,
                mechanisms,
                server.isEmpty() ? null : new Referral(server, config.serverMoved()),
                rate == 0 ? null : new SharedRate(rate, System.nanoTime()));
    }

    private static SystemTopics.Readers readers(String name) {
        for (SystemTopics.Readers readers : SystemTopics.Readers.values()) {
            if (readers.name().equalsIgnoreCase(name)) {
                return readers;
            }
        }
        throw new IllegalArgumentException(
                "mqtt.systemReaders is " + name + ", must be administrators, everyone or nobody");
    }

    private static Limits limits(Config config) {
        return new Limits(
                Units.within("mqtt.maximumPacketSize", config.maximumPacketSize(), 65_536, 268_435_460),
                Units.within("mqtt.receiveMaximum", config.receiveMaximum(), 1, 65_535),
                Units.within("mqtt.receiveBytes", config.receiveBytes(), 1, Integer.MAX_VALUE),
                Units.within("mqtt.inFlight", config.inFlight(), 1, 65_535),
                Units.within("mqtt.topicAliasMaximum", config.topicAliasMaximum(), 0, 65_535),
                new Limits.Topics(
                        Units.within("mqtt.subscriptions", config.subscriptions(), 1, Integer.MAX_VALUE),
                        Units.within("mqtt.topicLevels", config.topicLevels(), 1, 65_536),
                        new Limits.Rates(
                                Units.within("mqtt.publishRate", config.publishRate(), 0, Integer.MAX_VALUE),
                                Units.within("mqtt.publishBytes", config.publishBytes(), 0, Integer.MAX_VALUE),
                                Duration.ofSeconds(Units.within("mqtt.ratePatience", config.ratePatience(), 0, 86_400)),
                                Units.within("mqtt.publishRateOfAll", config.publishRateOfAll(), 0, Integer.MAX_VALUE)),
                        new Limits.Offers(
                                Units.within("mqtt.maximumQos", config.maximumQos(), 0, 2),
                                config.retainAvailable(),
                                config.wildcardsAvailable())),
                new Limits.Times(
                        Duration.ofSeconds(Units.within("mqtt.maximumKeepAlive", config.maximumKeepAlive(), 0, 65_535)),
                        Duration.ofSeconds(Units.within("mqtt.connectTimeout", config.connectTimeout(), 1, 3_600)),
                        Units.within("mqtt.maximumSessionExpiry", config.maximumSessionExpiry(), 0, Session.NEVER),
                        new Limits.Backlog(
                                Units.within("mqtt.sessions", config.sessions(), 0, Integer.MAX_VALUE),
                                Units.within("mqtt.sessionChanges", config.sessionChanges(), 0, Integer.MAX_VALUE),
                                Units.within("mqtt.sessionBytes", config.sessionBytes(), 0, Long.MAX_VALUE),
                                Duration.ofSeconds(
                                        Units.within("mqtt.sessionAge", config.sessionAge(), 0, Long.MAX_VALUE))),
                        Duration.ofSeconds(Units.within("mqtt.unreadPatience", config.unreadPatience(), 0, 86_400))));
    }

    @Override
    public String name() {
        return "mqtt";
    }

    /** [MQTT-6.0.0-4] */
    @Override
    public List<String> subprotocols() {
        return List.of("mqtt", "mqttv3.1"); // §6.0, [MQTT-6.0.0-3]
    }

    /** Nothing else that is spoken begins with the first byte of a CONNECT, and nothing but CONNECT may begin MQTT. */
    @Override
    public Match match(ByteBuf firstBytes) {
        if (!firstBytes.isReadable()) {
            return Match.MORE;
        }
        return firstBytes.getUnsignedByte(firstBytes.readerIndex()) == Packet.CONNECT << 4 ? Match.YES : Match.NO;
    }

    /** [MQTT-4.2-1]; 3.1.1 [MQTT-7.0.0-2], [MQTT-7.1.1-1] */
    @Override
    public void open(ChannelPipeline pipeline) {
        pipeline.addLast("mqtt", new MqttConnection(broker, pipeline.channel()));
    }

    /** Clients may authenticate by these from now on. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setMechanisms(Mechanisms offered) {
        mechanisms.set(offered);
    }

    /** They no longer may; what has begun is finished. */
    public void unsetMechanisms(Mechanisms offered) {
        mechanisms.compareAndSet(offered, null);
    }

    /** Tells it what clients do from now on. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addObserver(ClientObserver observer, Map<String, ?> properties) {
        events.add(observer, properties);
    }

    /** Tells it nothing more. */
    public void removeObserver(ClientObserver observer) {
        events.remove(observer);
    }

    /** Ends what runs by the clock; connections are closed by their listener before. */
    @Deactivate
    public void close() {
        topics.close();
        sessions.close();
        events.close();
    }
}
