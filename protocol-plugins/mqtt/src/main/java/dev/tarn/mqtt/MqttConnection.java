// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import dev.tarn.transport.Closing;
import dev.tarn.transport.Connection;
import dev.tarn.transport.Printable;
import dev.tarn.transport.Stay;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection, from the first byte to the last: cuts packets, hands them to those who know what to do, and
 * ends. Every field is touched on the connection's loop only.
 */
final class MqttConnection extends ChannelInboundHandlerAdapter implements Line {

    private static final Logger LOG = LoggerFactory.getLogger(MqttConnection.class);

    private final Broker broker;
    private final Channel channel;
    private final Connection peer;
    private final FrameReader frames;
    private final Outbox outbox;
    private final Stuck stuck;
    private PacketWriter writer = new PacketWriter(Version.V311, Long.MAX_VALUE, true);
    private @Nullable Future<?> connectTimeout;
    private Sessions.@Nullable Claim claim;
    private @Nullable Agreement agreement;
    private @Nullable Client client;
    private @Nullable Authentication authentication;
    private Packet.@Nullable Connect asking;
    private Mechanisms.@Nullable Step proved;
    private final Set<Pause> pauses = EnumSet.noneOf(Pause.class);
    private boolean paused;
    private boolean reading;
    private boolean inputEnded;
    private boolean ended;

    /** Another connection has come for the session while this one was about to get it. */
    private boolean takenOver;

    /** Bytes that it has among those of strangers. */
    private int strange;

    /** Why the server ended it, in words. */
    private @Nullable String why;

    private @Nullable Referral referral;

    MqttConnection(Broker broker, Channel channel) {
        this.broker = broker;
        this.channel = channel;
        this.peer = Connection.of(channel);
        this.frames = new FrameReader(channel.alloc());
        this.outbox = new Outbox(channel, broker.statistics());
        this.stuck = new Stuck(channel, broker.limits().times().unread(), () -> {
            broker.traffic().refused.increment();
            end(
                    Reason.QUOTA_EXCEEDED,
                    "nothing was read for " + broker.limits().times().unread().toSeconds() + " s");
            channel.close();
        });
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        broker.statistics().sockets.increment();
        tell(ClientEvent.Type.CONNECTION, null);
        hurry("no CONNECT");
    }

    /** Gives the client a while to go on with what it has to do before it is connected. */
    private void hurry(String reason) {
        connectTimeout = channel.eventLoop()
                .schedule(
                        () -> end(Reason.MAXIMUM_CONNECT_TIME, reason),
                        broker.limits().times().connect().toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private void hurryNoMore() {
        if (connectTimeout != null) {
            connectTimeout.cancel(false);
            connectTimeout = null;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (ended) {
            bytes.release();
            return;
        }
        broker.statistics().bytesReceived.add(bytes.readableBytes());
        frames.add(bytes);
        if (!paused) {
            read();
        }
        if (strange != 0 || !frames.connected()) {
            estrange();
        }
    }

    /** Counts what is kept of a connection whose CONNECT has not come as a whole. */
    private void estrange() {
        int now = ended || frames.connected() ? 0 : frames.waiting();
        int more = now - strange;
        strange = now;
        if (!broker.statistics().strangers.add(more) && more > 0 && !ended) {
            broker.traffic().refused.increment();
            end(Reason.QUOTA_EXCEEDED, "too many large CONNECT packets at once");
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        outbox.flush();
        ctx.fireChannelReadComplete();
    }

    /** Handles the packets that are there, until one of them needs a pause. */
    private void read() {
        reading = true;
        int packets = 0;
        try {
            while (!paused && !ended) {
                ByteBuf content = frames.next();
                if (content == null) {
                    break;
                }
                packets++;
                packet(frames.header(), content);
            }
        } catch (Violation violation) {
            violated(violation);
        } catch (RuntimeException bug) {
            fail(bug);
        } finally {
            reading = false;
            broker.statistics().packetsReceived.add(packets);
        }
        if (!ended) {
            frames.settle();
            if (inputEnded && !paused) {
                finish();
            }
        }
    }

    private void packet(int header, ByteBuf content) {
        Client connected = client;
        if (connected == null && authentication == null) {
            connect(content);
        } else if (connected == null) {
            prove(header, content);
        } else if (!connected.packet(header, content)) {
            finish();
            channel.close();
        }
    }

    private void connect(ByteBuf content) {
        hurryNoMore();
        broker.statistics().connects.increment();
        ConnectReader reader = new ConnectReader();
        try {
            Packet.Connect connect = reader.read(content);
            writer = writer(connect);
            Agreement agreed = Connecting.agree(connect, broker, peer);
            agreement = agreed;
            Authentication several = Authentication.of(connect, broker, peer.remote());
            pause(Pause.CONNECTING);
            if (several != null) {
                asking = connect;
                authentication = several;
                frames.authenticating();
                hurry("no AUTH");
                several.begin(connect.properties(), (step, refused) -> later(() -> stepped(several, step, refused)));
                return;
            }
            broker.users()
                    .authenticate(Connecting.credentials(connect.login(), peer), peer.remote())
                    .whenComplete((user, refused) -> later(() -> authenticated(connect, agreed, user, refused)));
        } catch (Violation violation) {
            if (reader.known()) {
                writer = agreement == null && writer.version() != reader.version() ? writer(reader.version()) : writer;
                refuse(violation.reason(), violation.text());
            } else {
                throw violation;
            }
        }
    }

    /** Another packet of a client that is not known yet; any but AUTH is its last [MQTT-3.1.2-30]. */
    private void prove(int header, ByteBuf content) {
        Authentication several = Objects.requireNonNull(authentication);
        if (new PacketReader(Version.V5).read(header, content) instanceof Packet.Auth auth) {
            pause(Pause.CONNECTING);
            several.answer(auth, (step, refused) -> later(() -> stepped(several, step, refused)));
        } else {
            finish();
            channel.close();
        }
    }

    private void stepped(Authentication several, Mechanisms.@Nullable Step step, @Nullable Throwable refused) {
        if (ended) {
            return;
        }
        Packet.Connect connect = Objects.requireNonNull(asking);
        if (step == null) {
            authenticated(connect, agreement(), null, refused);
        } else if (several.stepped(step)) {
            proved = step;
            authenticated(connect, agreement(), step.user(), null);
        } else if (writer.fits(several.properties(step))) {
            writer.auth(outbox.open(), Reason.CONTINUE_AUTHENTICATION, several.properties(step)); // [MQTT-4.12.0-2]
            resume(Pause.CONNECTING);
            outbox.flush();
        } else {
            hangUp();
        }
    }

    private static PacketWriter writer(Version version) {
        return new PacketWriter(version, Long.MAX_VALUE, true);
    }

    private static PacketWriter writer(Packet.Connect connect) {
        PropertySet properties = connect.properties();
        return new PacketWriter(
                connect.version(),
                properties.number(PropertyType.MAXIMUM_PACKET_SIZE, Long.MAX_VALUE),
                properties.number(PropertyType.REQUEST_PROBLEM_INFORMATION, 1) == 1);
    }

    private void authenticated(
            Packet.Connect connect, Agreement agreed, @Nullable User user, @Nullable Throwable refused) {
        if (ended) {
            return;
        }
        hurryNoMore();
        if (refused != null || user == null) {
            Failure failure = refused == null ? null : Failures.of(refused);
            if (failure == null) {
                fail(refused == null ? new IllegalStateException("neither a user nor a refusal") : refused);
            } else {
                if (failure.code() == Failure.Code.UNAUTHENTICATED || failure.code() == Failure.Code.FORBIDDEN) {
                    tell(ClientEvent.Type.AUTH_FAILED, failure.reason());
                }
                refuse(Failures.connected(failure.code()), failure.reason());
            }
            return;
        }
        Stay.begin(channel, broker.users(), user);
        Sessions.Claim held = broker.sessions().claim(agreed.clientId(), this);
        claim = held;
        held.ready().whenComplete((ready, never) -> later(() -> open(connect, agreed, user)));
    }

    /** The one before is gone: the session is ours. */
    private void open(Packet.Connect connect, Agreement agreed, User user) {
        if (ended) {
            return;
        }
        long expiry = Connecting.expiry(connect, broker);
        int most = broker.limits().times().backlog().sessions();
        if (expiry > 0 && broker.sessions().full(agreed.clientId(), most)) {
            refuse(Reason.QUOTA_EXCEEDED, "no more than " + most + " sessions outlast their connections");
            return;
        }
        Sessions.Opened opened =
                broker.sessions().open(agreed.clientId(), user, connect.clean(), expiry, connect.will());
        frames.connected(broker.limits().packet());
        client = new Client(this, broker, connect, user, opened.session(), authentication);
        opened.stored().whenComplete((stored, failure) -> later(() -> accept(connect, agreed, opened, failure)));
    }

    /** [MQTT-3.1.4-5], [MQTT-3.2.0-1], [MQTT-3.2.0-2]; 3.1.1 [MQTT-3.1.4-4] */
    private void accept(Packet.Connect connect, Agreement agreed, Sessions.Opened opened, @Nullable Throwable failure) {
        Client accepted = client;
        if (ended || accepted == null) {
            return;
        }
        if (failure != null) {
            LOG.warn("session not stored: connection={} reason={}", peer.id(), failure.getMessage());
            refuse(Reason.SERVER_UNAVAILABLE, "the session could not be stored");
            return;
        }
        PropertySet properties =
                Connecting.properties(connect, agreed, broker.limits(), Connecting.expiry(connect, broker));
        if (authentication != null && proved != null) {
            authentication.describe(properties, proved);
        }
        if (!writer.fits(properties)) {
            LOG.debug("ended: a CONNACK is larger than the client takes: connection={}", peer.id());
            hangUp();
            return;
        }
        writer.connack(outbox.open(), opened.present(), Reason.SUCCESS, properties);
        accepted.begin();
        tell(ClientEvent.Type.CONNECTED, null);
        LOG.debug(
                "connected: client={} version={} present={} connection={}",
                Printable.of(agreed.clientId()),
                agreed.version(),
                opened.present(),
                peer.id());
        resume(Pause.CONNECTING);
        outbox.flush();
        if (takenOver) {
            end(Reason.SESSION_TAKEN_OVER, null);
        }
    }

    /**
     * Refuses a CONNECT in its own version's words and closes [MQTT-3.1.4-2], [MQTT-3.2.2-7]. [MQTT-3.1.4-6];
     * 3.1.1 [MQTT-3.1.4-5], [MQTT-3.2.2-5], [MQTT-3.2.2-6]
     */
    private void refuse(Reason reason, String text) {
        LOG.debug("refused: reason={} text={} connection={}", reason, Printable.of(text), peer.id());
        broker.traffic().refused.increment();
        if (writer.version().five() || reason.returnCode() != 0) {
            writer.connack(outbox.open(), false, reason, writer.explanation(text));
        }
        hangUp();
    }

    private void violated(Violation violation) {
        if (client == null && authentication != null && violation.reason().in(Packet.CONNACK)) {
            refuse(violation.reason(), violation.text()); // [MQTT-4.12.0-4]
            return;
        }
        broker.traffic().refused.increment();
        end(violation.reason(), violation.text());
    }

    /** [MQTT-3.14.0-1]; 3.1.1 [MQTT-4.8.0-1] */
    @Override
    public void end(Reason reason, @Nullable String text) {
        if (ended) {
            return;
        }
        why = text == null ? reason.words() : text;
        LOG.debug("ended: reason={} text={} connection={}", reason, text == null ? "" : Printable.of(text), peer.id());
        if (client != null && client.begun() && writer.version().five() && reason.in(Packet.DISCONNECT)) {
            writer.disconnect(
                    outbox.open(), reason, text, referral == null ? null : referral.server()); // [MQTT-4.13.1-1]
        }
        hangUp();
    }

    @Override
    public void fail(Throwable bug) {
        if (!ended) {
            LOG.error("closed because of a bug: connection={}", peer.id(), bug);
            end(Reason.UNSPECIFIED_ERROR, null);
        }
    }

    private void tell(ClientEvent.Type type, @Nullable String reason) {
        if (broker.events().wanted(type)) {
            broker.events()
                    .tell(new ClientEvent(
                            type, identity(), null, 0, reason, broker.clock().millis()));
        }
    }

    @Override
    public dev.tarn.api.client.Client identity() {
        String id = agreement == null ? "" : agreement.clientId();
        User user = client == null ? null : client.user();
        return new dev.tarn.api.client.Client("mqtt", peer.id(), peer.remote(), id, user);
    }

    /** [MQTT-3.14.4-1], [MQTT-3.14.4-2], [MQTT-4.13.2-1] */
    private void hangUp() {
        outbox.flush();
        finish();
        Farewell.close(channel, peer);
    }

    /**
     * Another connection has come with the same client identifier [MQTT-3.1.4-3]. If this one is just being let in, it is let
     * in first: else a flood of connections of one client would keep all of them out. On any thread.
     */
    void takeOver() {
        later(() -> {
            if (client != null && !client.begun()) {
                takenOver = true;
            } else {
                end(Reason.SESSION_TAKEN_OVER, null);
            }
        });
    }

    /** The session holds more of the log than it needs. On any thread. */
    void moveOn() {
        later(() -> {
            if (client != null && !ended) {
                client.moveOn();
            }
        });
    }

    private void later(Runnable task) {
        channel.eventLoop().execute(task);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        inputEnded = true;
        if (!paused && !ended) {
            finish();
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Closing closing) {
            closing.hold();
            end(reason(closing.cause()), closing.reason());
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    /** §3.14.2.1: who may not stay, who has stayed as long as he may, and who is sent elsewhere or away. */
    private Reason reason(Closing.Cause cause) {
        return switch (cause) {
            case REVOKED -> Reason.NOT_AUTHORIZED;
            case EXPIRED -> Reason.MAXIMUM_CONNECT_TIME;
            case STOPPING -> {
                referral = broker.doors().elsewhere();
                yield referral == null ? Reason.SERVER_SHUTTING_DOWN : referral.reason();
            }
        };
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (client != null) {
            if (channel.isWritable()) {
                resume(Pause.WRITING);
                client.writable();
            } else {
                pause(Pause.WRITING);
                stuck.watch();
            }
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("broken: connection={} reason={}", peer.id(), Printable.of(String.valueOf(cause.getMessage())));
        } else if (!ended) {
            LOG.error("closed because of a bug: connection={}", peer.id(), cause);
        }
        finish();
        channel.close();
    }

    /** Lets go of everything, once. */
    private void finish() {
        if (ended) {
            return;
        }
        ended = true;
        hurryNoMore();
        if (client != null) {
            if (client.begun()) {
                tell(ClientEvent.Type.DISCONNECTED, why == null ? "closed by the client" : why);
            }
            client.close();
        }
        stuck.stop();
        if (strange != 0) {
            estrange();
        }
        Sessions.Claim held = claim;
        if (held != null && client != null) {
            client.passed().whenComplete((passed, failure) -> broker.sessions().release(held));
        } else if (held != null) {
            broker.sessions().release(held);
        }
        if (!reading) {
            frames.close();
        } else {
            later(frames::close);
        }
        outbox.close();
    }

    @Override
    public void pause(Pause why) {
        pauses.add(why);
        paused = true;
        channel.config().setAutoRead(false);
    }

    @Override
    public void resume(Pause why) {
        pauses.remove(why);
        paused = !pauses.isEmpty();
        if (ended || paused) {
            return;
        }
        if (!reading) {
            read();
        }
        if (!paused && !ended) {
            channel.config().setAutoRead(true);
        }
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public Outbox outbox() {
        return outbox;
    }

    @Override
    public PacketWriter writer() {
        return writer;
    }

    @Override
    public Agreement agreement() {
        return Objects.requireNonNull(agreement, "before CONNECT");
    }
}
