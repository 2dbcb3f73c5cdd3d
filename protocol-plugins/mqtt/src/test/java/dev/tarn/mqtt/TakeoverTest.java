// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Many connections of one client, one after the other. */
class TakeoverTest extends WireTest {

    private static final int STORM = 1_000;

    @Test
    void a_thousand_connections_of_one_client_leave_one() throws IOException {
        MqttClient other = five("other");
        other.subscribe("t", 1);
        List<MqttClient> storm = new ArrayList<>();
        try {
            long begun = System.nanoTime();
            for (int i = 0; i < STORM; i++) {
                MqttClient client = MqttClient.silent(port(), "5");
                storm.add(client);
                client.send("10 [ s\"MQTT\" 05 02 00 3C [ ] s\"hot\" ]");
                if (i % 100 == 0) {
                    assertThat(other.publish("t", "" + i, 1, false)).isZero();
                    assertThat(other.receive().text()).isEqualTo("" + i);
                }
            }
            MqttClient last = storm.get(STORM - 1);
            last.expect(2).success();
            last.expectNothing();
            assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(120));
            for (MqttClient client : storm.subList(0, STORM - 1)) {
                byte[] all = client.raw().readToEnd();
                if (all.length > 0) {
                    // It was connected for a moment, and is told who has come.
                    assertThat(all[0]).isEqualTo((byte) 0x20);
                    assertThat(all).endsWith((byte) 0xE0, (byte) 0x02, (byte) 0x8E, (byte) 0x00);
                }
            }
            last.expectNothing();
        } finally {
            for (MqttClient client : storm) {
                client.close();
            }
        }
    }

    @Test
    void a_session_that_is_taken_over_again_and_again_gets_everything_in_order() throws IOException {
        String connect = "10 [ s\"MQTT\" 05 00 00 3C [ 11 00 00 01 00 ] s\"moving\" ]";
        MqttClient client = silent("5");
        client.send(connect).expect(2).success();
        client.subscribe("n", 2);
        MqttClient publisher = five("publisher");
        Set<Integer> seen = new TreeSet<>();
        int highest = -1;
        int sent = 0;
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 10; i++) {
                publisher.publish("n", "" + sent, 1 + sent % 2, sent % 3 == 0);
                sent++;
            }
            for (int i = 0; i < round % 7; i++) {
                // Some are acknowledged, the last one is not.
                highest = next(i == round % 7 - 1 ? unanswered(client) : answered(client), seen, highest);
            }
            MqttClient next = silent("5");
            next.send(connect);
            assertThat(next.expect(2).success().sessionPresent()).isTrue();
            client = next;
        }
        while (seen.size() < sent) {
            highest = next(answered(client), seen, highest);
        }
        for (MqttPacket packet = client.send("C0 00").next(); packet.type() != 13; packet = client.next()) {
            assertThat(packet.type()).isEqualTo(6);
        }
    }

    private static MqttPacket unanswered(MqttClient client) throws IOException {
        MqttPacket packet = client.next();
        while (packet.type() == 6) {
            client.send(String.format("70 02 %02X %02X", packet.packetId() >> 8, packet.packetId() & 255));
            packet = client.next();
        }
        assertThat(packet.type()).isEqualTo(3);
        return packet;
    }

    private static MqttPacket answered(MqttClient client) throws IOException {
        MqttPacket packet = unanswered(client);
        client.send(String.format(
                "%s 02 %02X %02X", packet.qos() == 1 ? "40" : "50", packet.packetId() >> 8, packet.packetId() & 255));
        return packet;
    }

    /** What comes for the first time comes in order; what is marked as repeated was there before, or was on its way. */
    private static int next(MqttPacket packet, Set<Integer> seen, int highest) {
        int number = Integer.parseInt(packet.text());
        if (seen.add(number)) {
            assertThat(number).isEqualTo(highest + 1);
            return number;
        }
        assertThat(packet.dup()).isTrue();
        return highest;
    }
}
