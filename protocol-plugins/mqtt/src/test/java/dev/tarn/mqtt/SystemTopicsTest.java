// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the server says about itself. */
class SystemTopicsTest extends WireTest {

    @Override
    Map<String, ?> settings() {
        return Map.of("systemInterval", 1);
    }

    /** The retained values that a filter begins with. */
    private static Map<String, String> values(MqttClient client, String filter, String last) throws IOException {
        assertThat(client.subscribe(filter, 2)).isLessThan(3);
        Map<String, String> values = new HashMap<>();
        while (!values.containsKey(last)) {
            MqttPacket packet = client.expect(3);
            assertThat(packet.qos()).isZero();
            if (!packet.retain()) {
                continue; // news, said at this moment
            }
            values.put(packet.topic().substring("$SYS/broker/".length()), packet.text());
        }
        return values;
    }

    @Test
    void the_topics_of_mosquitto_are_there() throws IOException {
        MqttClient client = five("statistician");
        assertThat(values(client, "$SYS/broker/version", "version").get("version"))
                .startsWith("tarn version ");
        MqttClient all = five("all");
        assertThat(all.subscribe("$SYS/#", 0)).isZero();
        Map<String, String> values = new HashMap<>();
        while (values.size() < 52) {
            MqttPacket packet = all.expect(3);
            values.put(packet.topic(), packet.text());
        }
        assertThat(values)
                .containsKeys(
                        "$SYS/broker/uptime",
                        "$SYS/broker/clients/connected",
                        "$SYS/broker/clients/total",
                        "$SYS/broker/clients/maximum",
                        "$SYS/broker/messages/received",
                        "$SYS/broker/messages/sent",
                        "$SYS/broker/publish/messages/received",
                        "$SYS/broker/publish/messages/sent",
                        "$SYS/broker/bytes/received",
                        "$SYS/broker/bytes/sent",
                        "$SYS/broker/subscriptions/count",
                        "$SYS/broker/retained messages/count",
                        "$SYS/broker/load/messages/received/1min",
                        "$SYS/broker/load/bytes/sent/5min",
                        "$SYS/broker/load/connections/15min");
    }

    @Test
    void what_changes_is_said_again_and_not_as_retained() throws IOException {
        MqttClient client = five("watching");
        values(client, "$SYS/broker/retained messages/count", "retained messages/count");
        five("writer").publish("some/row", "x", 1, true);
        MqttPacket news = client.expect(3);
        while (!news.text().equals("1")) {
            news = client.expect(3);
        }
        assertThat(news.retain()).isFalse();
        client.send("A2 [ 00 01 [ ] s\"$SYS/broker/retained messages/count\" ]").expect(11);
        awaitNews(2);
        client.expectNothing();
    }

    /** Waits until something was said again so many times. */
    private void awaitNews(int times) throws IOException {
        MqttClient witness = five("witness");
        assertThat(witness.subscribe("$SYS/broker/uptime", 0)).isZero();
        for (int i = 0; i < times; ) {
            i += witness.expect(3).retain() ? 0 : 1;
        }
    }

    @Test
    void no_filter_that_begins_with_a_wildcard_finds_them() throws IOException {
        MqttClient client = five("wild");
        client.subscribe("#", 0);
        client.subscribe("+/broker/#", 0);
        client.subscribe("+/+/version", 0);
        awaitNews(2);
        client.expectNothing();
    }

    @Test
    void nobody_publishes_or_shares_them() throws IOException {
        MqttClient client = five("writer");
        assertThat(client.publish("$SYS/broker/version", "mine", 1, true)).isEqualTo(0x90);
        assertThat(client.subscribe("$share/g/$SYS/#", 1)).isEqualTo(0x87);
    }

    @Test
    void only_administrators_read_them_unless_it_is_set(@TempDir Path directory) throws IOException {
        try (Node node = Nodes.in(directory, Map.of("systemReaders", "nobody")).start();
                MqttClient client = MqttClient.five(node.port("mqtt"), "curious")) {
            assertThat(client.subscribe("$SYS/#", 0)).isEqualTo(0x87);
        }
    }
}
