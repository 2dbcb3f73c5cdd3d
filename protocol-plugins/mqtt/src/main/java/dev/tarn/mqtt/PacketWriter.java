// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes every packet of a server but PUBLISH, in the client's version. */
final class PacketWriter {

    /** Characters of a reason string. */
    private static final int MOST_WORDS = 1_024;

    private final Version version;

    /** The largest packet that the client takes [MQTT-3.1.2-24]. */
    private final long largest;

    /** Whether the client wants to hear reasons. */
    private final boolean explains;

    PacketWriter(Version version, long largest, boolean explains) {
        this.version = version;
        this.largest = largest;
        this.explains = explains;
    }

    Version version() {
        return version;
    }

    /** Whether the client takes a CONNACK with these properties [MQTT-3.1.2-24]. */
    boolean fits(PropertySet properties) {
        return !version.five() || PropertyWriter.size(properties) + 8L <= largest;
    }

    /**
     * CONNACK; session present only with success [MQTT-3.2.2-6]. [MQTT-2.2.2-1], [MQTT-3.2.2-1]; 3.1.1
     * [MQTT-3.2.2-4]
     */
    void connack(ByteBuf out, boolean sessionPresent, Reason reason, PropertySet properties) {
        int flags = sessionPresent && !reason.refusal() ? 1 : 0;
        if (!version.five()) {
            out.writeByte(Packet.CONNACK << 4).writeByte(2).writeByte(flags).writeByte(reason.returnCode());
            return;
        }
        int size = PropertyWriter.size(properties);
        out.writeByte(Packet.CONNACK << 4);
        PropertyWriter.variable(out, 2 + PropertyWriter.sizeOfVariable(size) + size);
        out.writeByte(flags).writeByte(reason.code());
        PropertyWriter.variable(out, size);
        PropertyWriter.write(out, properties);
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP. */
    void acknowledge(ByteBuf out, int type, int packetId, Reason reason, @Nullable String text) {
        out.writeByte(type << 4 | (type == Packet.PUBREL ? 2 : 0));
        if (!version.five() || (reason == Reason.SUCCESS && text == null)) {
            out.writeByte(2).writeShort(packetId);
            return;
        }
        PropertySet properties = explanation(text, 8);
        int size = PropertyWriter.size(properties);
        if (size == 0) {
            out.writeByte(3).writeShort(packetId).writeByte(reason.code());
            return;
        }
        PropertyWriter.variable(out, 3 + PropertyWriter.sizeOfVariable(size) + size);
        out.writeShort(packetId).writeByte(reason.code());
        PropertyWriter.variable(out, size);
        PropertyWriter.write(out, properties);
    }

    /**
     * SUBACK: a reason for each filter, in their order [MQTT-3.8.4-6]. [MQTT-3.9.2-1], [MQTT-3.9.2-2]; 3.1.1
     * [MQTT-3.9.3-1], [MQTT-3.9.3-2]
     */
    void suback(ByteBuf out, int packetId, List<Reason> reasons) {
        out.writeByte(Packet.SUBACK << 4);
        if (version.five()) {
            answers(out, packetId, reasons);
            return;
        }
        PropertyWriter.variable(out, 2 + reasons.size());
        out.writeShort(packetId);
        for (Reason reason : reasons) {
            out.writeByte(reason.refusal() ? 0x80 : reason.code());
        }
    }

    /** UNSUBACK. [MQTT-3.11.2-1], [MQTT-3.11.2-2] */
    void unsuback(ByteBuf out, int packetId, List<Reason> reasons) {
        out.writeByte(Packet.UNSUBACK << 4);
        if (!version.five()) {
            out.writeByte(2).writeShort(packetId);
            return;
        }
        answers(out, packetId, reasons);
    }

    /** What follows the first byte of a SUBACK or UNSUBACK of 5.0: says in words which filters were refused and why. */
    private void answers(ByteBuf out, int packetId, List<Reason> reasons) {
        PropertySet properties = explanation(refusals(reasons), 16 + reasons.size());
        int size = PropertyWriter.size(properties);
        PropertyWriter.variable(out, 2 + PropertyWriter.sizeOfVariable(size) + size + reasons.size());
        out.writeShort(packetId);
        PropertyWriter.variable(out, size);
        PropertyWriter.write(out, properties);
        for (Reason reason : reasons) {
            out.writeByte(reason.code());
        }
    }

    private static @Nullable String refusals(List<Reason> reasons) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < reasons.size() && words.length() < MOST_WORDS; i++) {
            Reason reason = reasons.get(i);
            if (reason.refusal() || reason == Reason.NO_SUBSCRIPTION_EXISTED) {
                words.append(words.length() == 0 ? "filter " : ", ")
                        .append(i + 1)
                        .append(": ")
                        .append(reason.words());
            }
        }
        return words.length() == 0 ? null : words.toString();
    }

    /**
     * AUTH, in answer to a client of 5.0 [MQTT-3.15.1-1]; neither a reason string nor user properties [MQTT-3.15.2-2],
     * [MQTT-3.15.2-3].
     */
    void auth(ByteBuf out, Reason reason, PropertySet properties) {
        int size = PropertyWriter.size(properties);
        out.writeByte(Packet.AUTH << 4);
        PropertyWriter.variable(out, 1 + PropertyWriter.sizeOfVariable(size) + size);
        out.writeByte(reason.code());
        PropertyWriter.variable(out, size);
        PropertyWriter.write(out, properties);
    }

    void pingresp(ByteBuf out) {
        out.writeByte(Packet.PINGRESP << 4).writeByte(0);
    }

    /**
     * DISCONNECT, which a server has in 5.0 only.
     * [MQTT-3.14.2-2]
     *
     * @param elsewhere the server to use instead, or null
     */
    void disconnect(ByteBuf out, Reason reason, @Nullable String text, @Nullable String elsewhere) {
        if (!version.five()) {
            throw new IllegalStateException("a server's DISCONNECT before 5.0");
        }
        PropertySet properties = elsewhere == null
                ? explanation(text, 8)
                : new PropertySet().with(PropertyType.SERVER_REFERENCE, (Object) elsewhere); // §3.14.2.2.5
        int size = PropertyWriter.size(properties);
        if (size + 8 > largest) {
            properties = PropertySet.NONE;
            size = 0;
        }
        out.writeByte(Packet.DISCONNECT << 4);
        PropertyWriter.variable(out, 1 + PropertyWriter.sizeOfVariable(size) + size);
        out.writeByte(reason.code());
        PropertyWriter.variable(out, size);
        PropertyWriter.write(out, properties);
    }

    /** The properties of a CONNACK that refuses. */
    PropertySet explanation(String text) {
        return version.five() ? explanation(text, 16) : PropertySet.NONE;
    }

    /**
     * A reason string where it is wanted [MQTT-3.1.2-29] and fits, and never a user property: [MQTT-3.2.2-19],
     * [MQTT-3.2.2-20], [MQTT-3.4.2-2], [MQTT-3.4.2-3], [MQTT-3.5.2-2], [MQTT-3.5.2-3], [MQTT-3.6.2-2],
     * [MQTT-3.6.2-3], [MQTT-3.7.2-2], [MQTT-3.7.2-3], [MQTT-3.14.2-3], [MQTT-3.14.2-4].
     */
    private PropertySet explanation(@Nullable String text, int rest) {
        if (text == null || !explains) {
            return PropertySet.NONE;
        }
        String shown = text.length() > MOST_WORDS ? Texts.shortened(text, MOST_WORDS) : text;
        PropertySet properties = new PropertySet().with(PropertyType.REASON_STRING, (Object) Texts.legal(shown));
        return PropertyWriter.size(properties) + rest <= largest ? properties : PropertySet.NONE;
    }

    /** Makes texts fit for the wire. */
    static final class Texts {
        private Texts() {}

        /** At most so many characters, no surrogate pair cut in two. */
        static String shortened(String text, int length) {
            int end = Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length;
            return text.substring(0, end);
        }

        /** Without what a string must not have. */
        static String legal(String text) {
            return text.replace('\0', '\uFFFD');
        }
    }
}
