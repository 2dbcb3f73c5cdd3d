// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Property;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written, read by a decoder that shares no code with it. */
class PublicationTest {

    private final ByteBuf out = Unpooled.buffer();

    @AfterEach
    void release() {
        out.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 100, 127, 128, 8_192, 8_193, 70_000, 2_100_000})
    void a_shared_packet_is_the_same_for_every_size(int size) {
        byte[] payload = new byte[size];
        new Random(size).nextBytes(payload);
        for (boolean five : new boolean[] {false, true}) {
            for (int qos = 0; qos < 3; qos++) {
                Publication publication = new Publication(five, qos > 0, utf8("a/ü/🦆"), new byte[0], payload);
                out.clear();
                publication.write(out, 0x30 | qos << 1 | 1, 513);
                if (publication.byReference()) {
                    out.writeBytes(publication.payload());
                }
                assertThat(out.readableBytes()).isEqualTo(publication.size());
                MqttPublishMessage read = (MqttPublishMessage) decode(five);
                assertThat(read.fixedHeader().isRetain()).isTrue();
                assertThat(read.fixedHeader().qosLevel().value()).isEqualTo(qos);
                assertThat(read.variableHeader().topicName()).isEqualTo("a/ü/🦆");
                if (qos > 0) {
                    assertThat(read.variableHeader().packetId()).isEqualTo(513);
                }
                assertThat(ByteBufUtil.getBytes(read.payload())).isEqualTo(payload);
                read.release();
            }
        }
    }

    @Test
    void what_one_receiver_has_of_its_own_goes_with_what_all_share() {
        PropertySet shared = new PropertySet()
                .with(PropertyType.CONTENT_TYPE, (Object) "text/plain")
                .with(PropertyType.PAYLOAD_FORMAT, 1)
                .with(new Property("k", "1"))
                .with(new Property("k", "2"));
        Publication publication = new Publication(true, true, utf8("Sensors/101"), written(shared), utf8("hello"));
        Own own = new Own();
        own.subscriptionId(7);
        own.subscriptionId(268_435_455);
        own.subscriptionId(7);
        own.expirySeconds(4_294_967_295L);
        own.alias(3);
        own.topic(utf8("sensors/101"));
        publication.write(out, 0x32, 9, own);
        assertThat(out.readableBytes()).isEqualTo(publication.size(own));
        MqttPublishMessage read = (MqttPublishMessage) decode(true);
        assertThat(read.variableHeader().topicName()).isEqualTo("sensors/101");
        assertThat(read.variableHeader().packetId()).isEqualTo(9);
        MqttProperties properties = read.variableHeader().properties();
        assertThat(properties.getProperties(0x0B).size()).isEqualTo(2);
        assertThat(properties.getProperty(0x02).value()).isEqualTo(-1);
        assertThat(properties.getProperty(0x23).value()).isEqualTo(3);
        assertThat(properties.getProperty(0x03).value()).isEqualTo("text/plain");
        assertThat(((MqttProperties.UserProperties) properties.getProperty(0x26)).value())
                .extracting(pair -> pair.key + pair.value)
                .containsExactly("k1", "k2");
        assertThat(read.payload().toString(StandardCharsets.UTF_8)).isEqualTo("hello");
        read.release();
    }

    @Test
    void a_known_alias_stands_for_the_name() {
        Publication publication = new Publication(true, false, utf8("a/b"), new byte[0], utf8("x"));
        Own own = new Own();
        own.alias(1);
        own.nameless();
        publication.write(out, 0x30, 0, own);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("30070000" + "03230001" + "78");
    }

    @Test
    void answers_of_five_are_what_another_decoder_expects() {
        PacketWriter writer = new PacketWriter(Version.V5, Long.MAX_VALUE, true);
        for (Reason reason : Reason.values()) {
            for (int type : new int[] {Packet.PUBACK, Packet.PUBREC, Packet.PUBREL, Packet.PUBCOMP}) {
                for (String text : new String[] {null, "", "because", "ü".repeat(3_000)}) {
                    out.clear();
                    writer.acknowledge(out, type, 258, reason, text);
                    MqttMessage read = decode(true);
                    assertThat(read.decoderResult().isSuccess()).isTrue();
                    assertThat(read.fixedHeader().messageType()).isEqualTo(MqttMessageType.valueOf(type));
                }
            }
        }
        out.clear();
        writer.connack(
                out,
                true,
                Reason.SUCCESS,
                new PropertySet()
                        .with(PropertyType.ASSIGNED_CLIENT_ID, (Object) "auto")
                        .with(PropertyType.RECEIVE_MAXIMUM, 10)
                        .with(PropertyType.MAXIMUM_PACKET_SIZE, 0xFFFF_FFFFL)
                        .with(PropertyType.SHARED_AVAILABLE, 0));
        assertThat(decode(true).decoderResult().isSuccess()).isTrue();
        out.clear();
        writer.suback(out, 1, List.of(Reason.SUCCESS, Reason.GRANTED_QOS_2, Reason.NOT_AUTHORIZED));
        assertThat(decode(true).decoderResult().isSuccess()).isTrue();
        out.clear();
        writer.disconnect(out, Reason.SESSION_TAKEN_OVER, "another", null);
        assertThat(decode(true).decoderResult().isSuccess()).isTrue();
        out.clear();
        writer.disconnect(out, Reason.USE_ANOTHER_SERVER, null, "other:1883");
        assertThat(decode(true).decoderResult().isSuccess()).isTrue();
    }

    @Test
    void answers_of_three_have_no_reasons() {
        PacketWriter writer = new PacketWriter(Version.V311, Long.MAX_VALUE, true);
        writer.connack(out, true, Reason.NOT_AUTHORIZED, PropertySet.NONE);
        writer.acknowledge(out, Packet.PUBACK, 1, Reason.QUOTA_EXCEEDED, "full");
        writer.acknowledge(out, Packet.PUBREL, 2, Reason.SUCCESS, null);
        writer.suback(out, 3, List.of(Reason.SUCCESS, Reason.GRANTED_QOS_1, Reason.TOPIC_FILTER_INVALID));
        writer.unsuback(out, 4, List.of(Reason.NO_SUBSCRIPTION_EXISTED));
        writer.pingresp(out);
        assertThat(ByteBufUtil.hexDump(out))
                .isEqualTo("20020005" + "40020001" + "62020002" + "90050003000180" + "b0020004" + "d000");
    }

    @Test
    void a_reason_string_that_the_client_cannot_take_is_left_out() {
        PacketWriter writer = new PacketWriter(Version.V5, 30, true);
        writer.acknowledge(out, Packet.PUBACK, 1, Reason.QUOTA_EXCEEDED, "a reason that takes more than 30 bytes");
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("4003000197");
        out.clear();
        new PacketWriter(Version.V5, 1_000, false).acknowledge(out, Packet.PUBACK, 1, Reason.QUOTA_EXCEEDED, "why");
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo("4003000197");
    }

    @Test
    void what_another_encoder_writes_is_read() {
        EmbeddedChannel encoder = new EmbeddedChannel(MqttEncoder.INSTANCE);
        MqttConnectMessage connect = MqttMessageBuilders.connect()
                .protocolVersion(MqttVersion.MQTT_5)
                .clientId("another")
                .keepAlive(30)
                .cleanSession(true)
                .username("u")
                .password("p".getBytes(StandardCharsets.US_ASCII))
                .willFlag(true)
                .willTopic("w")
                .willMessage("gone".getBytes(StandardCharsets.US_ASCII))
                .build();
        encoder.writeOutbound(connect);
        ByteBuf bytes = encoder.readOutbound();
        FrameReader frames = new FrameReader(bytes.alloc());
        frames.add(bytes);
        ByteBuf content = frames.next();
        assertThat(content).isNotNull();
        Packet.Connect read = new ConnectReader().read(content);
        frames.close();
        assertThat(read.version()).isEqualTo(Version.V5);
        assertThat(read.clientId()).isEqualTo("another");
        assertThat(read.login().user()).isEqualTo("u");
        assertThat(read.will()).isNotNull();
        encoder.finishAndReleaseAll();
    }

    private MqttMessage decode(boolean five) {
        EmbeddedChannel decoder = new EmbeddedChannel(new MqttDecoder(8_000_000));
        // The decoder learns the version from a CONNECT.
        decoder.writeInbound(Unpooled.wrappedBuffer(dev.tarn.testkit.PacketCorpus.bytes(
                five ? "10 [ s\"MQTT\" 05 02 00 3C [ ] s\"c\" ]" : "10 [ s\"MQTT\" 04 02 00 3C s\"c\" ]")));
        MqttMessage connect = decoder.readInbound();
        assertThat(connect).isInstanceOf(MqttConnectMessage.class);
        decoder.writeInbound(out.retainedDuplicate());
        MqttMessage message = decoder.readInbound();
        assertThat(message).isNotNull();
        assertThat(message.decoderResult().cause()).isNull();
        MqttMessage more = decoder.readInbound();
        assertThat(more).isNull();
        MqttFixedHeader header = message.fixedHeader();
        assertThat(header.isDup()).isFalse();
        decoder.finish();
        return message;
    }

    private static byte[] written(PropertySet set) {
        ByteBuf bytes = Unpooled.buffer();
        PropertyWriter.write(bytes, set);
        byte[] array = ByteBufUtil.getBytes(bytes);
        assertThat(array).hasSize(PropertyWriter.size(set));
        return array;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
