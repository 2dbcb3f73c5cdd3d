// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

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
import java.io.IOException;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
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
    private final Admission admission;
    private PacketWriter writer = new PacketWriter(Version.V311, Long.MAX_VALUE, true);
    private @Nullable Client client;
    private final Set<Pause> pauses = EnumSet.noneOf(Pause.class);
    private boolean paused;
    private boolean reading;
    private boolean inputEnded;
    private boolean ended;

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
        this.outbox = new Outbox(channel, broker.statistics()::sent);
        this.stuck = new Stuck(channel, broker.limits().times().unread(), () -> {
            broker.traffic().refused.increment();
            end(
                    Reason.QUOTA_EXCEEDED,
                    "nothing was read for " + broker.limits().times().unread().toSeconds() + " s");
            channel.close();
        });
        this.admission = new Admission(this, broker, frames, peer);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        broker.statistics().sockets.increment();
        tell(ClientEvent.Type.CONNECTION, null);
        admission.hurry("no CONNECT");
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
        if (connected == null) {
            admission.packet(header, content);
        } else if (!connected.packet(header, content)) {
            leave();
        }
    }

    /** The client has said its last word. */
    void leave() {
        finish();
        channel.close();
    }

    /** Speaks to the client from now on with this. */
    void speak(PacketWriter how) {
        writer = how;
    }

    /** The client's session was opened: its packets are for this. */
    void opened(Client made) {
        client = made;
    }

    boolean ended() {
        return ended;
    }

    private void violated(Violation violation) {
        if (admission.refused(violation)) {
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

    void tell(ClientEvent.Type type, @Nullable String reason) {
        if (broker.events().wanted(type)) {
            broker.events()
                    .tell(new ClientEvent(
                            type, identity(), null, 0, reason, broker.clock().millis()));
        }
    }

    @Override
    public dev.tarn.api.client.Client identity() {
        Agreement agreed = admission.agreement();
        String id = agreed == null ? "" : agreed.clientId();
        User user = client == null ? null : client.user();
        return new dev.tarn.api.client.Client("mqtt", peer.id(), peer.remote(), id, user);
    }

    /** [MQTT-3.14.4-1], [MQTT-3.14.4-2], [MQTT-4.13.2-1] */
    void hangUp() {
        outbox.flush();
        finish();
        Farewell.close(channel, peer);
    }

    /** Another connection has come with the same client identifier. On any thread. */
    void takeOver() {
        later(admission::takeOver);
    }

    /** The session holds more of the log than it needs. On any thread. */
    void moveOn() {
        later(() -> {
            if (client != null && !ended) {
                client.moveOn();
            }
        });
    }

    void later(Runnable task) {
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
        admission.close();
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
        return Objects.requireNonNull(admission.agreement(), "before CONNECT");
    }
}
