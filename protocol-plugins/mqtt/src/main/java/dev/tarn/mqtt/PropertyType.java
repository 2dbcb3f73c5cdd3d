// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import org.jspecify.annotations.Nullable;

/** The properties of MQTT 5.0 §2.2.2.2: identifier, type, range, and the packets of a client that may have them. */
enum PropertyType {
    PAYLOAD_FORMAT(0x01, Type.BYTE, 0, 1, Carrier.PUBLISH, Carrier.WILL),
    MESSAGE_EXPIRY(0x02, Type.FOUR_BYTES, 0, Range.INT, Carrier.PUBLISH, Carrier.WILL),
    CONTENT_TYPE(0x03, Type.TEXT, 0, 0, Carrier.PUBLISH, Carrier.WILL),
    RESPONSE_TOPIC(0x08, Type.TEXT, 0, 0, Carrier.PUBLISH, Carrier.WILL),
    CORRELATION(0x09, Type.BINARY, 0, 0, Carrier.PUBLISH, Carrier.WILL),
    /** A client may not put it into a PUBLISH [MQTT-3.3.4-6]. */
    SUBSCRIPTION_ID(0x0B, Type.VARIABLE, 1, Range.VARIABLE, Carrier.SUBSCRIBE),
    SESSION_EXPIRY(0x11, Type.FOUR_BYTES, 0, Range.INT, Carrier.CONNECT, Carrier.DISCONNECT),
    ASSIGNED_CLIENT_ID(0x12, Type.TEXT, 0, 0),
    SERVER_KEEP_ALIVE(0x13, Type.TWO_BYTES, 0, Range.SHORT),
    AUTHENTICATION_METHOD(0x15, Type.TEXT, 0, 0, Carrier.CONNECT, Carrier.AUTH),
    AUTHENTICATION_DATA(0x16, Type.BINARY, 0, 0, Carrier.CONNECT, Carrier.AUTH),
    REQUEST_PROBLEM_INFORMATION(0x17, Type.BYTE, 0, 1, Carrier.CONNECT),
    WILL_DELAY(0x18, Type.FOUR_BYTES, 0, Range.INT, Carrier.WILL),
    REQUEST_RESPONSE_INFORMATION(0x19, Type.BYTE, 0, 1, Carrier.CONNECT),
    RESPONSE_INFORMATION(0x1A, Type.TEXT, 0, 0),
    SERVER_REFERENCE(0x1C, Type.TEXT, 0, 0),
    REASON_STRING(0x1F, Type.TEXT, 0, 0, Carrier.ACKNOWLEDGE, Carrier.DISCONNECT, Carrier.AUTH),
    RECEIVE_MAXIMUM(0x21, Type.TWO_BYTES, 1, Range.SHORT, Carrier.CONNECT),
    TOPIC_ALIAS_MAXIMUM(0x22, Type.TWO_BYTES, 0, Range.SHORT, Carrier.CONNECT),
    /** Zero is told apart by its own reason code, 0x94, where the alias is used [MQTT-3.3.2-8]. */
    TOPIC_ALIAS(0x23, Type.TWO_BYTES, 0, Range.SHORT, Carrier.PUBLISH),
    MAXIMUM_QOS(0x24, Type.BYTE, 0, 1),
    RETAIN_AVAILABLE(0x25, Type.BYTE, 0, 1),
    USER_PROPERTY(
            0x26,
            Type.PAIR,
            0,
            0,
            Carrier.CONNECT,
            Carrier.WILL,
            Carrier.PUBLISH,
            Carrier.ACKNOWLEDGE,
            Carrier.SUBSCRIBE,
            Carrier.UNSUBSCRIBE,
            Carrier.DISCONNECT,
            Carrier.AUTH),
    MAXIMUM_PACKET_SIZE(0x27, Type.FOUR_BYTES, 1, Range.INT, Carrier.CONNECT),
    WILDCARD_AVAILABLE(0x28, Type.BYTE, 0, 1),
    SUBSCRIPTION_IDS_AVAILABLE(0x29, Type.BYTE, 0, 1),
    SHARED_AVAILABLE(0x2A, Type.BYTE, 0, 1);

    /** How a value is written. */
    enum Type {
        BYTE,
        TWO_BYTES,
        FOUR_BYTES,
        VARIABLE,
        TEXT,
        BINARY,
        PAIR
    }

    /** What of a client can have properties. */
    enum Carrier {
        CONNECT(0x01),
        WILL(0x02),
        PUBLISH(0x04),
        /** PUBACK, PUBREC, PUBREL and PUBCOMP. */
        ACKNOWLEDGE(0x08),
        SUBSCRIBE(0x10),
        UNSUBSCRIBE(0x20),
        DISCONNECT(0x40),
        AUTH(0x80);

        private final int bit;

        Carrier(int bit) {
            this.bit = bit;
        }
    }

    /** Upper ends of ranges. */
    private static final class Range {
        static final long SHORT = 0xFFFFL;
        static final long INT = 0xFFFF_FFFFL;
        static final long VARIABLE = 268_435_455L;

        private Range() {}
    }

    /** All identifiers are below this. */
    static final int IDS = 0x2B;

    private static final @Nullable PropertyType[] BY_ID = new @Nullable PropertyType[IDS];

    static {
        for (PropertyType type : values()) {
            BY_ID[type.id] = type;
        }
    }

    private final int id;
    private final Type type;
    private final long least;
    private final long greatest;
    private final int carriers;

    PropertyType(int id, Type type, long least, long greatest, Carrier... carriers) {
        this.id = id;
        this.type = type;
        this.least = least;
        this.greatest = greatest;
        int mask = 0;
        for (Carrier carrier : carriers) {
            mask |= carrier.bit;
        }
        this.carriers = mask;
    }

    /** The identifier on the wire. */
    int id() {
        return id;
    }

    Type type() {
        return type;
    }

    /** Whether a client may put it there. */
    boolean in(Carrier carrier) {
        return (carriers & carrier.bit) != 0;
    }

    /** Whether a number is within the property's range. */
    boolean allows(long value) {
        return value >= least && value <= greatest;
    }

    /** The property with this identifier, or null. */
    static @Nullable PropertyType of(int id) {
        return id < BY_ID.length ? BY_ID[id] : null;
    }
}
