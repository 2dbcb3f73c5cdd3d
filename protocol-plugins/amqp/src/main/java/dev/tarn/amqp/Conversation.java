// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.User;
import io.netty.channel.Channel;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.engine.Session;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.SessionError;
import org.jspecify.annotations.Nullable;

/**
 * A connection once it is known who is there: open, sessions, links, through the library's engine. For the connection's
 * loop.
 */
final class Conversation implements Line, Containers.Holder {

    private final AmqpConnection connection;
    private final Broker broker;
    private final Introduction introduction;
    private final Load load;
    private final Codec codec = new Codec();
    private final Wire wire;
    private final Turn turn;
    private final Heartbeat heartbeat;
    private final Set<Outgoing> outgoing = new LinkedHashSet<>();
    private final Set<FeedKey> owned = new LinkedHashSet<>();
    private final Transactions transactions = new Transactions(this);
    private @Nullable Context context;
    private boolean open;

    /** Whether the peer has said that it goes. */
    private boolean left;

    /** @param refused why the peer may not come in; null when {@code user} may */
    Conversation(AmqpConnection connection, Broker broker, @Nullable User user, @Nullable ErrorCondition refused) {
        this.connection = connection;
        this.broker = broker;
        this.introduction = new Introduction(connection, broker, user, refused);
        this.load = new Load(connection, broker.limits());
        this.wire = new Wire(connection, broker.limits(), codec);
        this.turn = new Turn(
                connection.channel().eventLoop(),
                this::guarded,
                () -> connection.outbox().flush());
        this.heartbeat = new Heartbeat(connection.channel().eventLoop(), this::tick);
    }

    /** Answers the protocol header. */
    void begin(byte[] header) {
        wire.begin(header, this);
    }

    /**
     * Hands a frame to the library.
     *
     * @throws Refusal when it cannot be read
     */
    void frame(byte[] frame) {
        wire.frame(frame);
    }

    /** Says why, if the peer has come far enough to be told; AMQP 1.0 §2.4.3. */
    void sayClose(ErrorCondition error) {
        wire.sayClose(error);
    }

    /** Close was said, by this class or by the library, which does so where a channel is above the maximum. */
    void over(@Nullable ErrorCondition why) {
        if (why == null || connection.ended()) {
            connection.close();
        } else {
            connection.violated(why);
        }
    }

    /** Whether open was exchanged. */
    boolean open() {
        return open;
    }

    void opened() {
        Context known = introduction.opened(wire.remote(), this);
        if (known != null) {
            context = known;
            open = true;
            wire.remote().open();
            heartbeat.begin();
            tell(ClientEvent.Type.CONNECTED, null, 0, null);
        }
    }

    @Override
    public void replaced() {
        later(() -> connection.end(Containers.replacedBy()));
    }

    /** The peer has said close: so do we. */
    void closed() {
        left = true;
        wire.remote().close();
        connection.close();
    }

    void begun(Session session) {
        if (!open) {
            throw new Refusal(AmqpError.ILLEGAL_STATE, "begin before open");
        }
        session.setHandleMax(broker.limits().counts().links() - 1L);
        session.closeHandler(remote -> guarded(session::close));
        session.localCloseHandler(ended -> guarded(() -> ended(ended)));
        session.open();
    }

    /** The library ends the session alone for a handle that has a link already; AMQP 1.0 §2.7.3 asks for a close. */
    private static void ended(Session session) {
        ErrorCondition why = session.getCondition();
        if (why != null && why.getCondition().equals(SessionError.HANDLE_IN_USE)) {
            throw new Refusal(SessionError.HANDLE_IN_USE, why.getDescription());
        }
    }

    /** A link on which the peer receives. */
    void sends(Sender link) {
        new Attachment(this, outgoing).receive(link);
    }

    /** A link on which the peer sends, or the coordinator of transactions, which is one too. */
    void receives(Receiver link) {
        new Attachment(this, outgoing).send(link);
    }

    private void tick() {
        if (!connection.ended() && wire.active()) {
            guarded(() -> heartbeat.next(wire.tick(heartbeat.now())));
            connection.outbox().flush();
        }
    }

    /** There is room again behind the socket. */
    void writable() {
        guarded(() -> Set.copyOf(outgoing).forEach(Outgoing::pump));
    }

    void release() {
        heartbeat.stop();
        Set.copyOf(outgoing).forEach(link -> link.release(!left, false));
        outgoing.clear();
        transactions.release();
        load.close();
        owned.forEach(broker.feeds()::end);
        if (open) {
            tell(ClientEvent.Type.DISCONNECTED, null, 0, left ? "closed" : "lost");
        }
        introduction.release(this);
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
        return introduction.container();
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
        load.hold();
    }

    @Override
    public void goOn() {
        load.goOn();
    }

    @Override
    public void tell(ClientEvent.Type type, @Nullable String path, int qos, @Nullable String reason) {
        connection.tell(type, introduction.container(), introduction.user(), path, qos, reason);
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
        turn.add(task);
    }

    @Override
    public void waiting(int bytes) {
        load.waiting(bytes);
    }

    @Override
    public void incomplete(int bytes) {
        load.incomplete(bytes);
    }

    @Override
    public boolean streaming(Arrival arrival, boolean running) {
        return load.streaming(arrival, running);
    }

    @Override
    public void end(ErrorCondition error) {
        connection.end(error);
    }
}
