// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads CONNECT of all versions. What it refuses it refuses with the version known so far, so that it can be told. */
final class ConnectReader {

    private static final byte[] MQTT = "MQTT".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MQISDP = "MQIsdp".getBytes(StandardCharsets.US_ASCII);

    private Version version = Version.V311;
    private boolean known;

    /** What the client speaks, as far as it is known. */
    Version version() {
        return version;
    }

    /** Whether the client has named a version, so that a refusal can be put into its words. */
    boolean known() {
        return known;
    }

    /**
     * [MQTT-3.1.2-16] to [MQTT-3.1.2-19], [MQTT-3.1.3-1], [MQTT-3.1.3-3], [MQTT-3.1.3-5], [MQTT-3.1.3-12],
     * [MQTT-3.1.4-1]; 3.1.1 [MQTT-3.1.2-20], [MQTT-3.1.2-21], [MQTT-3.1.3-11]
     */
    Packet.Connect read(ByteBuf in) {
        protocol(in);
        int flags = Fields.unsignedByte(in);
        checkFlags(flags);
        int keepAlive = Fields.unsignedShort(in);
        PropertySet properties = PropertySet.NONE;
        if (version.five()) {
            properties = PropertyReader.read(in, PropertyType.Carrier.CONNECT);
            if (properties.has(PropertyType.AUTHENTICATION_DATA)
                    && !properties.has(PropertyType.AUTHENTICATION_METHOD)) {
                throw Violation.protocol("authentication data without a method");
            }
        }
        String clientId = Fields.text(in); // [MQTT-3.1.3-4]
        boolean clean = (flags & 0x02) != 0;
        Packet.Will will = (flags & 0x04) != 0 ? will(in, flags) : null;
        String user = (flags & 0x80) != 0 ? Fields.text(in) : null;
        byte[] password = (flags & 0x40) != 0 ? Fields.binary(in) : null;
        Fields.end(in);
        return new Packet.Connect(
                version, clean, keepAlive, properties, clientId, will, new Packet.Login(user, password));
    }

    /** [MQTT-3.1.2-1], [MQTT-3.1.2-2] */
    private void protocol(ByteBuf in) {
        byte[] name = Fields.binary(in);
        boolean isdp = Arrays.equals(name, MQISDP);
        if (!isdp && !Arrays.equals(name, MQTT)) {
            throw Violation.malformed("the protocol name is neither MQTT nor MQIsdp");
        }
        int level = Fields.unsignedByte(in);
        Version named = isdp ? (level == 3 ? Version.V31 : null) : level == 4 ? Version.V311 : five(level);
        known = true;
        if (named == null) {
            // Answered in the words of the nearest version that has such an answer.
            version = level > 5 && level < 0x80 ? Version.V5 : Version.V311;
            throw new Violation(Reason.UNSUPPORTED_PROTOCOL_VERSION, "protocol level " + level);
        }
        version = named;
    }

    private static @Nullable Version five(int level) {
        return level == 5 ? Version.V5 : null;
    }

    /** [MQTT-3.1.2-11] to [MQTT-3.1.2-13]; 3.1.1 [MQTT-3.1.2-14], [MQTT-3.1.2-15] */
    private void checkFlags(int flags) {
        if ((flags & 0x01) != 0) {
            throw Violation.malformed("the reserved connect flag is set"); // [MQTT-3.1.2-3]
        }
        boolean will = (flags & 0x04) != 0;
        int willQos = flags >> 3 & 3;
        if (willQos == 3 || (!will && (willQos != 0 || (flags & 0x20) != 0))) {
            throw Violation.malformed("will flags that do not fit");
        }
        if (!version.five() && (flags & 0x80) == 0 && (flags & 0x40) != 0) {
            throw Violation.malformed("a password without a user name"); // 3.1.1 [MQTT-3.1.2-22]
        }
    }

    /** [MQTT-3.1.2-9], [MQTT-3.1.3-11]; 3.1.1 [MQTT-3.1.3-10] */
    private Packet.Will will(ByteBuf in, int flags) {
        PropertySet properties = PropertySet.NONE;
        if (version.five()) {
            properties = PropertyReader.read(in, PropertyType.Carrier.WILL);
            PacketReader.checkMessage(properties);
        }
        byte[] name = Fields.binary(in);
        if (name.length == 0) {
            throw Violation.malformed("an empty will topic");
        }
        Topic topic = TopicCache.topic(name);
        byte[] payload = Fields.binary(in);
        return new Packet.Will(topic, payload, flags >> 3 & 3, (flags & 0x20) != 0, properties);
    }
}
