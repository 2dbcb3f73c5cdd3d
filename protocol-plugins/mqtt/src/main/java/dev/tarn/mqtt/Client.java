// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.transport.Connection;
import dev.tarn.transport.Stay;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A client that was let in: what it publishes, what it is told, its session and its will. For the connection's loop. */
final class Client {

    private final Line line;
    private final Broker broker;
    private final Session session;
    private final @Nullable Ledger ledger;
    private final PacketReader reader;
    private final Publishing publishing;
    private final Delivering delivering;
    private final Listening listening;
    private final Subscribing subscribing;
    private final Resubscribing resubscribing;
    private final Mailbox mailbox;
    private final boolean expires;
    private final @Nullable Authentication authentication;
    private @Nullable KeepAlive keepAlive;
    private Packet.@Nullable Will will;
    private boolean closed;

    /** @param authentication what the client may repeat, or null where it named no method */
    Client(
            Line line,
            Broker broker,
            Packet.Connect connect,
            User user,
            Session session,
            @Nullable Authentication authentication) {
        this.authentication = authentication;
        this.line = line;
        this.broker = broker;
        this.session = session;
        this.will = connect.will();
        this.expires = connect.properties().number(PropertyType.SESSION_EXPIRY, 0) != 0;
        Connection peer = Connection.of(line.channel());
        Context context = broker.resources().context(user, "mqtt", Wills.origin(session.clientId()), peer.remote());
        session.user(user);
        session.context(context);
        this.ledger = session.durable()
                ? new Ledger(session, broker.tables(), line.channel().eventLoop(), this::notStored)
                : null;
        this.reader = new PacketReader(line.agreement().version());
        this.publishing = new Publishing(line, context, broker, session);
        this.delivering = new Delivering(line, broker, session, ledger);
        this.mailbox = broker.resources().mailbox(context, line.channel().eventLoop(), delivering);
        this.listening = new Listening(line, session, context, mailbox, delivering, broker);
        this.subscribing = new Subscribing(line, session, listening, delivering, broker);
        this.resubscribing = new Resubscribing(line, session, broker.tables(), listening);
    }

    private void notStored(Throwable failure) {
        if (Failures.of(failure) == null) {
            line.fail(failure);
        } else {
            line.end(Reason.UNSPECIFIED_ERROR, "the session could not be stored");
        }
    }

    /** Goes on where the session was; after CONNACK. */
    void begin() {
        keepAlive = new KeepAlive(
                line.channel().eventLoop(),
                line.agreement().keepAlive(),
                () -> line.end(Reason.KEEP_ALIVE_TIMEOUT, "no packet for one and a half keep-alive periods"));
        delivering.awayUpTo(broker.tables().sequence());
        resubscribing.begin(this::goOn);
    }

    private void goOn() {
        Resumption.of(session, broker, line, delivering)
                .whenCompleteAsync(
                        (unsettled, failure) -> {
                            if (closed) {
                                return;
                            }
                            if (failure != null) {
                                notStored(failure);
                            } else {
                                delivering.begin(mailbox, unsettled);
                            }
                        },
                        line.channel().eventLoop());
    }

    @Nullable
    User user() {
        return session.user();
    }

    /** Whether CONNACK was sent. */
    boolean begun() {
        return keepAlive != null;
    }

    /**
     * Handles one packet.
     *
     * @return false when it was the last
     */
    boolean packet(int header, ByteBuf content) {
        heard();
        Packet packet = reader.read(header, content);
        switch (header >> 4) {
            case Packet.PUBLISH -> publishing.publish((Packet.Publish) packet);
            case Packet.PUBREL -> publishing.released((Packet.Acknowledge) packet);
            case Packet.PUBACK, Packet.PUBREC, Packet.PUBCOMP -> delivering.acknowledged((Packet.Acknowledge) packet);
            case Packet.SUBSCRIBE -> subscribing.subscribe((Packet.Subscribe) packet);
            case Packet.UNSUBSCRIBE -> subscribing.unsubscribe((Packet.Unsubscribe) packet);
            case Packet.PINGREQ -> line.writer().pingresp(line.outbox().open()); // [MQTT-3.12.4-1]
            case Packet.DISCONNECT -> {
                disconnect((Packet.Disconnect) packet);
                return false;
            }
            default -> reauthenticate((Packet.Auth) packet);
        }
        return true;
    }

    /** Everything goes on meanwhile as the user who he is; §4.12.1 */
    private void reauthenticate(Packet.Auth auth) {
        Authentication several = authentication;
        if (several == null) {
            throw Violation.protocol("AUTH without an authentication method"); // [MQTT-4.12.0-7]
        }
        several.answer(
                auth,
                (step, refused) -> line.channel().eventLoop().execute(() -> {
                    if (!closed) {
                        reauthenticated(several, step, refused);
                    }
                }));
    }

    private void reauthenticated(Authentication several, Mechanisms.@Nullable Step step, @Nullable Throwable refused) {
        Failure failure = refused == null ? null : Failures.of(refused);
        if (failure != null) {
            Reason reason = failure.code() == Failure.Code.BUSY ? Reason.SERVER_BUSY : Reason.NOT_AUTHORIZED;
            line.end(reason, failure.reason()); // [MQTT-4.12.1-2]
            return;
        } else if (step == null) {
            line.fail(refused == null ? new IllegalStateException("neither a step nor a refusal") : refused);
            return;
        }
        boolean last = several.stepped(step);
        User now = step.user();
        User user = user();
        if (now != null && (user == null || !now.name().equals(user.name()))) {
            line.end(Reason.NOT_AUTHORIZED, "this is another user than the one who connected");
        } else if (!line.writer().fits(several.properties(step))) {
            line.end(Reason.PACKET_TOO_LARGE, "AUTH would be larger than the client takes");
        } else {
            if (now != null) {
                Stay.begin(line.channel(), broker.users(), now);
            }
            line.writer()
                    .auth(
                            line.outbox().open(),
                            last ? Reason.SUCCESS : Reason.CONTINUE_AUTHENTICATION,
                            several.properties(step));
            line.outbox().flush();
        }
    }

    /** A packet, or part of a large one, came. */
    void heard() {
        KeepAlive running = keepAlive;
        if (running != null) {
            running.heard();
        }
    }

    /** [MQTT-3.14.4-3], [MQTT-3.1.2-10] */
    private void disconnect(Packet.Disconnect disconnect) {
        PropertySet properties = disconnect.properties();
        if (properties.has(PropertyType.SESSION_EXPIRY)) {
            long seconds = properties.number(PropertyType.SESSION_EXPIRY, 0);
            if (seconds != 0 && !expires) {
                throw Violation.protocol("a session expiry where CONNECT had none"); // §3.14.2.2.2
            }
            session.expiry(Math.min(seconds, broker.limits().times().session()));
        }
        if (disconnect.reason() == Reason.SUCCESS) {
            will = null;
        }
    }

    /** Lets go of what the log has for others only. */
    void moveOn() {
        DurableSession owed = session.owed();
        if (ledger != null && owed != null && begun() && session.moveOn(owed)) {
            ledger.changed();
        }
    }

    void writable() {
        delivering.replenish();
    }

    /** Completes, on any thread, when nothing that was published here can come after what is published elsewhere later. */
    CompletableFuture<Void> passed() {
        return publishing.passed();
    }

    /** Gives the session back; a will that no goodbye took away is due. 3.1.1 [MQTT-3.1.2-12] */
    void close() {
        closed = true;
        if (keepAlive != null) {
            keepAlive.stop();
        }
        delivering.close();
        List<Draft> unwritten = ledger == null ? List.of() : ledger.close();
        mailbox.close();
        resubscribing.close();
        listening.close();
        for (Held held : session.subscriptions().values()) {
            if (held.live() instanceof SharedMember member) {
                member.cancel();
            }
            held.live(null);
        }
        broker.sessions().close(session, will, unwritten);
    }
}
