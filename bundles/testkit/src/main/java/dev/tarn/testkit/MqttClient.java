// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A small MQTT client that says exactly what it is told to: packets in the notation of {@link PacketCorpus}, or by the
 * methods here. For one thread; every read is bounded.
 */
public final class MqttClient implements AutoCloseable {

    private final RawClient raw;
    private final boolean five;
    private final Deque<MqttPacket> early = new ArrayDeque<>();

    private MqttClient(RawClient raw, boolean five) {
        this.raw = raw;
        this.five = five;
    }

    /** A connection over which nothing was said. */
    public static MqttClient silent(int port, String version) throws IOException {
        return new MqttClient(new RawClient(port), version.equals("5"));
    }

    /** A connection of 5.0 that the server has accepted, over which next to nothing fits that is not read. */
    public static MqttClient narrow(int port, String clientId) throws IOException {
        MqttClient client = new MqttClient(new RawClient(port, 4_096), true);
        client.send("10 [ s\"MQTT\" 05 02 00 3C [ ] s\"" + clientId + "\" ]");
        client.expect(2).success();
        return client;
    }

    /** A connection of 3.1.1 with a clean session that the server has accepted. */
    public static MqttClient three(int port, String clientId) throws IOException {
        MqttClient client = silent(port, "3.1.1");
        client.send("10 [ s\"MQTT\" 04 02 00 3C s\"" + clientId + "\" ]");
        client.expect(2).success();
        return client;
    }

    /** A connection of 5.0 with a clean start that the server has accepted. */
    public static MqttClient five(int port, String clientId) throws IOException {
        return five(port, clientId, "");
    }

    /** As {@link #five(int, String)}, with properties in the corpus's notation. */
    public static MqttClient five(int port, String clientId, String properties) throws IOException {
        MqttClient client = silent(port, "5");
        client.send("10 [ s\"MQTT\" 05 02 00 3C [ " + properties + " ] s\"" + clientId + "\" ]");
        client.expect(2).success();
        return client;
    }

    /** The connection underneath. */
    public RawClient raw() {
        return raw;
    }

    /** Sends a packet, or several, in the corpus's notation. */
    public MqttClient send(String notation) throws IOException {
        raw.send(PacketCorpus.bytes(notation));
        return this;
    }

    /** Subscribes to one filter and returns the reason code that was granted. */
    public int subscribe(String filter, int options) throws IOException {
        return subscribe(filter, options, "");
    }

    /** As {@link #subscribe(String, int)}, with properties in the corpus's notation where the client speaks 5.0. */
    public int subscribe(String filter, int options, String properties) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(new byte[] {0, 77});
        if (five) {
            content.writeBytes(PacketCorpus.bytes("[ " + properties + " ]"));
        }
        text(content, filter);
        content.write(options);
        packet(0x82, content.toByteArray());
        MqttPacket suback = awaited(9);
        return suback.content()[suback.content().length - 1] & 0xFF;
    }

    /**
     * Publishes, and sees the acknowledgements through; returns the reason code of the last, 0 at quality of service 0.
     * What comes between, such as the message itself, is next.
     */
    public int publish(String topic, byte[] payload, int qos, boolean retain) throws IOException {
        sendPublish(topic, payload, qos, retain, "");
        if (qos == 0) {
            return 0;
        }
        MqttPacket answer = awaited(qos == 1 ? 4 : 5);
        if (qos == 1 || answer.reason() >= 0x80) {
            return answer.reason();
        }
        send("62 02 00 37");
        return awaited(7).reason();
    }

    public int publish(String topic, String payload, int qos, boolean retain) throws IOException {
        return publish(topic, payload.getBytes(StandardCharsets.UTF_8), qos, retain);
    }

    /** Sends a PUBLISH with packet identifier 0x37 and waits for nothing. */
    public MqttClient sendPublish(String topic, byte[] payload, int qos, boolean retain, String properties)
            throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        text(content, topic);
        if (qos > 0) {
            content.writeBytes(new byte[] {0, 0x37});
        }
        if (five) {
            content.writeBytes(PacketCorpus.bytes("[ " + properties + " ]"));
        }
        content.writeBytes(payload);
        packet(0x30 | qos << 1 | (retain ? 1 : 0), content.toByteArray());
        return this;
    }

    private void packet(int first, byte[] content) throws IOException {
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(first);
        int rest = content.length;
        while (rest >= 128) {
            packet.write((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        packet.write(rest);
        packet.writeBytes(content);
        raw.send(packet.toByteArray());
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.write(utf8.length >> 8);
        out.write(utf8.length);
        out.writeBytes(utf8);
    }

    /** The next packet. */
    public MqttPacket next() throws IOException {
        MqttPacket passedOver = early.poll();
        return passedOver == null ? new MqttPacket(raw.readMqttPacket(), five) : passedOver;
    }

    /** The next packet of this type; those before it come later. */
    private MqttPacket awaited(int type) throws IOException {
        while (true) {
            MqttPacket packet = new MqttPacket(raw.readMqttPacket(), five);
            if (packet.type() == type) {
                return packet;
            }
            early.add(packet);
        }
    }

    /** The next packet, which must be of this type. */
    public MqttPacket expect(int type) throws IOException {
        MqttPacket packet = next();
        if (packet.type() != type) {
            throw new AssertionError("expected a packet of type " + type + " but " + packet + " came");
        }
        return packet;
    }

    /** The next packet, which must be a PUBLISH; acknowledged to the end as its quality of service asks. */
    public MqttPacket receive() throws IOException {
        MqttPacket publish = expect(3);
        String id =
                publish.qos() == 0 ? "" : String.format("%02X %02X", publish.packetId() >> 8, publish.packetId() & 255);
        if (publish.qos() == 1) {
            send("40 02 " + id);
        } else if (publish.qos() == 2) {
            send("50 02 " + id);
            awaited(6);
            send("70 02 " + id);
        }
        return publish;
    }

    /** Fails if a packet comes before the answer to a PINGREQ. */
    public MqttClient expectNothing() throws IOException {
        send("C0 00");
        expect(13);
        return this;
    }

    /** Fails if anything comes within this time. */
    public MqttClient expectSilence(Duration time) throws IOException {
        raw.expectSilence(time);
        return this;
    }

    /** Says goodbye, so that no will is published. */
    public void disconnect() throws IOException {
        send("E0 00");
        raw.expectClosed();
    }

    @Override
    public void close() throws IOException {
        raw.close();
    }
}
