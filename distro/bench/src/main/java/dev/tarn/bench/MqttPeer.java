// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** As much of an MQTT 3.1.1 client as the scenarios need, without an allocation per message. On the loop's thread. */
final class MqttPeer extends Peer {

    /** What a scenario wants to know. */
    interface Events {
        /** A message came; the payload is between position and limit. */
        default void message(MqttPeer peer, ByteBuffer payload) {}

        /** A publish of ours was acknowledged. */
        default void acknowledged(MqttPeer peer, int id) {}
    }

    private final Events events;
    private boolean accepted;
    private int subscribed;

    MqttPeer(Events events) {
        this.events = events;
    }

    boolean accepted() {
        return accepted;
    }

    int subscribed() {
        return subscribed;
    }

    /** Sends CONNECT with a clean session and no keep-alive. */
    void connect(String clientId, @Nullable String user, @Nullable String password) {
        byte[] id = clientId.getBytes(StandardCharsets.UTF_8);
        byte[] name = user == null ? new byte[0] : user.getBytes(StandardCharsets.UTF_8);
        byte[] secret = password == null ? new byte[0] : password.getBytes(StandardCharsets.UTF_8);
        int length = 10 + 2 + id.length + (user == null ? 0 : 2 + name.length + 2 + secret.length);
        out.put((byte) 0x10);
        length(length);
        text("MQTT".getBytes(StandardCharsets.US_ASCII));
        out.put((byte) 4).put((byte) (user == null ? 0x02 : 0xC2)).putShort((short) 0);
        text(id);
        if (user != null) {
            text(name);
            text(secret);
        }
    }

    void subscribe(String filter, int qos) {
        byte[] text = filter.getBytes(StandardCharsets.UTF_8);
        out.put((byte) 0x82);
        length(2 + 2 + text.length + 1);
        out.putShort((short) 1);
        text(text);
        out.put((byte) qos);
    }

    /**
     * Sends PUBLISH.
     *
     * @param id the packet id; 0 for quality of service 0, otherwise 1
     */
    void publish(byte[] topic, byte[] payload, int id, boolean retain) {
        out.put((byte) (0x30 | (id > 0 ? 0x02 : 0) | (retain ? 1 : 0)));
        length(2 + topic.length + (id > 0 ? 2 : 0) + payload.length);
        text(topic);
        if (id > 0) {
            out.putShort((short) id);
        }
        out.put(payload);
    }

    private void text(byte[] bytes) {
        out.putShort((short) bytes.length).put(bytes);
    }

    private void length(int length) {
        int rest = length;
        while (rest > 127) {
            out.put((byte) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    @Override
    boolean take(ByteBuffer bytes) throws IOException {
        int start = bytes.position();
        int limit = bytes.limit();
        int at = start + 1;
        int length = 0;
        int shift = 0;
        while (true) {
            if (at >= limit) {
                return false;
            }
            byte digit = bytes.get(at++);
            length |= (digit & 0x7F) << shift;
            shift += 7;
            if (digit >= 0) {
                break;
            }
        }
        int end = at + length;
        if (end > limit) {
            return false;
        }
        packet(bytes, bytes.get(start) & 0xFF, at, end);
        bytes.limit(limit).position(end);
        return true;
    }

    private void packet(ByteBuffer bytes, int header, int at, int end) throws IOException {
        switch (header >> 4) {
            case 2 -> {
                if (bytes.get(at + 1) != 0) {
                    throw new IOException("CONNECT refused with code " + bytes.get(at + 1));
                }
                accepted = true;
            }
            case 3 -> message(bytes, header, at, end);
            case 4 -> events.acknowledged(this, bytes.getShort(at) & 0xFFFF);
            case 9 -> {
                if ((bytes.get(at + 2) & 0x80) != 0) {
                    throw new IOException("SUBSCRIBE refused");
                }
                subscribed++;
            }
            default -> throw new IOException("unexpected packet " + Integer.toHexString(header));
        }
    }

    private void message(ByteBuffer bytes, int header, int at, int end) {
        int payload = at + 2 + (bytes.getShort(at) & 0xFFFF);
        if ((header & 0x06) != 0) {
            out.put((byte) 0x40).put((byte) 2).putShort(bytes.getShort(payload));
            payload += 2;
        }
        bytes.limit(end).position(payload);
        events.message(this, bytes);
    }
}
