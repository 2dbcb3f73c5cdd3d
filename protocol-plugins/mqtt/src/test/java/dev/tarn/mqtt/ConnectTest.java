// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.PacketCorpus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectTest extends WireTest {

    @Override
    Map<String, ?> settings() {
        return Map.of("maximumKeepAlive", 120);
    }

    @Test
    void everything_may_come_in_one_segment() throws IOException {
        MqttClient client = silent("3.1.1");
        client.send(
                "10 [ s\"MQTT\" 04 02 00 3C s\"pipelined\" ] 82 [ 00 01 s\"p/#\" 00 ] 32 [ s\"p/1\" 00 02 \"x\" ] C0 00");
        client.expect(2).success();
        assertThat(client.expect(9).packetId()).isEqualTo(1);
        // The message may overtake its acknowledgement, and it them, but all come.
        int seen = 0;
        for (int i = 0; i < 3; i++) {
            seen |= 1 << client.next().type();
        }
        assertThat(seen).isEqualTo(1 << 3 | 1 << 4 | 1 << 13);
    }

    @Test
    void a_packet_may_come_byte_by_byte() throws IOException {
        MqttClient client = silent("5");
        for (byte b : PacketCorpus.bytes("10 [ s\"MQTT\" 05 02 00 3C [ ] s\"slow\" ] C0 00")) {
            client.raw().send(new byte[] {b});
        }
        client.expect(2).success();
        client.expect(13);
    }

    @Test
    void what_came_before_the_end_is_still_done() throws IOException {
        MqttClient watcher = three("watcher");
        watcher.subscribe("last/words", 0);
        MqttClient client = silent("3.1.1");
        client.send("10 [ s\"MQTT\" 04 02 00 3C s\"hasty\" ] 30 [ s\"last/words\" \"x\" ] E0 00");
        client.raw().finish();
        assertThat(watcher.receive().text()).isEqualTo("x");
    }

    @Test
    void a_connection_without_a_word_is_closed(@TempDir Path directory) throws IOException {
        try (Node hasty = Nodes.in(directory, Map.of("connectTimeout", 1)).start();
                MqttClient client = MqttClient.silent(hasty.port("mqtt"), "3.1.1")) {
            client.raw().offer(PacketCorpus.bytes("10 0D"));
            client.raw().expectClosed();
        }
    }

    @Test
    void an_identifier_is_made_up_for_a_client_without_one() throws IOException {
        MqttClient client = silent("5");
        MqttPacket connack =
                client.send("10 [ s\"MQTT\" 05 02 00 3C [ ] s\"\" ]").expect(2).success();
        assertThat((String) connack.property(0x12)).isNotEmpty();
        MqttClient old = silent("3.1.1");
        old.send("10 [ s\"MQTT\" 04 02 00 3C s\"\" ]").expect(2).success();
        MqttClient refused = silent("3.1.1");
        assertThat(refused.send("10 [ s\"MQTT\" 04 00 00 3C s\"\" ]").expect(2).reason())
                .isEqualTo(2);
        refused.raw().expectClosed();
    }

    @Test
    void the_server_says_what_it_offers() throws IOException {
        MqttClient client = silent("5");
        MqttPacket connack = client.send("10 [ s\"MQTT\" 05 02 00 3C [ ] s\"offers\" ]")
                .expect(2)
                .success();
        assertThat(connack.sessionPresent()).isFalse();
        assertThat(connack.number(0x21)).isEqualTo(1024);
        assertThat(connack.number(0x22)).isPositive();
        assertThat(connack.number(0x27)).isEqualTo(16_777_216);
        assertThat(connack.property(0x24))
                .as("maximum QoS is 2, which is not said")
                .isNull();
        assertThat(connack.property(0x13)).isNull();
    }

    @Test
    void a_long_keep_alive_is_capped_where_the_client_can_be_told() throws IOException {
        MqttClient client = silent("5");
        MqttPacket connack = client.send("10 [ s\"MQTT\" 05 02 0E 10 [ ] s\"long\" ]")
                .expect(2)
                .success();
        assertThat(connack.number(0x13)).isEqualTo(120);
    }

    @Test
    void silence_ends_a_connection_after_one_and_a_half_periods() throws IOException {
        MqttClient client = silent("5");
        long start = System.nanoTime();
        client.send("10 [ s\"MQTT\" 05 02 00 01 [ ] s\"quiet\" ]").expect(2).success();
        assertThat(client.expect(14).reason()).isEqualTo(0x8D);
        assertThat((System.nanoTime() - start) / 1_000_000).isBetween(1_499L, 60_000L);
        client.raw().expectClosed();
    }

    @Test
    void a_second_connection_takes_the_identifier_over() throws IOException {
        MqttClient first = five("twin");
        MqttClient second = five("twin");
        assertThat(first.expect(14).reason()).isEqualTo(0x8E);
        first.raw().expectClosed();
        second.expectNothing();
        MqttClient third = three("twin");
        assertThat(second.expect(14).reason()).isEqualTo(0x8E);
        third.expectNothing();
        MqttClient fourth = three("twin");
        third.raw().expectClosed();
        fourth.expectNothing();
    }

    @Test
    void a_second_connect_is_a_violation() throws IOException {
        MqttClient client = five("again");
        client.send("10 [ s\"MQTT\" 05 02 00 3C [ ] s\"again\" ]");
        assertThat(client.expect(14).reason()).isEqualTo(0x82);
        client.raw().expectClosed();
    }

    @Test
    void an_unknown_version_is_told_so() throws IOException {
        MqttClient six = silent("5");
        six.send("10 [ s\"MQTT\" 06 02 00 3C [ ] s\"six\" ]");
        assertThat(six.expect(2).reason()).isEqualTo(0x84);
        MqttClient two = silent("3.1.1");
        two.send("10 [ s\"MQTT\" 02 02 00 3C s\"two\" ]");
        assertThat(two.expect(2).reason()).isEqualTo(1);
        two.raw().expectClosed();
    }
}
