// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.User;
import io.netty.channel.Channel;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.qpid.protonj2.engine.ConnectionState;
import org.apache.qpid.protonj2.engine.Engine;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.engine.Session;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ConnectionError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/**
 * A connection once it is known who is there: open, sessions, links, through the library's engine. For the connection's
 * loop.
 */
final class Conversation implements Line, Containers.Holder {

    private static final Symbol RELAY = Symbol.valueOf("ANONYMOUS-RELAY");
    private static final Symbol SHARED = Symbol.valueOf("SHARED-SUBS");

    /** The type of AMQP's frames, AMQP 1.0 §2.3.1. */
    private static final byte AMQP = 0;

    private final AmqpConnection connection;
    private final Broker broker;
    private final @Nullable User user;
    private final @Nullable ErrorCondition refused;
    private final Codec codec = new Codec();
    private final Heartbeat heartbeat;
    private final Set<Outgoing> outgoing = new LinkedHashSet<>();
    private final Set<FeedKey> owned = new LinkedHashSet<>();
    private final Transactions transactions = new Transactions(this);
    private @Nullable Engine engine;
    private @Nullable Context context;
    private String container = "";
    private boolean open;
    private boolean sole;

    /** Whether the peer has said that it goes. */
    private boolean left;

    private long waiting;
    private long incomplete;

    /** @param refused why the peer may not come in; null when {@code user} may */
    Conversation(AmqpConnection connection, Broker broker, @Nullable User user, @Nullable ErrorCondition refused) {
        this.connection = connection;
        this.broker = broker;
        this.user = user;
        this.refused = refused;
        this.heartbeat = new Heartbeat(connection.channel().eventLoop(), this::tick);
    }

    /** Answers the protocol header. */
    void begin(byte[] header) {
        engine = codec.engine(header, this::prepare);
    }

    private void prepare(Engine fresh) {
        fresh.outputHandler((bytes, done) -> {
            Codec.copy(bytes, connection.outbox().open());
            if (done != null) {
                done.run();
            }
        });
        // The engine has said close by then, if the peer could be told.
        fresh.errorHandler(failed -> connection.violated(Mending.condition(failed.failureCause())));
        Limits limits = broker.limits();
        fresh.connection()
                .setContainerId("tarn")
                .setMaxFrameSize(limits.frame())
                .setChannelMax(limits.counts().sessions() - 1)
                .setIdleTimeout(limits.idle().toMillis())
                .setOfferedCapabilities(RELAY, SHARED, Containers.SOLE)
                .setProperties(Map.of(Symbol.valueOf("product"), "Tarn"))
                .openHandler(remote -> guarded(this::opened))
                .closeHandler(remote -> guarded(this::closed))
                .localCloseHandler(local -> channel().eventLoop().execute(connection::close))
                .sessionOpenHandler(session -> guarded(() -> begun(session)))
                .senderOpenHandler(link -> guarded(() -> sends(link)))
                .receiverOpenHandler(link -> guarded(() -> receives(link)));
    }

    /** Whether open was exchanged. */
    boolean open() {
        return open;
    }

    /**
     * Hands a frame to the engine.
     *
     * @throws Refusal when it cannot be read
     */
    void frame(byte[] frame) {
        int start = 4 * (frame[4] & 0xff);
        if (frame[5] != AMQP) {
            throw new Refusal(ConnectionError.FRAMING_ERROR, "a frame of type " + frame[5] + " once AMQP has begun");
        }
        if (start < frame.length) {
            Shape.performative(frame, start);
        }
        running().ingest(Codec.buffer(frame));
    }

    private Engine running() {
        return Objects.requireNonNull(engine, "before the header");
    }

    private org.apache.qpid.protonj2.engine.Connection remote() {
        return running().connection();
    }

    private void opened() {
        String name = remote().getRemoteContainerId();
        container = name == null ? "" : name;
        long idle = remote().getRemoteIdleTimeout();
        if (idle > 0 && idle < Heartbeat.SHORTEST) {
            throw new Refusal(
                    AmqpError.NOT_ALLOWED,
                    "an idle-time-out of " + idle + " ms; " + Heartbeat.SHORTEST + " ms is the shortest");
        }
        User known = user;
        if (known == null) {
            connection.end(refused == null ? new ErrorCondition(AmqpError.UNAUTHORIZED_ACCESS, "nobody") : refused);
            return;
        }
        if (wants(Containers.SOLE)) {
            claim();
        }
        context = broker.resources()
                .context(
                        known,
                        "amqp",
                        "amqp/" + connection.peer().id(),
                        connection.peer().remote());
        open = true;
        remote().open();
        heartbeat.begin();
        tell(ClientEvent.Type.CONNECTED, null, 0, null);
    }

    private boolean wants(Symbol capability) {
        Symbol[] desired = remote().getRemoteDesiredCapabilities();
        return desired != null && Set.of(desired).contains(capability);
    }

    /** OASIS soleconn-v1.0 §2.1: refuse the new connection, or close the one that is there. */
    private void claim() {
        Map<Symbol, Object> properties = remote().getRemoteProperties();
        Object policy = properties == null ? null : Values.ofAmqp(properties.get(Containers.POLICY));
        sole = broker.containers().claim(container, this, Long.valueOf(1).equals(policy));
        if (!sole) {
            connection.end(Containers.taken());
        }
    }

    @Override
    public void replaced() {
        later(() -> connection.end(Containers.replacedBy()));
    }

    /** The peer has said close: so do we. */
    private void closed() {
        left = true;
        remote().close();
        connection.close();
    }

    private void begun(Session session) {
        if (!open) {
            throw new Refusal(AmqpError.ILLEGAL_STATE, "begin before open");
        }
        session.setIncomingCapacity(broker.limits().window());
        session.setHandleMax(broker.limits().counts().links() - 1L);
        session.closeHandler(remote -> guarded(session::close));
        session.open();
    }

    /** A link on which the peer receives. */
    private void sends(Sender link) {
        new Attachment(this, outgoing).receive(link);
    }

    /** A link on which the peer sends, or the coordinator of transactions, which is one too. */
    private void receives(Receiver link) {
        new Attachment(this, outgoing).send(link);
    }

    private void tick() {
        if (connection.ended() || !running().isRunning() || remote().getState() != ConnectionState.ACTIVE) {
            return;
        }
        guarded(() -> heartbeat.next(running().tick(heartbeat.now())));
        connection.outbox().flush();
    }

    /** There is room again behind the socket. */
    void writable() {
        guarded(() -> Set.copyOf(outgoing).forEach(Outgoing::pump));
    }

    /** Says why, if the peer has come far enough to be told; AMQP 1.0 §2.4.3. */
    void sayClose(ErrorCondition error) {
        Engine talking = engine;
        if (talking == null || !talking.isRunning()) {
            return;
        }
        try {
            remote().setCondition(error);
            if (remote().getState() == ConnectionState.IDLE) {
                remote().open();
            }
            remote().close();
        } catch (RuntimeException tooLate) {
            connection.outbox().flush();
        }
    }

    void release() {
        heartbeat.stop();
        Set.copyOf(outgoing).forEach(link -> link.release(!left, false));
        outgoing.clear();
        owned.forEach(broker.feeds()::end);
        if (open) {
            tell(ClientEvent.Type.DISCONNECTED, null, 0, left ? "closed" : "lost");
        }
        if (sole) {
            broker.containers().release(container, this);
        }
    }

    @Override
    public Channel channel() {
        return connection.channel();
    }

    @Override
    public Broker broker() {
        return broker;
    }

    @Override
    public Codec codec() {
        return codec;
    }

    @Override
    public Context context() {
        return Objects.requireNonNull(context, "before open");
    }

    @Override
    public String container() {
        return container;
    }

    @Override
    public Transactions transactions() {
        return transactions;
    }

    @Override
    public void owning(FeedKey temporary) {
        owned.add(temporary);
    }

    @Override
    public void hold() {
        connection.pause(AmqpConnection.Pause.DECLARING);
    }

    @Override
    public void goOn() {
        connection.resume(AmqpConnection.Pause.DECLARING);
    }

    @Override
    public void tell(ClientEvent.Type type, @Nullable String path, int qos, @Nullable String reason) {
        connection.tell(type, container, user, path, qos, reason);
    }

    @Override
    public void guarded(Runnable task) {
        if (connection.ended()) {
            return;
        }
        try {
            task.run();
        } catch (Refusal refusal) {
            connection.violated(refusal.error());
        } catch (RuntimeException bug) {
            connection.failed(bug);
        }
    }

    @Override
    public void later(Runnable task) {
        channel().eventLoop().execute(() -> {
            guarded(task);
            connection.outbox().flush();
        });
    }

    @Override
    public void waiting(int bytes) {
        waiting += bytes;
        if (waiting > broker.limits().receivedBytes()) {
            connection.pause(AmqpConnection.Pause.RECEIVING);
        } else {
            connection.resume(AmqpConnection.Pause.RECEIVING);
        }
    }

    @Override
    public void incomplete(int bytes) {
        incomplete += bytes;
        if (incomplete > 2L * broker.limits().message()) {
            throw new Refusal(
                    AmqpError.RESOURCE_LIMIT_EXCEEDED, incomplete + " bytes of messages that are not complete");
        }
    }

    @Override
    public void end(ErrorCondition error) {
        connection.end(error);
    }
}
