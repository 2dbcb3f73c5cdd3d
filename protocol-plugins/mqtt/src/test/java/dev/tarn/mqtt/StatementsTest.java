// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Statements of the specifications that no other test is about; CONFORMANCE.md says which. */
class StatementsTest extends WireTest {

    private static final String FOR_EVER = "11 FF FF FF FF";

    private MqttClient watcher;

    @BeforeEach
    void watch() throws IOException {
        watcher = five("watcher");
        watcher.subscribe("t/#", 2);
    }

    private MqttClient again(String clientId) throws IOException {
        MqttClient client = silent("5");
        client.send("10 [ s\"MQTT\" 05 00 00 3C [ " + FOR_EVER + " ] s\"" + clientId + "\" ]");
        assertThat(client.expect(2).success().sessionPresent()).isTrue();
        return client;
    }

    private static String id(MqttPacket packet) {
        return String.format("%02X %02X", packet.packetId() >> 8, packet.packetId() & 255);
    }

    @Test
    void a_byte_order_mark_is_part_of_a_topic() throws IOException {
        MqttClient client = five("marks");
        client.subscribe("t/\uFEFFx", 0);
        client.publish("t/x", "no", 1, false);
        client.publish("t/\uFEFFx", "yes", 1, false);
        MqttPacket packet = client.receive();
        assertThat(packet.text()).isEqualTo("yes");
        assertThat(packet.topic()).isEqualTo("t/\uFEFFx");
    }

    @Test
    void response_information_is_never_sent() throws IOException {
        for (String asked : List.of("19 00", "19 01")) {
            MqttClient client = silent("5");
            client.send("10 [ s\"MQTT\" 05 02 00 3C [ " + asked + " ] s\"asking\" ]");
            assertThat(client.expect(2).success().property(0x1A)).isNull();
        }
    }

    @Test
    void who_wants_no_problem_information_gets_none() throws IOException {
        MqttClient quiet = five("quiet", "17 00");
        quiet.sendPublish("$SYS/x", new byte[0], 1, false, "");
        MqttPacket refused = quiet.expect(4);
        assertThat(refused.reason()).isEqualTo(0x90);
        assertThat(refused.properties()).isEmpty();
        MqttClient curious = five("curious", "17 01");
        curious.sendPublish("$SYS/x", new byte[0], 1, false, "");
        assertThat(curious.expect(4).property(0x1F)).isNotNull();
    }

    @Test
    void an_authentication_method_is_refused_and_what_follows_is_not_read() throws IOException {
        MqttClient client = silent("5");
        client.send("10 [ s\"MQTT\" 05 02 00 3C [ 15 s\"PALM-READING\" ] s\"palm\" ] 30 [ s\"t/a\" [ ] \"x\" ]");
        MqttPacket connack = client.expect(2);
        assertThat(connack.reason()).isEqualTo(0x8C);
        assertThat(connack.sessionPresent()).isFalse();
        client.raw().expectClosed();
        watcher.expectNothing();
    }

    @Test
    void nobody_is_asked_to_authenticate_who_did_not_offer_to() throws IOException {
        MqttClient client = silent("5");
        client.send("10 [ s\"MQTT\" 05 02 00 3C [ ] s\"plain\" ]");
        MqttPacket connack = client.expect(2).success();
        assertThat(connack.property(0x15)).isNull();
        assertThat(connack.property(0x16)).isNull();
    }

    @Test
    void any_identifier_of_the_specification_is_taken() throws IOException {
        String letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        for (int length = 1; length <= 23; length++) {
            String id = letters.substring(length, length * 2);
            five(id).disconnect();
            three(id).disconnect();
        }
        three(letters.substring(39)).disconnect();
    }

    @Test
    void wrong_credentials_are_answered_and_closed(@TempDir Path directory) throws IOException {
        try (Node locked = Nodes.in(directory).passwords().start()) {
            for (String version : List.of("5", "3.1.1")) {
                boolean five = version.equals("5");
                try (MqttClient client = MqttClient.silent(locked.port("mqtt"), version)) {
                    client.send("10 [ s\"MQTT\" " + (five ? "05" : "04") + " C2 00 3C " + (five ? "[ ]" : "")
                            + " s\"c\" s\"admin\" s\"guess\" ] C0 00");
                    MqttPacket connack = client.expect(2);
                    assertThat(connack.reason()).isEqualTo(five ? 0x86 : 4);
                    assertThat(connack.sessionPresent()).isFalse();
                    client.raw().expectClosed();
                }
            }
        }
    }

    @Test
    void the_flag_of_a_repeated_publish_is_not_passed_on() throws IOException {
        MqttClient client = five("repeating");
        client.send("3A [ s\"t/a\" 00 01 [ ] \"x\" ]").expect(4);
        MqttPacket packet = watcher.receive();
        assertThat(packet.text()).isEqualTo("x");
        assertThat(packet.dup()).isFalse();
    }

    @Test
    void aliases_end_with_their_connection() throws IOException {
        MqttClient client = five("alias", FOR_EVER);
        client.send("30 [ s\"t/a\" [ 23 00 01 ] \"x\" ]");
        assertThat(watcher.receive().text()).isEqualTo("x");
        client.disconnect();
        MqttClient back = again("alias");
        back.send("30 [ s\"\" [ 23 00 01 ] \"y\" ]");
        assertThat(back.expect(14).reason()).isEqualTo(0x82);
        watcher.expectNothing();
    }

    @Test
    void an_answer_to_nothing_is_told_so() throws IOException {
        MqttClient client = five("confused");
        for (MqttPacket answer : List.of(
                client.send("62 02 00 09").expect(7), client.send("50 02 00 09").expect(6))) {
            assertThat(answer.reason()).isEqualTo(0x92);
            assertThat(answer.property(0x1F)).isEqualTo("packet identifier not found");
        }
    }

    @Test
    void what_was_sent_is_finished_after_an_unsubscribe() throws IOException {
        MqttClient client = five("leaving");
        client.subscribe("t/a", 2);
        five("publisher").publish("t/a", "x", 2, false);
        MqttPacket packet = client.expect(3);
        client.send("A2 [ 00 01 [ ] s\"t/a\" ]").expect(11);
        assertThat(client.send("50 02 " + id(packet)).expect(6).reason()).isZero();
        client.send("70 02 " + id(packet)).expectNothing();
    }

    @Test
    void an_unsubscribe_has_an_answer_for_each_filter() throws IOException {
        MqttClient client = five("unsubscribing");
        client.subscribe("t/a", 0);
        client.send("A2 [ 12 34 [ ] s\"t/a\" s\"t/b\" s\"t/A\" s\"t/a\" ]");
        byte[] answer = client.expect(11).content();
        assertThat(answer).startsWith(0x12, 0x34).endsWith(0, 0x11, 0x11, 0x11);
        assertThat(new String(answer, StandardCharsets.UTF_8))
                .contains("filter 2: no subscription existed, 3: no subscription existed");
        MqttClient older = three("unsubscribing older");
        older.send("A2 [ 12 34 s\"t/a\" s\"t/b\" ]");
        assertThat(older.expect(11).content()).containsExactly(0x12, 0x34);
    }

    @Test
    void nothing_but_a_connack_comes_before_one() throws IOException {
        MqttClient wrong = silent("5");
        wrong.send("10 [ s\"MQTT\" 05 03 00 3C [ ] s\"c\" ]");
        assertThat(wrong.expect(2).reason()).isEqualTo(0x81);
        wrong.raw().expectClosed();
        MqttClient early = silent("5");
        early.send("C0 00");
        early.raw().expectClosed();
    }

    @Test
    void an_identifier_is_free_again_once_it_is_answered() throws IOException {
        MqttClient client = five("frugal");
        for (int qos = 1; qos <= 2; qos++) {
            for (String text : List.of("first", "second")) {
                client.publish("t/a", text, qos, false);
                assertThat(watcher.receive().text()).isEqualTo(text);
            }
        }
    }

    @Test
    void a_refused_identifier_is_free_again() throws IOException {
        MqttClient client = five("refused");
        assertThat(client.publish("$SYS/x", "no", 2, false)).isEqualTo(0x90);
        assertThat(client.publish("t/a", "yes", 2, false)).isZero();
        assertThat(watcher.receive().text()).isEqualTo("yes");
    }

    @Test
    void what_was_sent_once_does_not_expire() throws IOException {
        MqttClient client = five("late", FOR_EVER);
        client.subscribe("t/late", 2);
        MqttClient publisher = five("publisher");
        publisher
                .sendPublish("t/late", new byte[] {'x'}, 2, false, "02 00 00 0E 10")
                .expect(5);
        MqttPacket first = client.expect(3);
        client.raw().reset();
        later(Duration.ofHours(2));
        MqttPacket second = again("late").receive();
        assertThat(second.packetId()).isEqualTo(first.packetId());
        assertThat(second.dup()).isTrue();
    }

    @Test
    void an_expired_publish_is_acknowledged_to_the_end() throws IOException {
        MqttClient publisher = five("publisher");
        publisher
                .sendPublish("t/a", new byte[] {'x'}, 2, false, "02 00 00 0E 10")
                .expect(5);
        later(Duration.ofHours(2));
        assertThat(publisher.send("62 02 00 37").expect(7).reason()).isZero();
    }

    @Test
    void what_a_client_refuses_is_not_sent_again() throws IOException {
        MqttClient client = five("choosy", FOR_EVER);
        client.subscribe("t/1", 1);
        client.subscribe("t/2", 2);
        MqttClient publisher = five("publisher");
        publisher.publish("t/1", "x", 1, false);
        publisher.publish("t/2", "x", 2, false);
        client.send("40 03 " + id(client.expect(3)) + " 80");
        client.send("50 03 " + id(client.expect(3)) + " 83");
        client.expectNothing();
        client.raw().reset();
        again("choosy").expectNothing();
    }

    @Test
    void releases_keep_the_order_of_what_they_answer() throws IOException {
        MqttClient client = five("ordered");
        client.subscribe("t/o", 2);
        MqttClient publisher = five("publisher");
        StringBuilder answers = new StringBuilder();
        int[] ids = new int[4];
        for (int i = 0; i < ids.length; i++) {
            publisher.publish("t/o", "" + i, 2, false);
            MqttPacket packet = client.expect(3);
            ids[i] = packet.packetId();
            answers.append(" 50 02 ").append(id(packet));
        }
        client.send(answers.toString());
        for (int id : ids) {
            assertThat(client.expect(6).packetId()).isEqualTo(id);
        }
    }

    @Test
    void a_refused_publish_of_three_is_acknowledged() throws IOException {
        MqttClient client = three("older");
        assertThat(client.publish("$SYS/x", "no", 1, false)).isZero();
        assertThat(client.publish("t/a", "yes", 1, false)).isZero();
        assertThat(watcher.receive().text()).isEqualTo("yes");
    }

    @Test
    void an_answer_larger_than_the_client_takes_is_not_sent() throws IOException {
        MqttClient small = five("small", "27 00 00 00 14");
        small.send("82 [ 00 01 [ ]" + " s\"a\" 00".repeat(20) + " ]");
        assertThat(small.expect(14).reason()).isEqualTo(0x95);
        MqttClient tiny = silent("5");
        tiny.send("10 [ s\"MQTT\" 05 02 00 3C [ 27 00 00 00 05 ] s\"tiny\" ]");
        tiny.raw().expectClosed();
    }

    @Test
    void its_names_over_websocket_are_those_of_the_specification() {
        assertThat(node().services().streams().get(0).subprotocols()).contains("mqtt", "mqttv3.1");
    }

    @Test
    void a_publish_of_three_that_cannot_be_kept_ends_its_connection(@TempDir Path directory) throws Exception {
        try (Node other = Nodes.in(directory, settings()).start();
                MqttClient client = MqttClient.three(other.port("mqtt"), "unlucky")) {
            ((AutoCloseable) other.services().store()).close();
            client.sendPublish("t", "x".getBytes(StandardCharsets.UTF_8), 1, true, "");
            client.raw().expectClosed();
        }
    }
}
