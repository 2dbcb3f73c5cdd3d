// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Terms;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that leave before they have all current rows of a subscription: a client that acknowledges nothing gets no
 * more than its window, so that the rest cannot have been sent.
 */
class InterruptedRowsTest {

    private final List<MqttClient> clients = new ArrayList<>();
    private Node node;
    private MqttClient publisher;

    @BeforeEach
    void start(@TempDir Path directory) throws IOException {
        node = Nodes.in(directory).start();
        publisher = publisher();
    }

    @AfterEach
    void stop() throws IOException {
        for (MqttClient client : clients) {
            client.close();
        }
        node.close();
    }

    private MqttClient publisher() throws IOException {
        MqttClient client = MqttClient.three(node.port("mqtt"), "publisher");
        clients.add(client);
        return client;
    }

    /** A client that lasts and takes so many at once. */
    private MqttClient lasting(boolean present, int window) throws IOException {
        MqttClient client = MqttClient.silent(node.port("mqtt"), "5");
        clients.add(client);
        client.send("10 [ s\"MQTT\" 05 00 00 3C [ 11 FF FF FF FF 21 00 %02X ] s\"away\" ]".formatted(window));
        assertThat(client.expect(2).success().sessionPresent()).isEqualTo(present);
        return client;
    }

    /** Writes so many rows. */
    private void old(int rows) {
        Body body = node.services().bodies().opaque(Body.OPAQUE, "old".getBytes(StandardCharsets.UTF_8));
        List<CompletionStage<Commit>> written = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            dev.tarn.api.data.Path path = dev.tarn.api.data.Path.of(row(i));
            written.add(node.services().resources().put(node.context(), path, body, Terms.NONE));
        }
        written.forEach(Node::await);
    }

    private static String row(int number) {
        return "mine/%03d".formatted(number);
    }

    /** What comes for each topic, in order, until nothing more does. */
    private static Map<String, List<String>> received(MqttClient client, int count) throws IOException {
        Map<String, List<String>> received = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            MqttPacket publish = client.receive();
            received.computeIfAbsent(publish.topic(), topic -> new ArrayList<>())
                    .add(publish.text());
        }
        client.expectNothing();
        return received;
    }

    @ParameterizedTest
    @CsvSource({"20, false", "20, true", "200, false", "200, true"})
    void rows_and_changes_come_once_whenever_the_client_leaves(int rows, boolean restart) throws IOException {
        old(rows);
        MqttClient client = lasting(false, 5);
        client.subscribe("mine/#", 1);
        for (int i = 0; i < 5; i++) {
            assertThat(client.expect(3).topic()).isEqualTo(row(i));
        }
        publisher.publish(row(rows - 1), "beside", 1, true);
        client.disconnect();
        publisher.publish(row(2), "one", 1, true);
        publisher.publish(row(2), "two", 1, true);
        publisher.publish(row(10), "away", 1, true);
        publisher.publish(row(11), "unowed", 0, true);
        publisher.publish("mine/new", "new", 1, true);
        if (restart) {
            node = node.restart();
        }
        MqttClient back = lasting(true, 5);
        Map<String, List<String>> expected = new LinkedHashMap<>();
        for (int i = 0; i < rows; i++) {
            expected.put(row(i), List.of("old"));
        }
        expected.put(row(2), List.of("one", "two"));
        expected.put(row(10), List.of("away"));
        expected.put(row(11), List.of("unowed"));
        expected.put(row(rows - 1), List.of("beside"));
        expected.put("mine/new", List.of("new"));
        assertThat(received(back, rows + 2)).containsExactlyInAnyOrderEntriesOf(expected);
        back.disconnect();
        lasting(true, 5).expectNothing();
    }

    @Test
    void a_client_that_leaves_again_and_again_gets_each_row_once() throws IOException {
        int rows = 120;
        Map<String, List<String>> expected = new LinkedHashMap<>();
        for (int i = 0; i < rows; i++) {
            expected.put(row(i), List.of("old"));
        }
        old(rows);
        MqttClient client = lasting(false, 3);
        client.subscribe("mine/#", 1);
        Map<String, List<String>> received = new LinkedHashMap<>();
        for (int i = 0; i < rows; i++) {
            MqttPacket publish = client.receive();
            received.computeIfAbsent(publish.topic(), topic -> new ArrayList<>())
                    .add(publish.text());
            if (i % 10 == 9) {
                // What is acknowledged is so before the answer to this; of what is under way nothing is.
                client.send("C0 00");
                MqttPacket next = client.next();
                while (next.type() == 3) {
                    next = client.next();
                }
                client.raw().reset();
                client = lasting(true, 3);
            }
        }
        client.expectNothing();
        assertThat(received).containsExactlyInAnyOrderEntriesOf(expected);
    }

    @Test
    void a_row_that_was_under_way_and_has_changed_is_told_by_its_change() throws IOException {
        publisher.publish("mine/1", "old", 1, true);
        MqttClient client = lasting(false, 1);
        client.subscribe("mine/#", 1);
        assertThat(client.expect(3).text()).isEqualTo("old");
        client.disconnect();
        publisher.publish("mine/1", "new", 1, true);
        MqttClient back = lasting(true, 1);
        MqttPacket publish = back.receive();
        assertThat(publish.text() + publish.dup()).isEqualTo("newfalse");
        back.expectNothing();
    }

    @Test
    void the_handshake_of_a_row_that_has_changed_is_seen_through() throws IOException {
        publisher.publish("mine/1", "old", 2, true);
        MqttClient client = lasting(false, 1);
        client.subscribe("mine/#", 2);
        int id = client.expect(3).packetId();
        client.disconnect();
        publisher.publish("mine/1", "new", 2, true);
        MqttClient back = lasting(true, 1);
        MqttPacket pubrel = back.expect(6);
        assertThat(pubrel.packetId()).isEqualTo(id);
        back.send("70 02 %02X %02X".formatted(id >> 8, id & 255));
        assertThat(back.receive().text()).isEqualTo("new");
        back.expectNothing();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_stored_subscription_says_how_far_its_rows_are(boolean begun) {
        Packet.Options options = new Packet.Options(1, false, false, 0);
        Held held = new Held(PacketReader.wish("mine/#", options), 7);
        held.scanOn(
                begun
                        ? new Start.Progress("data.topics", dev.tarn.api.data.Path.of("mine/1"), 5, 9)
                        : Start.Progress.NONE);
        Held read = SubscriptionRow.read(7, SubscriptionRow.of(held));
        assertThat(read.scanning()).isTrue();
        assertThat(read.progress()).isEqualTo(held.progress());
    }

    @Test
    void a_subscription_that_was_stored_before_that_was_said_begins_with_the_first_row() {
        Held read = SubscriptionRow.read(
                7, Map.of("filter", "mine/#", "qos", 1L, "since", 1L, "start", 2L, "scanning", true));
        assertThat(read.scanning()).isTrue();
        assertThat(read.progress()).isEqualTo(Start.Progress.NONE);
    }
}
