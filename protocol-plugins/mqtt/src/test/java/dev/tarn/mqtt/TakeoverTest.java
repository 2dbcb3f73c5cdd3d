// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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
            for (int i = 0; i < STORM; i++) {
                MqttClient client = MqttClient.silent(port(), "5");
                storm.add(client);
                client.send("10 [ s\"MQTT\" 05 02 00 3C [ ] s\"hot\" ]");
                if (i % 100 == 0) {
                    assertThat(other.publish("t", "" + i, 1, false)).isZero();
                    assertThat(other.receive().text()).isEqualTo("" + i);
                }
            }
            // Whose turn is when is not said; but all of them were let in or turned away.
            List<Boolean> accepted = new ArrayList<>();
            for (MqttClient client : storm) {
                accepted.add(accepted(client));
            }
            assertThat(accepted).contains(true);
            MqttClient last = five("hot");
            for (int i = 0; i < STORM; i++) {
                byte[] goodbye = storm.get(i).raw().readToEnd();
                if (accepted.get(i)) {
                    // It is told who has come.
                    assertThat(goodbye).containsExactly(0xE0, 0x02, 0x8E, 0x00);
                } else {
                    assertThat(goodbye).isEmpty();
                }
            }
            last.expectNothing();
        } finally {
            for (MqttClient client : storm) {
                client.close();
            }
        }
    }

    private static boolean accepted(MqttClient client) throws IOException {
        try {
            client.expect(2).success();
            return true;
        } catch (EOFException another) {
            return false; // came before it was its turn
        }
    }

    @Test
    void what_a_client_says_over_one_connection_after_another_arrives_in_order() throws IOException {
        MqttClient listener = five("listener");
        listener.subscribe("o/#", 2);
        String connect = "10 [ s\"MQTT\" 05 00 00 3C [ 11 00 00 01 00 ] s\"talker\" ]";
        int said = 0;
        for (int connection = 0; connection < 10; connection++) {
            MqttClient talker = silent("5");
            talker.send(connect).expect(2).success();
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 20; i++) {
                said++;
                // Rows wait for the disk and messages of quality 0 for nothing, but for what was said before.
                String rest = String.format("00 %02X [ ] \"%d\" ] ", said, said);
                all.append(
                        switch (said % 4) {
                            case 0 -> "33 [ s\"o/row\" " + rest;
                            case 1 -> "30 [ s\"o/message\" " + rest.substring(6);
                            case 2 -> "34 [ s\"o/twice\" " + rest;
                            default -> "32 [ s\"o/once\" " + rest;
                        });
            }
            talker.send(all.toString());
            if (connection == 9) {
                // What the server has not read when a client is taken over is gone, but all of the last comes.
                talker.expect(5);
            }
        }
        int last = 0;
        int heard = 0;
        while (last < said) {
            int number = Integer.parseInt(listener.receive().text());
            assertThat(number).isGreaterThan(last);
            last = number;
            heard++;
        }
        assertThat(heard).isGreaterThanOrEqualTo(20);
        listener.expectNothing();
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
        assertThat(packet.retain()).isFalse();
        if (seen.add(number)) {
            assertThat(number).isEqualTo(highest + 1);
            return number;
        }
        assertThat(packet.dup()).isTrue();
        return highest;
    }
}
