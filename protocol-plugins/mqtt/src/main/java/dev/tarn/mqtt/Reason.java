// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reason codes of MQTT 5.0 §2.4, each with the packets that may carry it. */
enum Reason {
    /** Also Normal disconnection and Granted QoS 0. */
    SUCCESS(
            0x00,
            Packet.CONNACK,
            Packet.PUBACK,
            Packet.PUBREC,
            Packet.PUBREL,
            Packet.PUBCOMP,
            Packet.SUBACK,
            Packet.UNSUBACK,
            Packet.DISCONNECT,
            Packet.AUTH),
    GRANTED_QOS_1(0x01, Packet.SUBACK),
    GRANTED_QOS_2(0x02, Packet.SUBACK),
    DISCONNECT_WITH_WILL(0x04, Packet.DISCONNECT),
    NO_MATCHING_SUBSCRIBERS(0x10, Packet.PUBACK, Packet.PUBREC),
    NO_SUBSCRIPTION_EXISTED(0x11, Packet.UNSUBACK),
    CONTINUE_AUTHENTICATION(0x18, Packet.AUTH),
    RE_AUTHENTICATE(0x19, Packet.AUTH),
    UNSPECIFIED_ERROR(
            0x80, Packet.CONNACK, Packet.PUBACK, Packet.PUBREC, Packet.SUBACK, Packet.UNSUBACK, Packet.DISCONNECT),
    MALFORMED_PACKET(0x81, Packet.CONNACK, Packet.DISCONNECT),
    PROTOCOL_ERROR(0x82, Packet.CONNACK, Packet.DISCONNECT),
    IMPLEMENTATION_SPECIFIC_ERROR(
            0x83, Packet.CONNACK, Packet.PUBACK, Packet.PUBREC, Packet.SUBACK, Packet.UNSUBACK, Packet.DISCONNECT),
    UNSUPPORTED_PROTOCOL_VERSION(0x84, Packet.CONNACK),
    CLIENT_IDENTIFIER_NOT_VALID(0x85, Packet.CONNACK),
    BAD_USER_NAME_OR_PASSWORD(0x86, Packet.CONNACK),
    NOT_AUTHORIZED(
            0x87, Packet.CONNACK, Packet.PUBACK, Packet.PUBREC, Packet.SUBACK, Packet.UNSUBACK, Packet.DISCONNECT),
    SERVER_UNAVAILABLE(0x88, Packet.CONNACK),
    SERVER_BUSY(0x89, Packet.CONNACK, Packet.DISCONNECT),
    BANNED(0x8A, Packet.CONNACK),
    SERVER_SHUTTING_DOWN(0x8B, Packet.DISCONNECT),
    BAD_AUTHENTICATION_METHOD(0x8C, Packet.CONNACK, Packet.DISCONNECT),
    KEEP_ALIVE_TIMEOUT(0x8D, Packet.DISCONNECT),
    SESSION_TAKEN_OVER(0x8E, Packet.DISCONNECT),
    TOPIC_FILTER_INVALID(0x8F, Packet.SUBACK, Packet.UNSUBACK, Packet.DISCONNECT),
    TOPIC_NAME_INVALID(0x90, Packet.CONNACK, Packet.PUBACK, Packet.PUBREC, Packet.DISCONNECT),
    PACKET_IDENTIFIER_IN_USE(0x91, Packet.PUBACK, Packet.PUBREC, Packet.SUBACK, Packet.UNSUBACK),
    PACKET_IDENTIFIER_NOT_FOUND(0x92, Packet.PUBREL, Packet.PUBCOMP),
    RECEIVE_MAXIMUM_EXCEEDED(0x93, Packet.DISCONNECT),
    TOPIC_ALIAS_INVALID(0x94, Packet.DISCONNECT),
    PACKET_TOO_LARGE(0x95, Packet.CONNACK, Packet.DISCONNECT),
    MESSAGE_RATE_TOO_HIGH(0x96, Packet.DISCONNECT),
    QUOTA_EXCEEDED(0x97, Packet.CONNACK, Packet.PUBACK, Packet.PUBREC, Packet.SUBACK, Packet.DISCONNECT),
    ADMINISTRATIVE_ACTION(0x98, Packet.DISCONNECT),
    PAYLOAD_FORMAT_INVALID(0x99, Packet.CONNACK, Packet.PUBACK, Packet.PUBREC, Packet.DISCONNECT),
    RETAIN_NOT_SUPPORTED(0x9A, Packet.CONNACK, Packet.DISCONNECT),
    QOS_NOT_SUPPORTED(0x9B, Packet.CONNACK, Packet.DISCONNECT),
    USE_ANOTHER_SERVER(0x9C, Packet.CONNACK, Packet.DISCONNECT),
    SERVER_MOVED(0x9D, Packet.CONNACK, Packet.DISCONNECT),
    SHARED_SUBSCRIPTIONS_NOT_SUPPORTED(0x9E, Packet.SUBACK, Packet.DISCONNECT),
    CONNECTION_RATE_EXCEEDED(0x9F, Packet.CONNACK, Packet.DISCONNECT),
    MAXIMUM_CONNECT_TIME(0xA0, Packet.DISCONNECT),
    SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED(0xA1, Packet.SUBACK, Packet.DISCONNECT),
    WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED(0xA2, Packet.SUBACK, Packet.DISCONNECT);

    private static final @Nullable Reason[] BY_CODE = new @Nullable Reason[256];

    static {
        for (Reason reason : values()) {
            BY_CODE[reason.code] = reason;
        }
    }

    private final int code;
    private final int packets;

    Reason(int code, int... types) {
        this.code = code;
        int mask = 0;
        for (int type : types) {
            mask |= 1 << type;
        }
        this.packets = mask;
    }

    /** The byte on the wire, 0 to 255. */
    int code() {
        return code;
    }

    /** Its name in words, for people. */
    String words() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    boolean refusal() {
        return code >= 0x80;
    }

    /** Whether this packet may carry it. */
    boolean in(int packetType) {
        return (packets & 1 << packetType) != 0;
    }

    /**
     * The reason that a client gave in a packet of this type.
     *
     * @throws Violation when that packet has no such reason
     */
    static Reason of(int code, int packetType) {
        Reason reason = BY_CODE[code];
        if (reason == null || !reason.in(packetType)) {
            throw Violation.protocol("reason code 0x" + Integer.toHexString(code) + " does not belong in this packet");
        }
        return reason;
    }

    /** The return code of a 3.1 or 3.1.1 CONNACK that comes nearest; 0 where only closing is left. */
    int returnCode() {
        return switch (this) {
            case UNSUPPORTED_PROTOCOL_VERSION -> 1;
            case CLIENT_IDENTIFIER_NOT_VALID -> 2;
            case SERVER_UNAVAILABLE, SERVER_BUSY, QUOTA_EXCEEDED, CONNECTION_RATE_EXCEEDED, USE_ANOTHER_SERVER -> 3;
            case BAD_USER_NAME_OR_PASSWORD -> 4;
            case NOT_AUTHORIZED, BANNED -> 5;
            default -> 0;
        };
    }
}
