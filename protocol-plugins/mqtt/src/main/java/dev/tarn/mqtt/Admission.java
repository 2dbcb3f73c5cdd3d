// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.data.Failure;
import dev.tarn.api.security.User;
import dev.tarn.transport.Connection;
import dev.tarn.transport.Printable;
import dev.tarn.transport.Stay;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a client into the server, from its CONNECT to a CONNACK: who it is, by {@link Dialogue} where it is asked
 * more than once, whose turn it is under its identifier, and its session. For the connection's loop.
 */
final class Admission {

    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    private final MqttConnection connection;
    private final Broker broker;
    private final FrameReader frames;
    private final Connection peer;
    private @Nullable Future<?> hurry;
    private @Nullable Agreement agreement;
    private @Nullable Dialogue dialogue;
    private @Nullable Client client;
    private Claims.@Nullable Claim claim;

    /** Another connection has come for the session while this one was about to get it. */
    private boolean takenOver;

    Admission(MqttConnection connection, Broker broker, FrameReader frames, Connection peer) {
        this.connection = connection;
        this.broker = broker;
        this.frames = frames;
        this.peer = peer;
    }

    /** Gives the client a while to go on with what it has to do before it is connected. */
    void hurry(String reason) {
        hurry = connection
                .channel()
                .eventLoop()
                .schedule(
                        () -> connection.end(Reason.MAXIMUM_CONNECT_TIME, reason),
                        broker.limits().times().connect().toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    void hurryNoMore() {
        if (hurry != null) {
            hurry.cancel(false);
            hurry = null;
        }
    }

    /** What holds for the connection; null before CONNECT. */
    @Nullable
    Agreement agreement() {
        return agreement;
    }

    /** What the client repeats when it authenticates again; null where it named no method. */
    @Nullable
    Authentication authentication() {
        return dialogue == null ? null : dialogue.authentication();
    }

    /** A packet of a client that was not let in yet. */
    void packet(int header, ByteBuf content) {
        if (dialogue == null) {
            connect(content);
        } else {
            dialogue.packet(header, content);
        }
    }

    private void connect(ByteBuf content) {
        hurryNoMore();
        broker.statistics().connects.increment();
        ConnectReader reader = new ConnectReader();
        try {
            Packet.Connect connect = reader.read(content);
            connection.speak(writer(connect));
            Agreement agreed = Connecting.agree(connect, broker, peer);
            agreement = agreed;
            Authentication several = Authentication.of(connect, broker, peer.remote());
            connection.pause(Line.Pause.CONNECTING);
            if (several != null) {
                dialogue = new Dialogue(connection, several, (user, refused) -> known(connect, agreed, user, refused));
                frames.authenticating();
                hurry("no AUTH");
                dialogue.begin(connect.properties());
                return;
            }
            broker.users()
                    .authenticate(Connecting.credentials(connect.login(), peer), peer.remote())
                    .whenComplete((user, refused) -> connection.later(() -> known(connect, agreed, user, refused)));
        } catch (Violation violation) {
            if (!reader.known()) {
                throw violation;
            }
            if (agreement == null && connection.writer().version() != reader.version()) {
                connection.speak(new PacketWriter(reader.version(), Long.MAX_VALUE, true));
            }
            refuse(violation.reason(), violation.text());
        }
    }

    private static PacketWriter writer(Packet.Connect connect) {
        PropertySet properties = connect.properties();
        return new PacketWriter(
                connect.version(),
                properties.number(PropertyType.MAXIMUM_PACKET_SIZE, Long.MAX_VALUE),
                properties.number(PropertyType.REQUEST_PROBLEM_INFORMATION, 1) == 1);
    }

    /** Who the client is, or why nobody. */
    private void known(Packet.Connect connect, Agreement agreed, @Nullable User user, @Nullable Throwable refused) {
        if (connection.ended()) {
            return;
        }
        hurryNoMore();
        if (refused != null || user == null) {
            Failure failure = refused == null ? null : Failures.of(refused);
            if (failure == null) {
                connection.fail(refused == null ? new IllegalStateException("neither a user nor a refusal") : refused);
            } else {
                if (failure.code() == Failure.Code.UNAUTHENTICATED || failure.code() == Failure.Code.FORBIDDEN) {
                    connection.tell(ClientEvent.Type.AUTH_FAILED, failure.reason());
                }
                refuse(Failures.connected(failure.code()), failure.reason());
            }
            return;
        }
        Stay.begin(connection.channel(), broker.users(), user);
        Claims.Claim held = broker.sessions().claims().claim(agreed.clientId(), connection);
        claim = held;
        if (held.isReady()) {
            open(connect, agreed, user);
        } else {
            held.ready().whenComplete((ready, never) -> connection.later(() -> open(connect, agreed, user)));
        }
    }

    /** The one before is gone: the session is ours. */
    private void open(Packet.Connect connect, Agreement agreed, User user) {
        if (connection.ended()) {
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
        Client made = new Client(connection, broker, connect, user, opened.session(), authentication());
        client = made;
        connection.opened(made);
        if (opened.stored().isDone()) {
            opened.stored().whenComplete((stored, failure) -> accept(made, connect, agreed, opened, failure));
        } else {
            opened.stored()
                    .whenComplete((stored, failure) ->
                            connection.later(() -> accept(made, connect, agreed, opened, failure)));
        }
    }

    /** [MQTT-3.1.4-5], [MQTT-3.2.0-1], [MQTT-3.2.0-2]; 3.1.1 [MQTT-3.1.4-4] */
    private void accept(
            Client accepted,
            Packet.Connect connect,
            Agreement agreed,
            Sessions.Opened opened,
            @Nullable Throwable failure) {
        if (connection.ended()) {
            return;
        }
        if (failure != null) {
            LOG.warn("session not stored: connection={} reason={}", peer.id(), failure.getMessage());
            refuse(Reason.SERVER_UNAVAILABLE, "the session could not be stored");
            return;
        }
        PropertySet properties =
                Connecting.properties(connect, agreed, broker.limits(), Connecting.expiry(connect, broker));
        if (dialogue != null) {
            dialogue.describe(properties);
        }
        PacketWriter writer = connection.writer();
        if (!writer.fits(properties)) {
            LOG.debug("ended: a CONNACK is larger than the client takes: connection={}", peer.id());
            connection.hangUp();
            return;
        }
        writer.connack(connection.outbox().open(), opened.present(), Reason.SUCCESS, properties);
        accepted.begin();
        connection.tell(ClientEvent.Type.CONNECTED, null);
        LOG.debug(
                "connected: client={} version={} present={} connection={}",
                Printable.of(agreed.clientId()),
                agreed.version(),
                opened.present(),
                peer.id());
        connection.resume(Line.Pause.CONNECTING);
        connection.outbox().flush();
        if (takenOver) {
            connection.end(Reason.SESSION_TAKEN_OVER, null);
        }
    }

    /**
     * Refuses a CONNECT in its own version's words and closes [MQTT-3.1.4-2], [MQTT-3.2.2-7]. [MQTT-3.1.4-6];
     * 3.1.1 [MQTT-3.1.4-5], [MQTT-3.2.2-5], [MQTT-3.2.2-6]
     */
    private void refuse(Reason reason, String text) {
        LOG.debug("refused: reason={} text={} connection={}", reason, Printable.of(text), peer.id());
        broker.traffic().refused.increment();
        PacketWriter writer = connection.writer();
        if (writer.version().five() || reason.returnCode() != 0) {
            writer.connack(connection.outbox().open(), false, reason, writer.explanation(text));
        }
        connection.hangUp();
    }

    /** Whether a violation before the client was let in has a CONNACK of its own, which was sent. [MQTT-4.12.0-4] */
    boolean refused(Violation violation) {
        boolean answered =
                client == null && dialogue != null && violation.reason().in(Packet.CONNACK);
        if (answered) {
            refuse(violation.reason(), violation.text());
        }
        return answered;
    }

    /**
     * Another connection has come with the same client identifier [MQTT-3.1.4-3]. If this one is just being let in, it is let
     * in first: else a flood of connections of one client would keep all of them out.
     */
    void takeOver() {
        if (client != null && !client.begun()) {
            takenOver = true;
        } else {
            connection.end(Reason.SESSION_TAKEN_OVER, null);
        }
    }

    /** The connection has ended, and its client was closed: the next in line may go on. */
    void close() {
        hurryNoMore();
        Claims.Claim held = claim;
        Client left = client;
        if (held == null) {
            return;
        }
        Claims claims = broker.sessions().claims();
        if (left == null) {
            claims.release(held);
        } else {
            left.passed().whenComplete((passed, failure) -> claims.release(held));
        }
    }

    @Override
    public String toString() {
        return Objects.toString(agreement);
    }
}
