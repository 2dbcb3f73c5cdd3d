// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.TestClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A node for all tests of a class, and clients that are closed after each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class WireTest {

    private final List<MqttClient> clients = new ArrayList<>();
    private final TestClock clock = new TestClock();
    private Node node;

    @BeforeAll
    void start(@TempDir Path directory) {
        node = Nodes.in(directory, settings(), clock).start();
    }

    /** Settings of the protocol that differ from its defaults. */
    Map<String, ?> settings() {
        return Map.of();
    }

    @AfterAll
    void stop() {
        node.close();
    }

    @AfterEach
    void close() throws IOException {
        for (MqttClient client : clients) {
            client.close();
        }
        clients.clear();
        for (Table table : node.services().tables().all()) {
            if (table.root()) {
                clear(table);
            }
        }
    }

    /** Leaves no rows to the next test. */
    private void clear(Table table) {
        List<String> paths = new ArrayList<>();
        try (Snapshot snapshot = node.services().store().snapshot();
                Snapshot.Rows rows = snapshot.rows(table, Snapshot.Range.ALL)) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                paths.add(row.path().text());
            }
        }
        paths.forEach(node::delete);
    }

    /** Puts the node's clock forward. */
    void later(Duration time) {
        clock.advance(time);
    }

    Node node() {
        return node;
    }

    int port() {
        return node.port("mqtt");
    }

    MqttClient silent(String version) throws IOException {
        return kept(MqttClient.silent(port(), version));
    }

    MqttClient three(String clientId) throws IOException {
        return kept(MqttClient.three(port(), clientId));
    }

    MqttClient five(String clientId) throws IOException {
        return kept(MqttClient.five(port(), clientId));
    }

    MqttClient five(String clientId, String properties) throws IOException {
        return kept(MqttClient.five(port(), clientId, properties));
    }

    private MqttClient kept(MqttClient client) {
        clients.add(client);
        return client;
    }
}
