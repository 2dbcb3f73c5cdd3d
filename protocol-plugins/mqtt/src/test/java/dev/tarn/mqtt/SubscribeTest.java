// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscribeTest extends WireTest {

    private static final int NO_LOCAL = 4;
    private static final int AS_PUBLISHED = 8;

    @ParameterizedTest
    @CsvSource({
        "#, a, true",
        "#, a/b/c, true",
        "#, /, true",
        "#, /a, true",
        "#, $x, false",
        "#, $x/a, false",
        "+, a, true",
        "+, a/b, false",
        "+, /a, false",
        "+, $x, false",
        "/+, /a, true",
        "/+, /, true",
        "/#, /, true",
        "/#, /a/b, true",
        "/#, a, false",
        "+/+, /a, true",
        "+/+, /, true",
        "+/+, a/b/c, false",
        "+/a, $x/a, false",
        "$x/#, $x/a, true",
        "$x/#, $x, true",
        "$x/+, $x/a, true",
        "a/#, a, true",
        "a/#, a/, true",
        "a/#, ab, false",
        "a/+, a, false",
        "a/+, a/, true",
        "a/+/c, a//c, true",
        "a/+/c, a/b/c, true",
        "a/+/c, a/b/d/c, false",
        "a/+/#, a/b, true",
        "a/+/#, a, false",
        "A, a, false",
        "//, //, true",
        "//, /, false"
    })
    void a_filter_covers_messages_and_rows_alike(String filter, String topic, boolean covers) throws IOException {
        MqttClient live = three("live");
        live.subscribe(filter, 0);
        MqttClient publisher = three("publisher");
        publisher.publish(topic, "message", 1, false);
        publisher.publish(topic, "row", 1, true);
        MqttClient late = three("late");
        late.subscribe(filter, 0);
        if (covers) {
            assertThat(live.receive().text()).isEqualTo("message");
            assertThat(live.receive().text()).isEqualTo("row");
            assertThat(late.receive().retain()).isTrue();
        }
        publisher.publish(topic, "", 1, true);
        if (covers) {
            assertThat(live.receive().payload()).isEmpty();
            assertThat(late.receive().payload()).isEmpty();
        }
        live.expectNothing();
        late.expectNothing();
    }

    @Test
    void the_answer_comes_before_the_rows() throws IOException {
        MqttClient publisher = three("publisher");
        for (int i = 0; i < 50; i++) {
            publisher.publish("rows/" + i, "r" + i, 0, true);
        }
        publisher.expectNothing();
        publisher.publish("rows/50", "r50", 1, true);
        MqttClient late = five("late");
        late.send("82 [ 00 01 [ ] s\"rows/#\" 01 ]");
        assertThat(late.next().type()).isEqualTo(9);
        Set<String> topics = new TreeSet<>();
        for (int i = 0; i <= 50; i++) {
            MqttPacket row = late.receive();
            assertThat(row.retain()).isTrue();
            topics.add(row.topic());
        }
        assertThat(topics).hasSize(51);
    }

    @Test
    void overlapping_subscriptions_deliver_once_with_the_best_service_and_all_identifiers() throws IOException {
        MqttClient live = five("live");
        live.subscribe("o/#", 0, "0B 01");
        live.subscribe("o/+", 2, "0B FF 7F");
        live.subscribe("o/a", 1);
        live.subscribe("o/x", 1, "0B 09");
        MqttClient publisher = three("publisher");
        publisher.publish("o/a", "x", 2, false);
        MqttPacket got = live.receive();
        assertThat(got.qos()).isEqualTo(2);
        assertThat(got.properties().stream().filter(one -> one.id() == 0x0B).map(MqttPacket.Property::value))
                .containsExactlyInAnyOrder(1L, 16_383L);
        live.expectNothing();
        MqttClient three = three("three");
        three.subscribe("o/#", 0);
        three.subscribe("o/+", 2);
        publisher.publish("o/a", "y", 1, false);
        assertThat(three.receive().qos()).isEqualTo(1);
        three.expectNothing();
    }

    @Test
    void retain_handling_says_whether_rows_are_sent() throws IOException {
        MqttClient publisher = three("publisher");
        publisher.publish("rh", "row", 1, true);
        MqttClient live = five("live");
        live.subscribe("rh", 0x21);
        live.expectNothing();
        live.subscribe("rh", 0x11);
        live.expectNothing();
        live.subscribe("rh", 0x01);
        assertThat(live.receive().text()).isEqualTo("row");
        live.subscribe("rh", 0x01);
        assertThat(live.receive().retain()).isTrue();
        MqttClient fresh = five("fresh");
        fresh.subscribe("rh", 0x11);
        assertThat(fresh.receive().retain()).isTrue();
        fresh.subscribe("rh", 0x11);
        fresh.expectNothing();
    }

    @Test
    void a_retain_flag_goes_through_where_it_is_asked_for() throws IOException {
        MqttClient plain = five("plain");
        plain.subscribe("rap/#", 0);
        MqttClient asPublished = five("rap");
        asPublished.subscribe("rap/#", AS_PUBLISHED);
        MqttClient publisher = three("publisher");
        publisher.publish("rap/1", "row", 1, true);
        publisher.publish("rap/1", "message", 1, false);
        publisher.publish("rap/1", "", 1, true);
        assertThat(List.of(plain.receive(), plain.receive(), plain.receive()))
                .extracting(MqttPacket::retain)
                .containsExactly(false, false, false);
        assertThat(List.of(asPublished.receive(), asPublished.receive(), asPublished.receive()))
                .extracting(MqttPacket::retain)
                .containsExactly(true, false, true);
    }

    @Test
    void a_client_need_not_hear_itself() throws IOException {
        MqttClient self = five("self");
        self.subscribe("nl/#", 2 | NO_LOCAL);
        self.subscribe("both/#", 1);
        self.publish("nl/1", "mine", 0, false);
        self.publish("nl/2", "mine", 0, true);
        self.expectNothing();
        self.publish("both/1", "mine", 0, false);
        assertThat(self.receive().text()).isEqualTo("mine");
        three("other").publish("nl/1", "theirs", 1, false);
        assertThat(self.receive().text()).isEqualTo("theirs");
    }

    @Test
    void a_client_need_not_be_sent_its_own_rows() throws IOException {
        MqttClient self = five("self");
        self.publish("nl/mine", "mine", 1, true);
        three("other").publish("nl/theirs", "theirs", 1, true);
        self.subscribe("nl/#", 2 | NO_LOCAL);
        assertThat(self.receive().text()).isEqualTo("theirs");
        self.expectNothing();
        self.subscribe("nl/+", 2);
        assertThat(List.of(self.receive().text(), self.receive().text())).containsExactlyInAnyOrder("mine", "theirs");
    }

    @Test
    void a_subscription_is_replaced_and_ended() throws IOException {
        MqttClient live = five("live");
        MqttClient publisher = three("publisher");
        live.subscribe("s/1", 2, "0B 05");
        live.subscribe("s/1", 0, "0B 06");
        publisher.publish("s/1", "a", 2, false);
        MqttPacket got = live.receive();
        assertThat(got.qos()).isZero();
        assertThat(got.number(0x0B)).isEqualTo(6);
        live.expectNothing();
        MqttPacket unsuback = live.send("A2 [ 00 09 [ ] s\"s/1\" s\"s/2\" ]").expect(11);
        assertThat(unsuback.packetId()).isEqualTo(9);
        assertThat(unsuback.content()).endsWith(0x00, 0x11);
        publisher.publish("s/1", "b", 2, false);
        live.expectNothing();
        MqttClient three = three("three");
        three.subscribe("s/1", 0);
        assertThat(three.send("A2 [ 00 09 s\"s/1\" ]").expect(11).content()).hasSize(2);
        publisher.publish("s/1", "c", 2, false);
        three.expectNothing();
    }

    @Test
    void each_filter_has_its_answer() throws IOException {
        MqttClient live = five("live");
        MqttPacket suback = live.send("82 [ 00 01 [ ] s\"f/1\" 00 s\"f/2\" 01 s\"f/3\" 02 s\"f/1\" 01 ]")
                .expect(9);
        assertThat(suback.content()).endsWith(0, 1, 2, 1).hasSize(2 + 1 + 4);
        byte[] refused = live.send("82 [ 00 02 [ ] s\"f/1\" 00 s\"$share/g/$SYS/#\" 01 ]")
                .expect(9)
                .content();
        assertThat(refused).endsWith(0, 0x87);
        assertThat(new String(refused, StandardCharsets.UTF_8)).contains("filter 2: not authorized");
    }

    @Test
    void a_client_is_sent_no_more_than_its_receive_maximum() throws IOException {
        MqttClient live = five("live", "21 00 02");
        live.subscribe("w", 2);
        MqttClient publisher = three("publisher");
        for (int i = 0; i < 9; i++) {
            publisher.publish("w", "m" + i, i == 4 ? 1 : 2, false);
        }
        List<MqttPacket> window = new ArrayList<>(List.of(live.expect(3), live.expect(3)));
        live.expectNothing();
        for (int i = 0; i < 9; i++) {
            MqttPacket head = window.remove(0);
            assertThat(head.text()).isEqualTo("m" + i);
            String id = String.format("%04X", head.packetId());
            if (head.qos() == 2) {
                live.send("50 02 " + id.substring(0, 2) + " " + id.substring(2)).expect(6);
                live.expectNothing();
                live.send("70 02 " + id.substring(0, 2) + " " + id.substring(2));
            } else {
                live.send("40 02 " + id.substring(0, 2) + " " + id.substring(2));
            }
            if (i < 7) {
                window.add(live.expect(3));
            }
        }
        live.expectNothing();
    }

    @Test
    void a_client_is_sent_nothing_larger_than_it_takes() throws IOException {
        MqttClient live = five("live", "27 00 00 00 40");
        live.subscribe("large", 1);
        MqttClient publisher = three("publisher");
        publisher.publish("large", "x".repeat(100), 1, false);
        publisher.publish("large", "small", 1, false);
        assertThat(live.receive().text()).isEqualTo("small");
        live.expectNothing();
    }

    @Test
    void deep_filters_and_many_are_no_matter() throws IOException {
        MqttClient live = three("live");
        assertThat(live.subscribe("+/".repeat(32_767) + "#", 1)).isEqualTo(1);
        StringBuilder many = new StringBuilder("82 [ 00 01 ");
        for (int i = 0; i < 5_000; i++) {
            many.append("s\"many/").append(i).append("\" 00 ");
        }
        live.send(many + "]");
        assertThat(live.expect(9).content()).hasSize(5_002).endsWith(0, 0, 0);
        three("publisher").publish("many/4999", "x", 1, false);
        assertThat(live.receive().text()).isEqualTo("x");
    }

    @Test
    void members_of_a_group_share_what_comes() throws IOException {
        MqttClient publisher = three("publisher");
        publisher.publish("sh/row", "row", 1, true);
        List<MqttClient> members = List.of(five("m1"), five("m2"), three("m3"));
        for (MqttClient member : members) {
            assertThat(member.subscribe("$share/g/sh/#", 1)).isEqualTo(1);
        }
        MqttClient other = five("other");
        other.subscribe("$share/h/sh/#", 0);
        MqttClient alone = five("alone");
        alone.subscribe("sh/#", 0x20);
        for (int i = 0; i < 30; i++) {
            publisher.publish("sh/" + i, "m" + i, 1, i % 2 == 0);
        }
        for (int i = 0; i < 30; i++) {
            assertThat(other.receive().text()).isEqualTo("m" + i);
            assertThat(alone.receive().text()).isEqualTo("m" + i);
        }
        List<String> all = new ArrayList<>();
        for (MqttClient member : members) {
            for (int i = 0; i < 10; i++) {
                MqttPacket packet = member.receive();
                assertThat(packet.retain()).isFalse();
                all.add(packet.text());
            }
            member.expectNothing();
        }
        assertThat(all).hasSize(30).doesNotHaveDuplicates();
        assertThat(members.get(0)
                        .send("A2 [ 00 01 [ ] s\"$share/g/sh/#\" ]")
                        .expect(11)
                        .content())
                .endsWith(0);
        members.get(1).disconnect();
        publisher.publish("sh/last", "last", 1, false);
        assertThat(members.get(2).receive().text()).isEqualTo("last");
    }

    @Test
    void a_shared_and_a_plain_subscription_are_two() throws IOException {
        MqttClient live = five("live");
        live.subscribe("two/#", 0, "0B 01");
        live.subscribe("$share/g/two/#", 0, "0B 02");
        three("publisher").publish("two/x", "x", 0, false);
        List<Long> identifiers =
                List.of(live.receive().number(0x0B), live.receive().number(0x0B));
        assertThat(identifiers).containsExactlyInAnyOrder(1L, 2L);
    }
}
