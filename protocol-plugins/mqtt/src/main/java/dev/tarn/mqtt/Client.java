// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.security.User;
import dev.tarn.transport.Connection;
import dev.tarn.transport.Printable;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client that was let in: what it publishes, what it is told, and its will. For the connection's loop. */
final class Client {

    private static final Logger LOG = LoggerFactory.getLogger(Client.class);

    private final Line line;
    private final Broker broker;
    private final Context context;
    private final PacketReader reader;
    private final Publishing publishing;
    private final Delivering delivering;
    private final Subscribing subscribing;
    private final Mailbox mailbox;
    private final KeepAlive keepAlive;
    private final long sessionExpiry;
    private Packet.@Nullable Will will;

    Client(Line line, Broker broker, Packet.Connect connect, User user) {
        this.line = line;
        this.broker = broker;
        Agreement agreement = line.agreement();
        Connection peer = Connection.of(line.channel());
        this.context = broker.resources().context(user, "mqtt", "mqtt/" + agreement.clientId(), peer.remote());
        this.reader = new PacketReader(agreement.version());
        this.publishing = new Publishing(line, context, broker);
        this.delivering = new Delivering(line, broker);
        this.mailbox = broker.resources().mailbox(context, line.channel().eventLoop(), delivering);
        this.subscribing = new Subscribing(line, mailbox, broker.limits(), broker.clock());
        this.keepAlive = new KeepAlive(
                line.channel().eventLoop(),
                agreement.keepAlive(),
                () -> line.end(Reason.KEEP_ALIVE_TIMEOUT, "no packet for one and a half keep-alive periods"));
        this.sessionExpiry = connect.properties().number(PropertyType.SESSION_EXPIRY, 0);
        this.will = connect.will();
        delivering.start(mailbox);
    }

    /**
     * Handles one packet.
     *
     * @return false when it was the last
     */
    boolean packet(int header, ByteBuf content) {
        keepAlive.heard();
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
            // AUTH: no connection has a method, so there is nothing to go on with [MQTT-4.12.0-6].
            default -> throw Violation.protocol("AUTH without an authentication method");
        }
        return true;
    }

    /** Part of a large packet came. */
    void heard() {
        keepAlive.heard();
    }

    /** [MQTT-3.14.4-3], [MQTT-3.1.2-10] */
    private void disconnect(Packet.Disconnect disconnect) {
        if (sessionExpiry == 0 && disconnect.properties().number(PropertyType.SESSION_EXPIRY, 0) != 0) {
            throw Violation.protocol("a session expiry where CONNECT had none"); // §3.14.2.2.2
        }
        if (disconnect.reason() == Reason.SUCCESS) {
            will = null;
        } else {
            bequeath();
        }
    }

    void writable() {
        delivering.replenish();
    }

    /**
     * Ends the session with the connection.
     *
     * @param lost whether the will is due
     */
    void close(boolean lost) {
        keepAlive.stop();
        mailbox.close();
        if (lost) {
            bequeath();
        }
    }

    /** Publishes the will, once [MQTT-3.1.2-8], [MQTT-3.1.2-10]. */
    private void bequeath() {
        Packet.Will last = will;
        will = null;
        if (last == null) {
            return;
        }
        Messages.Message message = new Messages.Message(
                last.topic().path(),
                last.payload(),
                last.qos(),
                last.retain(),
                last.properties(),
                line.agreement().sends());
        broker.messages().send(context, message, List.of()).whenComplete((done, refused) -> {
            if (refused != null) {
                LOG.warn(
                        "will not published: client={} topic={} reason={}",
                        Printable.of(line.agreement().clientId()),
                        Printable.of(last.topic().path().text()),
                        refused.getMessage());
            }
        });
    }
}
