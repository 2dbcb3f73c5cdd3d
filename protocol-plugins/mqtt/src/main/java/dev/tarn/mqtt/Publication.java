// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A PUBLISH as far as all its receivers share it, written once for a version and for with or without a packet
 * identifier. A delivery copies it and sets the first byte and the identifier; only one that has something of its own (an
 * alias, subscription identifiers, an expiry, another spelling) is put together anew from its parts. Immutable, safe on
 * any thread.
 */
final class Publication {

    /** A payload above this many bytes is sent by reference; below, it is copied into one larger write. */
    static final int COPIED = 8_192;

    private final boolean five;
    private final boolean numbered;

    /** From the fixed header on; to the end of the payload when it is small, else up to the payload. */
    private final byte[] packet;

    private final int topicAt;
    private final int topicLength;
    private final int propertiesAt;
    private final int propertiesLength;
    private final int payloadAt;
    private final byte[] payload;

    /**
     * Writes the packet.
     *
     * @param numbered whether there is a packet identifier: quality of service above 0
     * @param topic UTF-8
     * @param properties without their length; empty before 5.0
     * @param payload taken over
     */
    Publication(boolean five, boolean numbered, byte[] topic, byte[] properties, byte[] payload) {
        this.five = five;
        this.numbered = numbered;
        this.payload = payload;
        this.topicLength = topic.length;
        this.propertiesLength = properties.length;
        int remaining = remaining(topic.length, properties.length);
        int head = 1 + PropertyWriter.sizeOfVariable(remaining) + remaining - payload.length;
        this.packet = new byte[byReference() ? head : head + payload.length];
        ByteBuf out = Unpooled.wrappedBuffer(packet).clear();
        out.writeByte(0);
        PropertyWriter.variable(out, remaining);
        out.writeShort(topic.length);
        this.topicAt = out.writerIndex();
        out.writeBytes(topic);
        if (numbered) {
            out.writeShort(0);
        }
        if (five) {
            PropertyWriter.variable(out, properties.length);
        }
        this.propertiesAt = out.writerIndex();
        out.writeBytes(properties);
        this.payloadAt = out.writerIndex();
        if (!byReference()) {
            out.writeBytes(payload);
        }
    }

    private int remaining(int topic, int properties) {
        return 2
                + topic
                + (numbered ? 2 : 0)
                + (five ? PropertyWriter.sizeOfVariable(properties) + properties : 0)
                + payload.length;
    }

    /** Whether the payload is not part of what is written, and must follow it as it is. */
    boolean byReference() {
        return payload.length > COPIED;
    }

    byte[] payload() {
        return payload;
    }

    /** Bytes of the whole packet. */
    int size() {
        return packet.length + (byReference() ? payload.length : 0);
    }

    /** Bytes of the whole packet with something of its own. */
    int size(Own own) {
        int remaining = remaining(own.topicLength(topicLength), propertiesLength + own.size());
        return 1 + PropertyWriter.sizeOfVariable(remaining) + remaining;
    }

    /**
     * Writes the packet, without the payload when that goes by reference.
     *
     * @param first the first byte: type and flags
     * @param packetId ignored at quality of service 0
     */
    void write(ByteBuf out, int first, int packetId) {
        int start = out.writerIndex();
        out.writeBytes(packet);
        out.setByte(start, first);
        if (numbered) {
            out.setShort(start + topicAt + topicLength, packetId);
        }
    }

    /** As {@link #write(ByteBuf, int, int)}, with something that other receivers do not get. */
    void write(ByteBuf out, int first, int packetId, Own own) {
        int properties = propertiesLength + own.size();
        int topic = own.topicLength(topicLength);
        out.writeByte(first);
        PropertyWriter.variable(out, remaining(topic, properties));
        out.writeShort(topic);
        byte[] spelled = own.topic();
        if (spelled != null) {
            out.writeBytes(spelled);
        } else {
            out.writeBytes(packet, topicAt, topic);
        }
        if (numbered) {
            out.writeShort(packetId);
        }
        if (five) {
            PropertyWriter.variable(out, properties);
            own.write(out);
            out.writeBytes(packet, propertiesAt, propertiesLength);
        }
        if (!byReference()) {
            out.writeBytes(packet, payloadAt, payload.length);
        }
    }
}
