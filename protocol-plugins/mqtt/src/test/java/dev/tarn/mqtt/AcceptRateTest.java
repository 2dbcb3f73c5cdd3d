// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A flood of connections is taken at the rate that is set, and the rest waits its turn. */
class AcceptRateTest {

    private static final int RATE = 40;

    @Test
    void connections_are_taken_no_faster_than_allowed_and_none_is_lost(@TempDir Path directory) throws IOException {
        List<MqttClient> flood = new ArrayList<>();
        try (Node node =
                Nodes.in(directory).configure("listener", "acceptRate", RATE).start()) {
            long begin = System.nanoTime();
            for (int i = 0; i <= 3 * RATE; i++) {
                MqttClient client = MqttClient.silent(node.port("mqtt"), "3.1.1");
                flood.add(client);
                client.send("10 [ s\"MQTT\" 04 02 00 3C s\"flood-" + i + "\" ]");
            }
            for (MqttClient client : flood) {
                client.expect(2).success();
            }
            // The first second may be nearly over, and up to 15 come with the last one of each; so the last of all are
            // those of a third second.
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(900));
        } finally {
            for (MqttClient client : flood) {
                client.close();
            }
        }
    }
}
