// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.Client;
import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.security.User;
import dev.tarn.transport.Closing;
import dev.tarn.transport.Connection;
import dev.tarn.transport.Outbox;
import dev.tarn.transport.Printable;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ConnectionError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection, from the first byte to the last: cuts headers and frames, finds out who it is, then hands frames
 * to its {@link Conversation}. Every field is touched on the connection's loop only.
 */
final class AmqpConnection extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(AmqpConnection.class);

    /** Why nothing is read. */
    enum Pause {
        AUTHENTICATING,
        DECLARING,
        RECEIVING,
        WRITING
    }

    private final Broker broker;
    private final Channel channel;
    private final Connection peer;
    private final FrameReader frames;
    private final Outbox outbox;
    private final Greeting greeting;
    private final Set<Pause> pauses = EnumSet.noneOf(Pause.class);
    private @Nullable Future<?> connectTimeout;
    private @Nullable Conversation conversation;
    private boolean reading;
    private boolean ended;

    AmqpConnection(Broker broker, Channel channel) {
        this.broker = broker;
        this.channel = channel;
        this.peer = Connection.of(channel);
        this.frames = new FrameReader(channel.alloc());
        this.outbox = new Outbox(channel, (opened, bytes) -> {});
        this.greeting = new Greeting(this, broker);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        tell(ClientEvent.Type.CONNECTION, "", null, null, 0, null);
        connectTimeout = channel.eventLoop()
                .schedule(
                        () -> {
                            if (conversation == null || !conversation.open()) {
                                LOG.debug("closed: not open in time connection={}", peer.id());
                                broker.traffic().refused.increment();
                                close();
                            }
                        },
                        broker.limits().connect().toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (ended) {
            bytes.release();
            return;
        }
        frames.add(bytes);
        if (pauses.isEmpty()) {
            read();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        outbox.flush();
        ctx.fireChannelReadComplete();
    }

    /** Handles what is there, until something needs a pause. */
    private void read() {
        reading = true;
        try {
            boolean more = true;
            while (more && pauses.isEmpty() && !ended) {
                more = next();
            }
        } catch (Refusal refusal) {
            violated(refusal.error());
        } catch (RuntimeException bug) {
            failed(bug);
        } finally {
            reading = false;
        }
        if (ended) {
            frames.close();
        } else {
            frames.settle();
        }
    }

    private boolean next() {
        Conversation talking = conversation;
        if (talking == null) {
            return greeting.next(frames);
        }
        byte[] frame = frames.frame(broker.limits().frame());
        if (frame == null) {
            return false;
        }
        talking.frame(frame);
        return true;
    }

    /**
     * Begins AMQP itself.
     *
     * @param user who it is; null when he may not come in, for the reason given
     */
    void converse(@Nullable User user, @Nullable ErrorCondition refused) {
        Conversation begun = new Conversation(this, broker, user, refused);
        conversation = begun;
        begun.begin(Greeting.PLAIN);
    }

    /** Tells observers, if there are any who want to hear of it. Any thread. */
    void tell(
            ClientEvent.Type type,
            String id,
            @Nullable User user,
            @Nullable String path,
            int qos,
            @Nullable String why) {
        if (broker.events().wanted(type)) {
            Client client = new Client("amqp", peer.id(), peer.remote(), id, user);
            broker.events().tell(new ClientEvent(type, client, path, qos, why, System.currentTimeMillis()));
        }
    }

    Channel channel() {
        return channel;
    }

    Connection peer() {
        return peer;
    }

    Outbox outbox() {
        return outbox;
    }

    boolean ended() {
        return ended;
    }

    void violated(ErrorCondition error) {
        broker.traffic().refused.increment();
        end(error);
    }

    void failed(Throwable bug) {
        if (!ended) {
            LOG.error("closed because of a bug: connection={}", peer.id(), bug);
            end(new ErrorCondition(AmqpError.INTERNAL_ERROR, "a fault of the server"));
        }
    }

    /** Tells the peer why, where it can be told, and closes. */
    void end(ErrorCondition error) {
        if (ended) {
            return;
        }
        LOG.debug(
                "ended: condition={} text={} connection={}",
                error.getCondition(),
                Printable.of(String.valueOf(error.getDescription())),
                peer.id());
        if (conversation != null) {
            conversation.sayClose(error);
        }
        close();
    }

    /** Sends what was written and closes. */
    void close() {
        outbox.flush();
        finish();
        channel.close();
    }

    /** Lets go of everything, once. */
    private void finish() {
        if (ended) {
            return;
        }
        ended = true;
        if (connectTimeout != null) {
            connectTimeout.cancel(false);
        }
        if (conversation != null) {
            conversation.release();
        }
        outbox.close();
        if (!reading) {
            frames.close();
        }
    }

    void pause(Pause why) {
        pauses.add(why);
        channel.config().setAutoRead(false);
    }

    void resume(Pause why) {
        if (!pauses.remove(why) || !pauses.isEmpty() || ended) {
            return;
        }
        if (!reading) {
            read();
        }
        if (pauses.isEmpty() && !ended) {
            channel.config().setAutoRead(true);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        finish();
        ctx.fireChannelInactive();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Closing closing) {
            closing.hold();
            boolean stopping = closing.cause() == Closing.Cause.STOPPING;
            end(new ErrorCondition(
                    stopping ? ConnectionError.CONNECTION_FORCED : AmqpError.UNAUTHORIZED_ACCESS, closing.reason()));
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    /** Who does not read what he is sent is not listened to either. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (conversation != null) {
            if (channel.isWritable()) {
                conversation.writable();
                outbox.flush();
                resume(Pause.WRITING);
            } else {
                pause(Pause.WRITING);
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
}
