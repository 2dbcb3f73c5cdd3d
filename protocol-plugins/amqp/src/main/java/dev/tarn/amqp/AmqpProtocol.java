// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientObserver;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Mechanisms;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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

/** AMQP 1.0 over whatever carries bytes. */
@Component(
        configurationPid = "dev.tarn.amqp",
        service = {StreamProtocol.class, AmqpProtocol.class})
@Designate(ocd = AmqpProtocol.Config.class)
public final class AmqpProtocol implements StreamProtocol {

    /** Settings of the protocol. */
    @ObjectClassDefinition(name = "AMQP")
    public @interface Config {
        @AttributeDefinition(description = "largest frame in bytes, 512 to 1,048,576")
        int maximumFrameSize() default 65_536;

        @AttributeDefinition(description = "largest message in bytes, 65,536 to 268,435,456")
        int maximumMessageSize() default 16_777_216;

        @AttributeDefinition(description = "messages of one link that may be unsettled, 1 to 65,535")
        int credit() default 256;

        @AttributeDefinition(description = "bytes of one client's messages that may wait before nothing more is read")
        int receiveBytes() default 4_194_304;

        @AttributeDefinition(description = "messages to one link that its client may leave unsettled, 1 to 65,535")
        int unsettled() default 8_192;

        @AttributeDefinition(description = "durable and shared subscriptions and queues that are kept, of all clients")
        int subscriptions() default 100_000;

        @AttributeDefinition(description = "sessions of one connection, 1 to 65,535")
        int sessions() default 256;

        @AttributeDefinition(description = "links of one session, 1 to 65,535")
        int links() default 1_024;

        @AttributeDefinition(description = "ways to log in that are offered, the best first")
        String[] mechanisms() default {"EXTERNAL", "SCRAM-SHA-256", "PLAIN", "ANONYMOUS"};

        @AttributeDefinition(description = "whether PLAIN, which sends the password, is offered over TLS only")
        boolean plainNeedsTls() default false;

        @AttributeDefinition(description = "seconds after which a silent client is gone, 1 to 86,400")
        int idleTimeout() default 60;

        @AttributeDefinition(description = "seconds until a connection must be open")
        int connectTimeout() default 10;
    }

    private static final byte[] NAME = {'A', 'M', 'Q', 'P'};

    private final AtomicReference<@Nullable Mechanisms> mechanisms = new AtomicReference<>();
    private final ClientEvents events = new ClientEvents("amqp");
    private final ExecutorService disk =
            Executors.newFixedThreadPool(Math.max(2, Runtime.getRuntime().availableProcessors()), task -> {
                Thread thread = new Thread(task, "tarn-amqp-disk");
                thread.setDaemon(true);
                return thread;
            });
    private final Feeds feeds;
    private final Broker broker;

    @Activate
    public AmqpProtocol(
            @Reference Resources resources,
            @Reference DurableSessions durable,
            @Reference Store store,
            @Reference Users users,
            @Reference Bodies bodies,
            @Reference Meter meter,
            Config config) {
        Clock clock = Clock.systemUTC();
        Traffic traffic = meter.traffic("amqp");
        int most = Units.within("amqp.subscriptions", config.subscriptions(), 0, Integer.MAX_VALUE);
        this.feeds = new Feeds(resources, durable, new FeedTable(store, bodies), traffic, clock, most);
        Messages messages = new Messages(resources, bodies, clock);
        this.broker = new Broker(
                new Broker.Engine(resources, new Streams(resources, bodies, messages), disk),
                new Broker.Logins(users, mechanisms, new Offer(List.of(config.mechanisms()), config.plainNeedsTls())),
                messages,
                new Containers(),
                feeds,
                limits(config),
                new Broker.Watching(traffic, events));
    }

    private static Limits limits(Config config) {
        return new Limits(
                Units.within("amqp.maximumFrameSize", config.maximumFrameSize(), 512, 1_048_576),
                Units.within("amqp.maximumMessageSize", config.maximumMessageSize(), 65_536, 268_435_456),
                Units.within("amqp.credit", config.credit(), 1, 65_535),
                Units.within("amqp.receiveBytes", config.receiveBytes(), 1, Integer.MAX_VALUE),
                Units.within("amqp.unsettled", config.unsettled(), 1, 65_535),
                new Limits.Counts(
                        Units.within("amqp.sessions", config.sessions(), 1, 65_535),
                        Units.within("amqp.links", config.links(), 1, 65_535)),
                Duration.ofSeconds(Units.within("amqp.idleTimeout", config.idleTimeout(), 1, 86_400)),
                Duration.ofSeconds(Units.within("amqp.connectTimeout", config.connectTimeout(), 1, 3_600)));
    }

    /** What is kept by name. */
    Feeds feeds() {
        return feeds;
    }

    @Override
    public String name() {
        return "amqp";
    }

    /** AMQP over WebSocket, OASIS amqp-wsb-v1.0 §2.1. */
    @Override
    public List<String> subprotocols() {
        return List.of("amqp");
    }

    /** "AMQP", whatever version follows: another one is told which is spoken here, AMQP 1.0 §2.2. */
    @Override
    public Match match(ByteBuf firstBytes) {
        int seen = Math.min(NAME.length, firstBytes.readableBytes());
        for (int i = 0; i < seen; i++) {
            if (firstBytes.getByte(firstBytes.readerIndex() + i) != NAME[i]) {
                return Match.NO;
            }
        }
        return seen < NAME.length ? Match.MORE : Match.YES;
    }

    /** These ways to log in are offered too from now on. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setMechanisms(Mechanisms offered) {
        mechanisms.set(offered);
    }

    /** They no longer are. */
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

    /** Stores what is not stored yet; connections are closed by their listener before. */
    @Deactivate
    public void close() {
        feeds.close();
        disk.shutdown();
        events.close();
    }

    @Override
    public void open(ChannelPipeline pipeline) {
        pipeline.addLast("amqp", new AmqpConnection(broker, pipeline.channel()));
    }
}
