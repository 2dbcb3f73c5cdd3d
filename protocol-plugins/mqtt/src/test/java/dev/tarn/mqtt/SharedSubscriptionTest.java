// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shared subscriptions whose members come and go. */
class SharedSubscriptionTest {

    private static final String FILTER = "$share/workers/jobs/#";

    private final List<MqttClient> clients = new ArrayList<>();
    private Node node;

    @BeforeEach
    void start(@TempDir Path directory) {
        node = Nodes.in(directory).start();
    }

    @AfterEach
    void stop() throws IOException {
        for (MqttClient client : clients) {
            client.close();
        }
        node.close();
    }

    private MqttClient lasting(String clientId, boolean present) throws IOException {
        return lasting(clientId, present, "");
    }

    private MqttClient lasting(String clientId, boolean present, String properties) throws IOException {
        MqttClient client = MqttClient.silent(node.port("mqtt"), "5");
        clients.add(client);
        client.send("10 [ s\"MQTT\" 05 00 00 3C [ 11 FF FF FF FF " + properties + " ] s\"" + clientId + "\" ]");
        assertThat(client.expect(2).success().sessionPresent()).isEqualTo(present);
        return client;
    }

    private MqttClient brief(String clientId) throws IOException {
        MqttClient client = MqttClient.five(node.port("mqtt"), clientId);
        clients.add(client);
        return client;
    }

    private void publish(int from, int to, int qos) throws IOException {
        MqttClient publisher = brief("publisher");
        publish(publisher, from, to, qos);
        publisher.disconnect();
    }

    /** Publishes, at most a hundred at once, and waits until all are acknowledged. */
    private static void publish(MqttClient publisher, int from, int to, int qos) throws IOException {
        for (int next = from; next < to; next += 100) {
            int end = Math.min(to, next + 100);
            for (int i = next; i < end; i++) {
                String id = qos == 0 ? "" : id(1 + i - next);
                publisher.send(String.format("%02X [ s\"jobs/%d\" %s [ ] \"job %d\" ]", 0x30 | qos << 1, i, id, i));
            }
            for (int i = next; qos > 0 && i < end; i++) {
                assertThat(publisher.expect(qos == 1 ? 4 : 5).packetId()).isEqualTo(1 + i - next);
            }
            for (int i = next; qos == 2 && i < end; i++) {
                publisher.send("62 02 " + id(1 + i - next));
            }
            for (int i = next; qos == 2 && i < end; i++) {
                publisher.expect(7);
            }
        }
    }

    private static List<String> receive(MqttClient client, int count) throws IOException {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(client.receive().text());
        }
        return texts;
    }

    private static List<String> jobs(int from, int to) {
        List<String> texts = new ArrayList<>();
        for (int i = from; i < to; i++) {
            texts.add("job " + i);
        }
        return texts;
    }

    @Test
    void members_take_turns() throws IOException {
        MqttClient one = brief("one");
        MqttClient two = lasting("two", false);
        one.subscribe(FILTER, 1);
        two.subscribe(FILTER, 2);
        publish(0, 10, 1);
        List<String> all = receive(one, 5);
        all.addAll(receive(two, 5));
        assertThat(all).containsExactlyInAnyOrderElementsOf(jobs(0, 10));
        one.expectNothing();
        two.expectNothing();
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "1, true", "2, true"})
    void what_came_while_every_member_was_away_goes_to_whoever_comes_first(int qos, boolean restart)
            throws IOException {
        lasting("one", false).subscribe(FILTER, 2);
        lasting("two", false).subscribe(FILTER, 2);
        for (MqttClient client : clients) {
            client.disconnect();
        }
        publish(0, 200, qos);
        if (restart) {
            node = node.restart();
        }
        MqttClient one = lasting("one", true);
        assertThat(receive(one, 200)).isEqualTo(jobs(0, 200));
        MqttClient two = lasting("two", true);
        two.expectNothing();
        publish(200, 210, qos);
        List<String> all = receive(one, 5);
        all.addAll(receive(two, 5));
        assertThat(all).containsExactlyInAnyOrderElementsOf(jobs(200, 210));
        one.disconnect();
        two.disconnect();
        if (restart) {
            node = node.restart();
        }
        two = lasting("two", true);
        one = lasting("one", true);
        one.expectSilence(Duration.ofMillis(300));
        two.expectNothing();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_a_member_did_not_acknowledge_goes_to_another_when_it_leaves(boolean otherIsThere) throws IOException {
        MqttClient one = brief("one");
        one.subscribe(FILTER, 1);
        MqttClient two = lasting("two", false);
        two.subscribe(FILTER, 1);
        two.disconnect();
        publish(0, 3, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(one.expect(3).dup()).isFalse();
        }
        if (otherIsThere) {
            two = lasting("two", true);
            two.expectNothing();
        }
        one.raw().reset();
        if (!otherIsThere) {
            two = lasting("two", true);
        }
        assertThat(receive(two, 3)).isEqualTo(jobs(0, 3));
        two.expectNothing();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_was_sent_to_a_lasting_member_at_twice_is_finished_with_that_one(boolean restart) throws IOException {
        MqttClient one = lasting("one", false);
        one.subscribe(FILTER, 2);
        publish(0, 2, 2);
        MqttPacket first = one.expect(3);
        one.expect(3);
        one.raw().reset();
        if (restart) {
            node = node.restart();
        }
        MqttClient two = lasting("two", false);
        two.subscribe(FILTER, 2);
        two.expectSilence(Duration.ofMillis(300));
        one = lasting("one", true);
        MqttPacket again = one.receive();
        assertThat(again.dup()).isTrue();
        assertThat(again.packetId()).isEqualTo(first.packetId());
        assertThat(one.receive().text()).isEqualTo("job 1");
        one.expectNothing();
        two.expectNothing();
    }

    @Test
    void a_message_at_twice_that_was_sent_is_not_sent_to_another_when_its_session_ends() throws IOException {
        MqttClient one = brief("one");
        one.subscribe(FILTER, 2);
        MqttClient two = brief("two");
        publish(0, 1, 2);
        one.expect(3);
        two.subscribe(FILTER, 2);
        one.disconnect();
        publish(1, 2, 2);
        assertThat(receive(two, 1)).isEqualTo(jobs(1, 2));
        two.expectNothing();
    }

    @Test
    void a_member_that_refuses_a_message_ends_it() throws IOException {
        MqttClient one = brief("one");
        one.subscribe(FILTER, 1);
        MqttClient two = brief("two");
        publish(0, 1, 1);
        MqttPacket refused = one.expect(3);
        two.subscribe(FILTER, 1);
        one.send(String.format("40 03 00 %02X 83", refused.packetId())).expectNothing();
        one.raw().reset();
        two.expectSilence(Duration.ofMillis(300));
    }

    @Test
    void a_member_that_is_full_is_passed_over() throws IOException {
        MqttClient slow = lasting("slow", false, "21 00 01");
        slow.subscribe(FILTER, 1);
        MqttClient fast = brief("fast");
        fast.subscribe(FILTER, 1);
        slow.expectNothing();
        MqttClient publisher = brief("publisher");
        List<String> seen = new ArrayList<>();
        publish(publisher, 0, 150, 1);
        for (int i = 150; i < 300; i++) {
            publish(publisher, i, i + 1, 1);
            seen.add(fast.receive().text());
        }
        assertThat(seen).hasSize(150);
        fast.expect(3);
    }

    @Test
    void the_last_member_to_unsubscribe_ends_the_group() throws IOException {
        MqttClient one = lasting("one", false);
        one.subscribe(FILTER, 1);
        one.send("A2 [ 00 01 [ ] s\"" + FILTER + "\" ]").expect(11);
        publish(0, 3, 1);
        one.subscribe(FILTER, 1);
        one.expectSilence(Duration.ofMillis(200));
        publish(3, 4, 1);
        assertThat(receive(one, 1)).isEqualTo(jobs(3, 4));
    }

    @Test
    void a_subscription_of_ones_own_is_another_matter() throws IOException {
        MqttClient one = brief("one");
        one.subscribe(FILTER, 1, "0B 07");
        one.subscribe("jobs/#", 1, "0B 08");
        publish(0, 1, 1);
        List<Long> identifiers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            identifiers.add(one.receive().number(0x0B));
        }
        assertThat(identifiers).containsExactlyInAnyOrder(7L, 8L);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void what_comes_faster_than_its_members_take_it_is_not_lost(int qos, @TempDir Path other) throws IOException {
        node.close();
        node = Nodes.in(other)
                .configure("engine", "mailbox_changes", 10)
                .configure("loops", "count", 2)
                .start();
        MqttClient one = brief("one");
        one.subscribe(FILTER, qos);
        MqttClient two = brief("two");
        two.subscribe(FILTER, qos);
        // Nobody acknowledges meanwhile: members have room for a few and the mailbox for ten.
        publish(0, 1_500, qos);
        Set<String> seen = new HashSet<>();
        for (MqttClient reading = one; seen.size() < 1_500; reading = reading == one ? two : one) {
            reading.send("C0 00");
            MqttPacket packet = reading.next();
            while (packet.type() != 13) {
                if (packet.type() == 3) {
                    assertThat(seen.add(packet.text())).as(packet.text()).isTrue();
                    reading.send(answer(qos == 1 ? 0x40 : 0x50, packet));
                } else {
                    reading.send(answer(0x70, packet));
                }
                packet = reading.next();
            }
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(jobs(0, 1_500));
        publish(1_500, 1_510, 0);
        assertThat(node.services().meter().traffic("mqtt").dropped.sum()).isZero();
    }

    private static String answer(int first, MqttPacket packet) {
        return String.format("%02X 02 ", first) + id(packet.packetId());
    }

    private static String id(int packetId) {
        return String.format("%02X %02X", packetId >> 8, packetId & 255);
    }
}
