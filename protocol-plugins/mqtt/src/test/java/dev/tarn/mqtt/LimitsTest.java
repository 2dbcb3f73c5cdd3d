// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.TestClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one client may do, and what becomes of it when it does more. */
class LimitsTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private static Node node(Path directory, Map<String, ?> settings) {
        return Nodes.in(directory, settings).start();
    }

    @Test
    void a_fast_publisher_is_slowed_and_everything_it_sent_arrives(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of("publishRate", 20));
                MqttClient watcher = MqttClient.five(node.port("mqtt"), "watcher");
                MqttClient fast = MqttClient.five(node.port("mqtt"), "fast")) {
            watcher.subscribe("t", 0);
            long begun = System.nanoTime();
            for (int i = 0; i < 50; i++) {
                fast.sendPublish("t", ("" + i).getBytes(StandardCharsets.UTF_8), 0, false, "");
            }
            for (int i = 0; i < 50; i++) {
                assertThat(watcher.expect(3).text()).isEqualTo("" + i);
            }
            assertThat(System.nanoTime() - begun).isGreaterThan(SECOND);
        }
    }

    @Test
    void bytes_are_counted_too(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of("publishBytes", 10_000));
                MqttClient fast = MqttClient.five(node.port("mqtt"), "fast")) {
            long begun = System.nanoTime();
            for (int i = 0; i < 4; i++) {
                fast.publish("t", new byte[6_000], 1, false);
            }
            assertThat(System.nanoTime() - begun).isGreaterThan(SECOND / 2);
        }
    }

    @Test
    void who_stays_too_fast_is_told_and_closed(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of("publishRate", 10, "ratePatience", 1));
                MqttClient fast = MqttClient.five(node.port("mqtt"), "fast")) {
            for (int i = 0; i < 40; i++) {
                fast.sendPublish("t", new byte[0], 0, false, "");
            }
            assertThat(fast.expect(14).reason()).isEqualTo(0x96);
            fast.raw().expectClosed();
        }
    }

    @Test
    void a_rate_has_a_second_to_spend_at_once_and_then_no_more() {
        Rate rate = new Rate(new Limits.Rates(10, 0, Duration.ofSeconds(2), 0), 0);
        for (int i = 0; i < 10; i++) {
            assertThat(rate.published(1, 0)).isZero();
        }
        assertThat(rate.published(1, 0)).isEqualTo(SECOND / 10);
        assertThat(rate.published(1, SECOND)).isZero();
        for (int i = 0; i < 8; i++) {
            assertThat(rate.published(1, SECOND)).isZero();
        }
        assertThat(rate.published(1, SECOND)).isPositive();
        assertThat(rate.published(1, SECOND + SECOND / 10)).isPositive();
        for (int i = 0; i < 30; i++) {
            rate.published(1, SECOND + SECOND / 10);
        }
        assertThatThrownBy(() -> rate.published(1, 4 * SECOND))
                .isInstanceOfSatisfying(
                        Violation.class,
                        violation -> assertThat(violation.reason()).isEqualTo(Reason.MESSAGE_RATE_TOO_HIGH));
    }

    @Test
    void deep_topics_are_refused_where_that_is_set(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of("topicLevels", 3));
                MqttClient client = MqttClient.five(node.port("mqtt"), "deep")) {
            assertThat(client.publish("a/b/c", "x", 1, false)).isZero();
            assertThat(client.publish("a/b/c/", "x", 1, false)).isEqualTo(0x90);
            assertThat(client.publish("a/b/c/d", "x", 2, true)).isEqualTo(0x90);
            assertThat(client.subscribe("a/+/#", 1)).isEqualTo(1);
            assertThat(client.subscribe("a/+/b/#", 1)).isEqualTo(0x8F);
        }
    }

    @Test
    void one_subscription_too_many_is_over_the_quota(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of("subscriptions", 2));
                MqttClient client = MqttClient.five(node.port("mqtt"), "many")) {
            assertThat(client.subscribe("a", 1)).isEqualTo(1);
            assertThat(client.subscribe("b", 1)).isEqualTo(1);
            assertThat(client.subscribe("c", 1)).isEqualTo(0x97);
            assertThat(client.subscribe("b", 0)).isZero();
        }
    }

    @Test
    void a_backlog_that_is_too_long_loses_its_oldest(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of("sessionChanges", 5))) {
            MqttClient away = MqttClient.five(node.port("mqtt"), "away", "11 FF FF FF FF");
            away.subscribe("t", 1);
            away.disconnect();
            try (MqttClient publisher = MqttClient.five(node.port("mqtt"), "publisher")) {
                for (int i = 0; i < 20; i++) {
                    publisher.publish("t", "" + i, 1, false);
                }
            }
            awaitShortened(node);
            try (MqttClient back = MqttClient.silent(node.port("mqtt"), "5")) {
                back.send("10 [ s\"MQTT\" 05 00 00 3C [ ] s\"away\" ]")
                        .expect(2)
                        .success();
                for (int i = 15; i < 20; i++) {
                    assertThat(back.receive().text()).isEqualTo("" + i);
                }
                back.expectNothing();
            }
        }
    }

    private static void awaitShortened(Node node) {
        SessionTables tables =
                new SessionTables(node.services().store(), node.services().bodies());
        long deadline = System.nanoTime() + 60 * SECOND;
        // The messages of this test are all that is logged.
        while (tables.load((id, number, cursor) -> new Session(id, number, null))
                        .get(0)
                        .sentUpTo()
                < tables.sequence() - 5) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void what_waited_for_too_long_is_not_sent(@TempDir Path directory) throws IOException {
        TestClock clock = new TestClock();
        try (Node node = Nodes.in(directory, Map.of("sessionAge", 3_600), clock).start()) {
            MqttClient away = MqttClient.five(node.port("mqtt"), "away", "11 FF FF FF FF");
            away.subscribe("t", 1);
            away.disconnect();
            try (MqttClient publisher = MqttClient.five(node.port("mqtt"), "publisher")) {
                publisher.publish("t", "old", 1, false);
                clock.advance(Duration.ofHours(2));
                publisher.publish("t", "new", 1, false);
            }
            try (MqttClient back = MqttClient.silent(node.port("mqtt"), "5")) {
                back.send("10 [ s\"MQTT\" 05 00 00 3C [ ] s\"away\" ]")
                        .expect(2)
                        .success();
                assertThat(back.receive().text()).isEqualTo("new");
                back.expectNothing();
            }
        }
    }

    @Test
    void what_is_not_offered_is_told_and_refused(@TempDir Path directory) throws IOException {
        Map<String, ?> settings = Map.of("maximumQos", 1, "retainAvailable", false, "wildcardsAvailable", false);
        try (Node node = node(directory, settings)) {
            try (MqttClient client = MqttClient.silent(node.port("mqtt"), "5")) {
                client.send("10 [ s\"MQTT\" 05 02 00 3C [ ] s\"c\" ]");
                MqttPacket connack = client.expect(2).success();
                assertThat(connack.number(0x24)).isEqualTo(1);
                assertThat(connack.number(0x25)).isZero();
                assertThat(connack.number(0x28)).isZero();
                assertThat(client.subscribe("a/#", 1)).isEqualTo(0xA2);
                assertThat(client.subscribe("a", 2)).isEqualTo(2); // [MQTT-3.2.2-10]
                client.publish("a", "x", 1, false);
                assertThat(client.receive().qos()).isEqualTo(1);
                client.sendPublish("a", new byte[0], 2, false, "");
                assertThat(client.expect(14).reason()).isEqualTo(0x9B);
            }
            try (MqttClient client = MqttClient.five(node.port("mqtt"), "c")) {
                client.sendPublish("a", new byte[0], 1, true, "");
                assertThat(client.expect(14).reason()).isEqualTo(0x9A);
            }
            assertThat(will(node, "14")).isEqualTo(0x9B);
            assertThat(will(node, "24")).isEqualTo(0x9A);
            assertThat(will(node, "0C")).isZero();
        }
    }

    /** Connects with a will of these flags and returns the answer's reason. */
    private static int will(Node node, String flags) throws IOException {
        try (MqttClient client = MqttClient.silent(node.port("mqtt"), "5")) {
            client.send("10 [ s\"MQTT\" 05 " + flags + " 00 3C [ ] s\"w\" [ ] s\"will\" s\"gone\" ]");
            return client.expect(2).reason();
        }
    }

    @ParameterizedTest
    @CsvSource({"false, 156", "true, 157"})
    void a_server_that_stops_says_who_takes_its_place(boolean moved, int reason, @TempDir Path directory)
            throws IOException {
        Node node = node(directory, Map.of("serverReference", "other.example:1883", "serverMoved", moved));
        try (MqttClient five = MqttClient.five(node.port("mqtt"), "five");
                MqttClient three = MqttClient.three(node.port("mqtt"), "three")) {
            node.close();
            MqttPacket goodbye = five.expect(14);
            assertThat(goodbye.reason()).isEqualTo(reason);
            assertThat(goodbye.property(0x1C)).isEqualTo("other.example:1883");
            three.raw().expectClosed();
        }
    }

    @Test
    void a_server_that_stops_says_so(@TempDir Path directory) throws IOException {
        Node node = node(directory, Map.of());
        try (MqttClient five = MqttClient.five(node.port("mqtt"), "five")) {
            node.close();
            assertThat(five.expect(14).reason()).isEqualTo(0x8B);
        }
    }

    @Test
    void all_clients_together_have_a_second_to_spend_at_once_and_then_no_more() {
        SharedRate rate = new SharedRate(10, 0);
        for (int i = 0; i < 10; i++) {
            assertThat(rate.published(0)).isZero();
        }
        assertThat(rate.published(0)).isEqualTo(SECOND / 10);
        assertThat(rate.published(0)).isEqualTo(2 * SECOND / 10);
        assertThat(rate.published(2 * SECOND)).isZero();
    }

    @Test
    void fast_publishers_are_slowed_together_and_everything_they_sent_arrives(@TempDir Path directory)
            throws IOException {
        try (Node node = node(directory, Map.of("publishRateOfAll", 20));
                MqttClient watcher = MqttClient.five(node.port("mqtt"), "watcher");
                MqttClient one = MqttClient.five(node.port("mqtt"), "one");
                MqttClient two = MqttClient.five(node.port("mqtt"), "two")) {
            watcher.subscribe("t", 0);
            long begun = System.nanoTime();
            for (int i = 0; i < 25; i++) {
                one.sendPublish("t", new byte[0], 0, false, "");
                two.sendPublish("t", new byte[0], 0, false, "");
            }
            for (int i = 0; i < 50; i++) {
                watcher.expect(3);
            }
            assertThat(System.nanoTime() - begun).isGreaterThan(SECOND);
        }
    }

    @Test
    void one_that_reads_nothing_is_dropped_after_a_while_and_hurts_nobody(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of("unreadPatience", 1));
                MqttClient deaf = MqttClient.narrow(node.port("mqtt"), "deaf");
                MqttClient other = MqttClient.five(node.port("mqtt"), "other")) {
            deaf.subscribe("t/#", 0);
            other.subscribe("t/own", 0);
            byte[] payload = new byte[100_000];
            long deadline = System.nanoTime() + 60 * SECOND;
            while (node.services().meter().traffic("mqtt").open.sum() > 1) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                for (int i = 0; i < 20; i++) {
                    other.publish("t/large", payload, 1, false);
                }
                other.publish("t/own", "x", 0, false);
                assertThat(other.expect(3).text()).isEqualTo("x");
            }
        }
    }

    @Test
    void one_that_does_not_read_is_not_read_from_either(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of());
                MqttClient deaf = MqttClient.narrow(node.port("mqtt"), "deaf");
                MqttClient other = MqttClient.five(node.port("mqtt"), "other")) {
            deaf.subscribe("large", 0);
            other.subscribe("words", 0);
            for (int i = 0; i < 60; i++) {
                other.publish("large", new byte[100_000], 1, false);
            }
            // All are on their way out, more than the network takes.
            long deadline = System.nanoTime() + 60 * SECOND;
            while (node.services().meter().traffic("mqtt").out.sum() < 60) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.onSpinWait();
            }
            deaf.sendPublish("words", new byte[0], 0, false, "");
            other.expectNothing();
            for (int i = 0; i < 60; i++) {
                assertThat(deaf.expect(3).topic()).isEqualTo("large");
            }
            assertThat(other.expect(3).topic()).isEqualTo("words");
        }
    }

    @Test
    void sessions_that_last_are_so_many_and_no_more(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of("sessions", 1))) {
            assertThat(lasting(node, "first")).isZero();
            assertThat(lasting(node, "second")).isEqualTo(0x97);
            assertThat(lasting(node, "first")).isZero();
            try (MqttClient older = MqttClient.silent(node.port("mqtt"), "3.1.1")) {
                older.send("10 [ s\"MQTT\" 04 00 00 3C s\"third\" ]");
                assertThat(older.expect(2).reason()).isEqualTo(3);
            }
            try (MqttClient passing = MqttClient.three(node.port("mqtt"), "passing")) {
                passing.publish("t", "x", 1, false);
            }
        }
    }

    /** The reason in the CONNACK of a client that wants a session for a minute. */
    private static int lasting(Node node, String clientId) throws IOException {
        try (MqttClient client = MqttClient.silent(node.port("mqtt"), "5")) {
            client.send("10 [ s\"MQTT\" 05 00 00 3C [ 11 00 00 00 3C ] s\"" + clientId + "\" ]");
            return client.expect(2).reason();
        }
    }

    @Test
    void many_large_packets_of_strangers_are_refused_and_clients_come_in(@TempDir Path directory) throws IOException {
        List<MqttClient> strangers = new ArrayList<>();
        try (Node node = node(directory, Map.of())) {
            LongAdder refused = node.services().meter().traffic("mqtt").refused;
            byte[] part = new byte[380_000];
            System.arraycopy(new byte[] {0x10, (byte) 0xFC, (byte) 0xFF, 0x17}, 0, part, 0, 4);
            long deadline = System.nanoTime() + 60_000_000_000L;
            // 32 MB are kept of all of them.
            while (refused.sum() == 0) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                MqttClient stranger = MqttClient.silent(node.port("mqtt"), "3.1.1");
                strangers.add(stranger);
                stranger.raw().offer(part);
                assertThat(strangers).hasSizeLessThan(1_000);
            }
            assertThat(strangers).hasSizeGreaterThan(80);
            try (MqttClient client = MqttClient.five(node.port("mqtt"), "known")) {
                assertThat(client.publish("t", "x", 1, false)).isZero();
            }
        } finally {
            for (MqttClient stranger : strangers) {
                stranger.close();
            }
        }
    }
}
