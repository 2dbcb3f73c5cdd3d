// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        Rate rate = new Rate(new Limits.Rates(10, 0, Duration.ofSeconds(2)), 0);
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
        long deadline = System.nanoTime() + 10 * SECOND;
        long[] sentUpTo = new long[1];
        long begun = tables.load((id, number, cursor) -> new Session(id, number, null))
                .get(0)
                .sentUpTo();
        while (sentUpTo[0] <= begun) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            sentUpTo[0] = tables.load((id, number, cursor) -> new Session(id, number, null))
                    .get(0)
                    .sentUpTo();
        }
    }

    @Test
    void what_waited_for_too_long_is_not_sent(@TempDir Path directory) throws IOException {
        try (Node node = node(directory, Map.of("sessionAge", 1))) {
            MqttClient away = MqttClient.five(node.port("mqtt"), "away", "11 FF FF FF FF");
            away.subscribe("t", 1);
            away.disconnect();
            try (MqttClient publisher = MqttClient.five(node.port("mqtt"), "publisher")) {
                publisher.publish("t", "old", 1, false);
                publisher.expectSilence(Duration.ofMillis(1_200));
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
}
