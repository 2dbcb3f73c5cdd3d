// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishTest extends WireTest {

    @Override
    Map<String, ?> settings() {
        return Map.of("receiveMaximum", 10, "topicAliasMaximum", 3);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "0,1", "0,2", "1,0", "1,1", "1,2", "2,0", "2,1", "2,2"})
    void the_lesser_quality_of_service_is_delivered(int published, int subscribed) throws IOException {
        String topic = "qos/" + published + subscribed;
        for (MqttClient subscriber : List.of(three("q3"), five("q5"))) {
            assertThat(subscriber.subscribe(topic, subscribed)).isEqualTo(subscribed);
            MqttClient publisher = three("publisher");
            assertThat(publisher.publish(topic, "hello", published, false)).isZero();
            MqttPacket got = subscriber.receive();
            assertThat(got.topic()).isEqualTo(topic);
            assertThat(got.text()).isEqualTo("hello");
            assertThat(got.qos()).isEqualTo(Math.min(published, subscribed));
            assertThat(got.retain()).isFalse();
            assertThat(got.dup()).isFalse();
            subscriber.expectNothing();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "//",
                "/a",
                "a/",
                "///",
                " ",
                "a b",
                "a//b",
                "$",
                "$a/b",
                "x$",
                "ü/漢字/🦆",
                "\uFEFFbom",
                "\u0001control",
                "Case",
                "case",
                "..",
                "a/../b",
                "%2F",
                "\\",
                "\"quoted\"",
                "'",
                "<script>",
                "sensors.json",
                "-"
            })
    void any_topic_is_a_place_for_messages_and_rows(String topic) throws IOException {
        byte[] payload = {0, (byte) 0xFF, (byte) 0xC0, (byte) 0x80, 1};
        MqttClient live = five("live");
        live.subscribe(topic, 1);
        MqttClient publisher = three("publisher");
        publisher.publish(topic, payload, 1, false);
        assertThat(live.receive().payload()).isEqualTo(payload);
        publisher.publish(topic, payload, 1, true);
        MqttPacket put = live.receive();
        assertThat(put.topic()).isEqualTo(topic);
        assertThat(put.payload()).isEqualTo(payload);
        assertThat(put.retain()).isFalse();
        MqttClient late = three("late");
        late.subscribe(topic, 1);
        MqttPacket row = late.receive();
        assertThat(row.topic()).isEqualTo(topic);
        assertThat(row.payload()).isEqualTo(payload);
        assertThat(row.retain()).isTrue();
        publisher.publish(topic, "", 1, false);
        assertThat(live.receive().payload()).isEmpty();
        assertThat(late.receive().payload()).isEmpty();
        MqttClient after = three("after");
        after.subscribe(topic, 1);
        assertThat(after.receive().payload()).isEqualTo(payload); // a message leaves the row as it is
        publisher.publish(topic, "", 1, true);
        assertThat(live.receive().payload()).isEmpty();
        assertThat(late.receive().payload()).isEmpty();
        MqttPacket deleted = after.receive();
        assertThat(deleted.payload()).isEmpty();
        assertThat(deleted.retain()).isFalse();
        MqttClient later = three("later");
        later.subscribe(topic, 1);
        later.expectNothing();
    }

    @Test
    void the_longest_topic_works() throws IOException {
        for (String topic : List.of("t".repeat(65_535), "/".repeat(65_535), "a/".repeat(32_767) + "b")) {
            MqttClient exact = three("exact");
            exact.subscribe(topic, 0);
            MqttClient all = three("all");
            all.subscribe("#", 0);
            MqttClient publisher = three("publisher");
            publisher.publish(topic, "x", 1, true);
            assertThat(exact.receive().topic()).isEqualTo(topic);
            assertThat(all.receive().topic()).isEqualTo(topic);
            publisher.publish(topic, "", 1, true);
            assertThat(exact.receive().payload()).isEmpty();
            assertThat(all.receive().payload()).isEmpty();
            publisher.expectNothing();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 127, 128, 16_383, 16_384, 300_000, 2_097_152, 8_000_000})
    void any_payload_comes_out_as_it_went_in(int size) throws IOException {
        byte[] payload = new byte[size];
        new Random(size).nextBytes(payload);
        MqttClient three = three("three");
        three.subscribe("size/#", 1);
        MqttClient five = five("five");
        five.subscribe("size/#", 2);
        MqttClient publisher = five("publisher");
        assertThat(publisher.publish("size/m", payload, 2, false)).isZero();
        same(three, payload);
        same(five, payload);
        if (size > 0) {
            assertThat(publisher.publish("size/r", payload, 1, true)).isZero();
            same(three, payload);
            same(five, payload);
            MqttClient late = three("late");
            late.subscribe("size/r", 0);
            same(late, payload);
        }
    }

    /** Says no more than that payloads differ, since they are large. */
    private static void same(MqttClient client, byte[] payload) throws IOException {
        assertThat(Arrays.equals(client.receive().payload(), payload)).isTrue();
    }

    @Test
    void a_packet_above_the_maximum_is_refused_by_its_head() throws IOException {
        MqttClient client = five("large");
        client.send("30 81 80 80 08");
        assertThat(client.expect(14).reason()).isEqualTo(0x95);
    }

    @Test
    void properties_go_through_in_order_and_come_back_with_the_row() throws IOException {
        String properties =
                "01 01 02 00 00 00 64 03 s\"text/plain\" 08 s\"reply/to\" 09 00 02 01 02 26 s\"b\" s\"1\" 26 s\"a\" s\"2\" 26 s\"b\" s\"3\"";
        MqttClient live = five("live");
        live.subscribe("p/#", 1);
        MqttClient publisher = five("publisher");
        publisher.sendPublish("p/r", "text".getBytes(StandardCharsets.UTF_8), 1, true, properties);
        assertThat(publisher.expect(4).reason()).isZero();
        MqttClient late = five("late");
        late.subscribe("p/r", 1);
        for (MqttPacket got : List.of(live.receive(), late.receive())) {
            assertThat(got.text()).isEqualTo("text");
            assertThat(got.number(0x01)).isEqualTo(1);
            assertThat(got.number(0x02)).isBetween(1L, 100L);
            assertThat(got.property(0x03)).isEqualTo("text/plain");
            assertThat(got.property(0x08)).isEqualTo("reply/to");
            assertThat((byte[]) got.property(0x09)).containsExactly(1, 2);
            assertThat(got.properties().stream().filter(one -> one.id() == 0x26).map(MqttPacket.Property::value))
                    .containsExactly(List.of("b", "1"), List.of("a", "2"), List.of("b", "3"));
        }
    }

    @Test
    void a_message_that_expired_is_not_delivered() throws IOException {
        MqttClient publisher = five("publisher");
        publisher.sendPublish("e/r", new byte[] {1}, 1, true, "02 00 00 00 01");
        assertThat(publisher.expect(4).reason()).isZero();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (node().row("e/r").isPresent()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
        MqttClient late = five("late");
        late.subscribe("e/r", 1);
        late.expectNothing();
    }

    @Test
    void an_alias_stands_for_its_topic_until_it_is_set_again() throws IOException {
        MqttClient live = three("live");
        live.subscribe("al/#", 0);
        MqttClient publisher = five("publisher");
        publisher.send("30 [ s\"al/1\" [ 23 00 01 ] \"a\" ] 30 [ s\"al/2\" [ 23 00 03 ] \"b\" ]");
        publisher.send(
                "30 [ s\"\" [ 23 00 01 ] \"c\" ] 30 [ s\"al/3\" [ 23 00 01 ] \"d\" ] 30 [ s\"\" [ 23 00 01 ] \"e\" ]");
        assertThat(List.of(live.receive(), live.receive(), live.receive(), live.receive(), live.receive()))
                .extracting(packet -> packet.topic() + packet.text())
                .containsExactly("al/1a", "al/2b", "al/1c", "al/3d", "al/3e");
        publisher.send("30 [ s\"al/4\" [ 23 00 04 ] \"f\" ]");
        assertThat(publisher.expect(14).reason()).isEqualTo(0x94);
    }

    @Test
    void the_server_uses_aliases_where_the_client_allows_them() throws IOException {
        MqttClient live = five("live", "22 00 02");
        live.subscribe("as/#", 0);
        MqttClient publisher = three("publisher");
        for (String topic : List.of("as/1", "as/2", "as/3", "as/1", "as/2", "as/3")) {
            publisher.publish(topic, topic, 0, false);
        }
        assertThat(List.of(
                        live.receive(), live.receive(), live.receive(), live.receive(), live.receive(), live.receive()))
                .extracting(packet -> packet.topic() + " " + packet.property(0x23) + " " + packet.text())
                .containsExactly(
                        "as/1 1 as/1", "as/2 2 as/2", "as/3 null as/3", " 1 as/1", " 2 as/2", "as/3 null as/3");
    }

    @Test
    void a_packet_identifier_of_quality_two_counts_once_until_it_is_released() throws IOException {
        MqttClient live = three("live");
        live.subscribe("q2/#", 0);
        MqttClient publisher = three("publisher");
        publisher.send("34 [ s\"q2/1\" 00 07 \"a\" ]").expect(5);
        publisher.send("3C [ s\"q2/1\" 00 07 \"a\" ]").expect(5);
        publisher.send("34 [ s\"q2/1\" 00 07 \"other\" ]").expect(5);
        publisher.send("62 02 00 07").expect(7);
        publisher.send("62 02 00 07").expect(7);
        publisher.send("34 [ s\"q2/1\" 00 07 \"b\" ]").expect(5);
        assertThat(live.receive().text() + live.receive().text()).isEqualTo("ab");
        live.expectNothing();
        MqttClient five = five("five");
        five.send("62 02 00 07");
        assertThat(five.expect(7).reason()).isEqualTo(0x92);
    }

    @Test
    void more_than_the_receive_maximum_unreleased_is_too_much() throws IOException {
        MqttClient publisher = five("publisher");
        for (int i = 1; i <= 10; i++) {
            publisher.send("34 [ s\"rm\" 00 " + String.format("%02X", i) + " [ ] \"x\" ]");
            assertThat(publisher.expect(5).reason()).isZero();
        }
        publisher.send("62 02 00 01").expect(7);
        publisher.send("34 [ s\"rm\" 00 01 [ ] \"x\" ]").expect(5);
        publisher.send("34 [ s\"rm\" 00 0B [ ] \"x\" ]");
        assertThat(publisher.expect(14).reason()).isEqualTo(0x93);
    }

    @Test
    void acknowledgements_keep_the_order_of_the_publishes() throws IOException {
        MqttClient publisher = three("publisher");
        StringBuilder all = new StringBuilder();
        for (int i = 1; i <= 200; i++) {
            String id = String.format(" 00 %02X ", i);
            all.append(i % 3 == 0 ? "33 [ s\"o/" + i + "\"" : "32 [ s\"o/m\"")
                    .append(id)
                    .append("\"x\" ] ");
        }
        publisher.send(all.toString());
        for (int i = 1; i <= 200; i++) {
            assertThat(publisher.expect(4).packetId()).isEqualTo(i);
        }
    }

    @Test
    void one_publishers_messages_and_rows_arrive_in_its_order() throws IOException {
        MqttClient live = five("live");
        live.subscribe("order/#", 2);
        MqttClient publisher = three("publisher");
        StringBuilder all = new StringBuilder();
        for (int i = 1; i <= 90; i++) {
            String id = String.format(" 00 %02X ", i);
            String payload = "\"" + i + "\" ] ";
            all.append(
                    switch (i % 3) {
                        case 0 -> "30 [ s\"order/a\" " + payload;
                        case 1 -> "33 [ s\"order/b\"" + id + payload;
                        default -> "32 [ s\"order/c\"" + id + payload;
                    });
        }
        publisher.send(all.toString());
        for (int i = 1; i <= 90; i++) {
            assertThat(live.receive().text()).isEqualTo(String.valueOf(i));
        }
    }

    @Test
    void messages_of_quality_0_keep_the_order_of_each_publisher_on_every_topic() throws IOException {
        MqttClient live = five("live");
        live.subscribe("many/+", 0);
        List<MqttClient> publishers = List.of(five("p0"), three("p1"), five("p2"));
        for (int batch = 0; batch < 50; batch++) {
            for (int p = 0; p < 3; p++) {
                StringBuilder all = new StringBuilder();
                for (int i = 0; i < 20; i++) {
                    String properties = p == 1 ? "" : "[ ] ";
                    all.append(
                            "30 [ s\"many/" + i % 2 + "\" " + properties + "\"" + p + " " + (batch * 20 + i) + "\" ] ");
                }
                publishers.get(p).send(all.toString());
            }
        }
        int[] next = new int[3];
        for (int i = 0; i < 3_000; i++) {
            String[] words = live.expect(3).text().split(" ", 2);
            int publisher = Integer.parseInt(words[0]);
            assertThat(Integer.parseInt(words[1])).isEqualTo(next[publisher]++);
        }
        assertThat(next).containsOnly(1_000);
    }

    @Test
    void the_servers_own_topics_are_refused() throws IOException {
        MqttClient live = three("live");
        live.subscribe("$SYS/test", 0);
        MqttClient five = five("five");
        assertThat(five.publish("$SYS/test", "x", 1, false)).isEqualTo(0x90);
        assertThat(five.publish("$SYS/test", "x", 2, true)).isEqualTo(0x90);
        assertThat(five.publish("$share/g/t", "x", 1, false)).isEqualTo(0x90);
        assertThat(three("three").publish("$SYS/test", "x", 1, false)).isZero();
        live.expectNothing();
    }

    @Test
    void a_payload_that_is_not_the_text_it_claims_to_be_is_refused() throws IOException {
        MqttClient five = five("five");
        five.sendPublish("u", new byte[] {(byte) 0xC3, 0x28}, 1, false, "01 01");
        assertThat(five.expect(4).reason()).isEqualTo(0x99);
        five.sendPublish("u", "ü".getBytes(StandardCharsets.UTF_8), 1, false, "01 01");
        assertThat(five.expect(4).reason()).isZero();
        five.sendPublish("u", new byte[] {(byte) 0xC3, 0x28}, 1, false, "01 00");
        assertThat(five.expect(4).reason()).isZero();
    }
}
