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
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelPipeline;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
@Component(configurationPid = "dev.tarn.amqp", service = StreamProtocol.class)
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

        @AttributeDefinition(description = "seconds after which a silent client is gone, 1 to 86,400")
        int idleTimeout() default 60;

        @AttributeDefinition(description = "seconds until a connection must be open")
        int connectTimeout() default 10;
    }

    private static final byte[] NAME = {'A', 'M', 'Q', 'P'};

    private final AtomicReference<@Nullable Mechanisms> mechanisms = new AtomicReference<>();
    private final ClientEvents events = new ClientEvents("amqp");
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
        int most = within("subscriptions", config.subscriptions(), 0, Integer.MAX_VALUE);
        this.feeds = new Feeds(resources, durable, new FeedTable(store, bodies), traffic, clock, most);
        this.broker = new Broker(
                resources,
                new Broker.Logins(users, mechanisms),
                new Messages(resources, bodies, clock),
                new Containers(),
                feeds,
                limits(config),
                new Broker.Watching(traffic, events));
    }

    private static Limits limits(Config config) {
        return new Limits(
                within("maximumFrameSize", config.maximumFrameSize(), 512, 1_048_576),
                within("maximumMessageSize", config.maximumMessageSize(), 65_536, 268_435_456),
                within("credit", config.credit(), 1, 65_535),
                within("receiveBytes", config.receiveBytes(), 1, Integer.MAX_VALUE),
                within("unsettled", config.unsettled(), 1, 65_535),
                new Limits.Counts(
                        within("sessions", config.sessions(), 1, 65_535), within("links", config.links(), 1, 65_535)),
                Duration.ofSeconds(within("idleTimeout", config.idleTimeout(), 1, 86_400)),
                Duration.ofSeconds(within("connectTimeout", config.connectTimeout(), 1, 3_600)));
    }

    private static int within(String name, int value, int least, int greatest) {
        if (value < least || value > greatest) {
            throw new IllegalArgumentException(
                    "amqp." + name + " is " + value + ", must be " + least + " to " + greatest);
        }
        return value;
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
        events.close();
    }

    @Override
    public void open(ChannelPipeline pipeline) {
        pipeline.addLast("amqp", new AmqpConnection(broker, pipeline.channel()));
    }
}
