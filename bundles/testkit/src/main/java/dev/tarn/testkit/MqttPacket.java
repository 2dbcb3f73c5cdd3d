// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A packet that a server sent, taken apart as far as tests ask. Immutable. */
public final class MqttPacket {

    private static final String[] NAMES = {
        "0",
        "CONNECT",
        "CONNACK",
        "PUBLISH",
        "PUBACK",
        "PUBREC",
        "PUBREL",
        "PUBCOMP",
        "SUBSCRIBE",
        "SUBACK",
        "UNSUBSCRIBE",
        "UNSUBACK",
        "PINGREQ",
        "PINGRESP",
        "DISCONNECT",
        "AUTH"
    };

    private final int first;
    private final byte[] content;
    private final boolean five;
    private final byte[] whole;

    /** A whole packet with its fixed header. */
    MqttPacket(byte[] packet, boolean five) {
        this.whole = packet;
        this.five = five;
        this.first = packet[0] & 0xFF;
        int at = 1;
        while ((packet[at++] & 0x80) != 0) {
            // The remaining length ends with the first byte below 128.
        }
        this.content = Arrays.copyOfRange(packet, at, packet.length);
    }

    /** One property: its identifier, and a Long, a String, a byte[], or a List of two Strings. */
    public record Property(int id, Object value) {}

    public int type() {
        return first >> 4;
    }

    /** What follows the fixed header; a copy. */
    public byte[] content() {
        return content.clone();
    }

    /** Bytes of the packet. */
    public int size() {
        return whole.length;
    }

    public boolean dup() {
        return (first & 8) != 0;
    }

    public int qos() {
        return first >> 1 & 3;
    }

    public boolean retain() {
        return (first & 1) != 0;
    }

    /** Topic of a PUBLISH. */
    public String topic() {
        return new String(content, 2, topicLength(), StandardCharsets.UTF_8);
    }

    private int topicLength() {
        return ((content[0] & 0xFF) << 8) + (content[1] & 0xFF);
    }

    /** Packet identifier of a PUBLISH above quality of service 0, or an acknowledgement. */
    public int packetId() {
        int at = type() == 3 ? 2 + topicLength() : 0;
        return ((content[at] & 0xFF) << 8) + (content[at + 1] & 0xFF);
    }

    /** Payload of a PUBLISH. */
    public byte[] payload() {
        ByteBuffer rest = afterHead();
        if (five) {
            int length = variable(rest);
            rest.position(rest.position() + length);
        }
        byte[] payload = new byte[rest.remaining()];
        rest.get(payload);
        return payload;
    }

    /** Payload of a PUBLISH as text. */
    public String text() {
        return new String(payload(), StandardCharsets.UTF_8);
    }

    /** Reason or return code of an answer with one such code; 0 where it is left out. */
    public int reason() {
        return switch (type()) {
            case 2 -> content[1] & 0xFF;
            case 14, 15 -> content.length == 0 ? 0 : content[0] & 0xFF;
            default -> content.length > 2 ? content[2] & 0xFF : 0;
        };
    }

    /** Whether a CONNACK says that a session was there. */
    public boolean sessionPresent() {
        return content[0] == 1;
    }

    /** Fails unless this is an answer that says yes. */
    public MqttPacket success() {
        if (reason() != 0) {
            throw new AssertionError("refused: " + this);
        }
        return this;
    }

    /** All properties in order; none before 5.0. */
    public List<Property> properties() {
        List<Property> list = new ArrayList<>();
        ByteBuffer rest = afterHead();
        if (!five || !rest.hasRemaining()) {
            return list;
        }
        int length = variable(rest);
        rest.limit(rest.position() + length);
        while (rest.hasRemaining()) {
            int id = variable(rest);
            list.add(new Property(id, value(id, rest)));
        }
        return list;
    }

    /** The only property with this identifier, or null. */
    public @Nullable Object property(int id) {
        List<Property> found =
                properties().stream().filter(one -> one.id() == id).toList();
        if (found.size() > 1) {
            throw new AssertionError("property " + id + " more than once: " + this);
        }
        return found.isEmpty() ? null : found.get(0).value();
    }

    /** The only property with this identifier, which is a number. */
    public long number(int id) {
        return (Long) Objects.requireNonNull(property(id), () -> "no property " + id + " in " + this);
    }

    private ByteBuffer afterHead() {
        int at = switch (type()) {
            case 2 -> 2;
            case 3 -> 2 + topicLength() + (qos() > 0 ? 2 : 0);
            case 4, 5, 6, 7 -> 3;
            case 9, 11 -> 2;
            case 14, 15 -> 1;
            default -> content.length;
        };
        return ByteBuffer.wrap(content).position(Math.min(at, content.length));
    }

    private static Object value(int id, ByteBuffer in) {
        return switch (id) {
            case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A -> (long) in.get();
            case 0x13, 0x21, 0x22, 0x23 -> in.getShort() & 0xFFFFL;
            case 0x02, 0x11, 0x18, 0x27 -> in.getInt() & 0xFFFF_FFFFL;
            case 0x0B -> (long) variable(in);
            case 0x09, 0x16 -> bytes(in);
            case 0x26 ->
                List.of(new String(bytes(in), StandardCharsets.UTF_8), new String(bytes(in), StandardCharsets.UTF_8));
            case 0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F -> new String(bytes(in), StandardCharsets.UTF_8);
            default -> throw new AssertionError("there is no property " + id);
        };
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xFFFF];
        in.get(bytes);
        return bytes;
    }

    private static int variable(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            int digit = in.get();
            value |= (digit & 0x7F) << shift;
            if (digit >= 0) {
                return value;
            }
        }
    }

    @Override
    public String toString() {
        return NAMES[type()] + " " + RawClient.hex(whole.length > 80 ? Arrays.copyOf(whole, 80) : whole);
    }
}
