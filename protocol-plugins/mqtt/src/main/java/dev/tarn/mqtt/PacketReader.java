// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Decodes what a connected client sends: everything about a packet that the packet alone can tell is checked here. For
 * the connection's loop.
 */
final class PacketReader {

    private static final Packet.Ping PING = new Packet.Ping();
    private static final Packet.Disconnect GOODBYE = new Packet.Disconnect(Reason.SUCCESS, PropertySet.NONE);
    private static final String SHARE = "$share/";

    private final Version version;
    private final TopicCache topics = new TopicCache();

    PacketReader(Version version) {
        this.version = version;
    }

    /**
     * One packet.
     *
     * @param header its first byte, whose type and flags {@link FrameReader} has checked
     * @param in its content and nothing else
     * @throws Violation when it is malformed or breaks the protocol
     */
    Packet read(int header, ByteBuf in) {
        int type = header >> 4;
        return switch (type) {
            case Packet.PUBLISH -> publish(header, in);
            case Packet.PUBACK, Packet.PUBREC, Packet.PUBREL, Packet.PUBCOMP -> acknowledge(type, in);
            case Packet.SUBSCRIBE -> subscribe(in);
            case Packet.UNSUBSCRIBE -> unsubscribe(in);
            case Packet.PINGREQ -> {
                Fields.end(in);
                yield PING;
            }
            case Packet.DISCONNECT -> disconnect(in);
            case Packet.AUTH -> auth(in);
            default -> throw Violation.protocol("packet type " + type + " does not come from a client");
        };
    }

    /** [MQTT-2.2.1-2]; 3.1.1 [MQTT-2.3.1-5] */
    private Packet publish(int header, ByteBuf in) {
        Topic topic = topics.read(in);
        int qos = header >> 1 & 3;
        int packetId = qos == 0 ? 0 : Fields.packetId(in);
        PropertySet properties = PropertySet.NONE;
        if (version.five()) {
            properties = PropertyReader.read(in, PropertyType.Carrier.PUBLISH);
            checkMessage(properties);
        }
        if (topic == null && !properties.has(PropertyType.TOPIC_ALIAS)) {
            // [MQTT-4.7.3-1], §3.3.2.3.4
            throw version.five()
                    ? Violation.protocol("neither a topic nor a topic alias")
                    : Violation.malformed("an empty topic");
        }
        byte[] payload = Fields.bytes(in, in.readableBytes());
        return new Packet.Publish(
                qos, (header & 0x08) != 0, (header & 0x01) != 0, topic, packetId, properties, payload);
    }

    /** What holds for messages and wills alike. [MQTT-3.3.2-13] */
    static void checkMessage(PropertySet properties) {
        String response = properties.text(PropertyType.RESPONSE_TOPIC);
        if (response != null) {
            try {
                Path.of(response); // [MQTT-3.3.2-14]
            } catch (Failure failure) {
                throw Violation.protocol("response topic: " + failure.reason());
            }
        }
    }

    private Packet acknowledge(int type, ByteBuf in) {
        int packetId = Fields.packetId(in);
        Reason reason = Reason.SUCCESS;
        if (version.five() && in.isReadable()) {
            reason = Reason.of(Fields.unsignedByte(in), type);
            if (in.isReadable()) {
                PropertyReader.read(in, PropertyType.Carrier.ACKNOWLEDGE);
            }
        }
        Fields.end(in);
        return new Packet.Acknowledge(type, packetId, reason);
    }

    /** 3.1.1 [MQTT-3.8.3-3] */
    private Packet subscribe(ByteBuf in) {
        int packetId = Fields.packetId(in);
        PropertySet properties = PropertySet.NONE;
        if (version.five()) {
            properties = PropertyReader.read(in, PropertyType.Carrier.SUBSCRIBE);
        }
        if (!in.isReadable()) {
            throw Violation.protocol("SUBSCRIBE without a filter"); // [MQTT-3.8.3-2]
        }
        List<Packet.Wish> wishes = new ArrayList<>(4);
        while (in.isReadable()) {
            wishes.add(wish(in));
        }
        return new Packet.Subscribe(packetId, properties, wishes);
    }

    /** [MQTT-3.8.3-1] */
    private Packet.Wish wish(ByteBuf in) {
        String spelling = Fields.text(in);
        return wish(spelling, options(Fields.unsignedByte(in)));
    }

    /**
     * What a filter asks for, shared subscriptions included; those of clients before 5.0 too, which is an extension that
     * other brokers have.
     */
    static Packet.Wish wish(String spelling, Packet.Options options) {
        if (!spelling.startsWith(SHARE)) {
            return new Packet.Wish(spelling, null, filter(spelling), options);
        }
        int end = spelling.indexOf('/', SHARE.length());
        String group = end < 0 ? "" : spelling.substring(SHARE.length(), end);
        if (group.isEmpty() || group.indexOf('+') >= 0 || group.indexOf('#') >= 0) {
            throw filterInvalid("a share name is one character or more, without wildcards, and a filter follows it");
        }
        if (options.noLocal()) {
            throw Violation.protocol("no-local on a shared subscription"); // [MQTT-3.8.3-4]
        }
        return new Packet.Wish(spelling, group, filter(spelling.substring(end + 1)), options);
    }

    private static Filter filter(String text) {
        try {
            return Filter.of(text);
        } catch (Failure failure) {
            throw filterInvalid(failure.reason());
        }
    }

    /** [MQTT-4.8.2-1], [MQTT-4.8.2-2], [MQTT-4.7.3-1] */
    private static Violation filterInvalid(String message) {
        return new Violation(Reason.TOPIC_FILTER_INVALID, message);
    }

    private Packet.Options options(int bits) {
        int qos = bits & 3;
        if (qos == 3) {
            throw Violation.protocol("a subscription of quality of service 3"); // [MQTT-3.8.3-4]
        }
        if (!version.five()) {
            if (bits > 2) {
                throw Violation.malformed("reserved bits of a requested quality of service"); // [MQTT-3-8.3-4]
            }
            return new Packet.Options(qos, false, false, 0);
        }
        if ((bits & 0xC0) != 0) {
            throw Violation.malformed("reserved bits of subscription options"); // [MQTT-3.8.3-5]
        }
        int handling = bits >> 4 & 3;
        if (handling == 3) {
            throw Violation.protocol("retain handling 3");
        }
        return new Packet.Options(qos, (bits & 4) != 0, (bits & 8) != 0, handling);
    }

    /** [MQTT-3.10.3-1] */
    private Packet unsubscribe(ByteBuf in) {
        int packetId = Fields.packetId(in);
        if (version.five()) {
            PropertyReader.read(in, PropertyType.Carrier.UNSUBSCRIBE);
        }
        if (!in.isReadable()) {
            throw Violation.protocol("UNSUBSCRIBE without a filter"); // [MQTT-3.10.3-2]
        }
        List<String> spellings = new ArrayList<>(4);
        while (in.isReadable()) {
            String spelling = Fields.text(in);
            if (!spelling.startsWith(SHARE)) {
                filter(spelling);
            }
            spellings.add(spelling);
        }
        return new Packet.Unsubscribe(packetId, spellings);
    }

    /** [MQTT-3.14.2-1] */
    private Packet disconnect(ByteBuf in) {
        if (!version.five() || !in.isReadable()) {
            Fields.end(in);
            return GOODBYE;
        }
        int code = Fields.unsignedByte(in);
        Reason reason = Reason.of(code, Packet.DISCONNECT);
        if (serverOnly(reason)) {
            throw Violation.protocol("a client does not disconnect for reason " + reason);
        }
        PropertySet properties =
                in.isReadable() ? PropertyReader.read(in, PropertyType.Carrier.DISCONNECT) : PropertySet.NONE;
        Fields.end(in);
        return new Packet.Disconnect(reason, properties);
    }

    /** Reasons of §3.14.2.1 that are a server's to give. */
    private static boolean serverOnly(Reason reason) {
        return switch (reason) {
            case NOT_AUTHORIZED,
                    SERVER_BUSY,
                    SERVER_SHUTTING_DOWN,
                    KEEP_ALIVE_TIMEOUT,
                    SESSION_TAKEN_OVER,
                    TOPIC_FILTER_INVALID,
                    RETAIN_NOT_SUPPORTED,
                    QOS_NOT_SUPPORTED,
                    USE_ANOTHER_SERVER,
                    SERVER_MOVED,
                    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
                    CONNECTION_RATE_EXCEEDED,
                    MAXIMUM_CONNECT_TIME,
                    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
                    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED -> true;
            default -> false;
        };
    }

    /** [MQTT-3.15.2-1] */
    private Packet auth(ByteBuf in) {
        if (!version.five()) {
            throw Violation.protocol("packet type 15 is reserved");
        }
        PropertySet properties = PropertySet.NONE;
        Reason reason = Reason.SUCCESS;
        if (in.isReadable()) {
            reason = Reason.of(Fields.unsignedByte(in), Packet.AUTH);
            if (in.isReadable()) {
                properties = PropertyReader.read(in, PropertyType.Carrier.AUTH);
            }
        }
        Fields.end(in);
        return new Packet.Auth(reason, properties);
    }
}
