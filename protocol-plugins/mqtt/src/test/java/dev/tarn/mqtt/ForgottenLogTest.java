// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.resource.Terms;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions on a node whose log keeps about a thousand changes, whoever wants more. */
class ForgottenLogTest {

    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private static final String FILLING = "\"" + "x".repeat(1_000) + "\"";

    private final List<MqttClient> clients = new ArrayList<>();
    private Node node;

    @BeforeEach
    void start(@TempDir Path directory) {
        node = Nodes.in(directory)
                .configure("store", "logAge", "0s")
                .configure("store", "logSize", "1MB")
                .configure("store", "logSizeKept", "1MB")
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        for (MqttClient client : clients) {
            client.close();
        }
        node.close();
    }

    private MqttClient lasting(String clientId, boolean present) throws IOException {
        MqttClient client = MqttClient.silent(node.port("mqtt"), "5");
        clients.add(client);
        client.send("10 [ s\"MQTT\" 05 00 00 3C [ 11 FF FF FF FF ] s\"" + clientId + "\" ]");
        assertThat(client.expect(2).success().sessionPresent()).isEqualTo(present);
        return client;
    }

    /** Writes elsewhere until the log begins later than now. */
    private void forget() {
        Body filling = node.json(FILLING);
        long until = node.services().store().sequence();
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (node.services().store().oldest() <= until) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            List<CompletionStage<Commit>> some = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                some.add(node.services()
                        .resources()
                        .put(node.context(), dev.tarn.api.data.Path.of("elsewhere"), filling, Terms.NONE));
            }
            some.forEach(Node::await);
        }
    }

    /** Waits until no stored session needs the older half of the log, so that a few changes more do not matter. */
    private void awaitMovedOn() {
        SessionTables tables =
                new SessionTables(node.services().store(), node.services().bodies());
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (tables.load((id, number, cursor) -> new Session(id, number, null)).stream()
                .anyMatch(session -> session.sentUpTo() < (tables.oldest() + tables.sequence()) / 2)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_client_that_was_owed_nothing_finds_its_session(boolean restart) throws IOException {
        MqttClient away = lasting("away", false);
        away.subscribe("mine/#", 1);
        away.disconnect();
        forget();
        if (restart) {
            awaitMovedOn();
            node = node.restart();
        }
        node.put("mine/1", "1");
        MqttClient back = lasting("away", true);
        assertThat(back.receive().text()).isEqualTo("1");
        back.expectNothing();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_client_that_was_told_nothing_all_the_time_finds_its_session(boolean restart) throws IOException {
        MqttClient connected = lasting("quiet", false);
        connected.subscribe("mine/#", 1);
        forget();
        if (restart) {
            awaitMovedOn();
            node = node.restart();
        } else {
            connected.raw().reset();
        }
        node.put("mine/1", "1");
        assertThat(lasting("quiet", true).receive().text()).isEqualTo("1");
    }

    @Test
    void a_client_that_was_owed_what_is_gone_is_told_that_its_session_is() throws IOException {
        MqttClient away = lasting("away", false);
        away.subscribe("mine/#", 1);
        away.disconnect();
        node.put("mine/1", "1");
        forget();
        lasting("away", false).expectNothing();
    }

    @Test
    void a_shared_group_of_which_everybody_was_away_goes_on_with_what_comes() throws IOException {
        MqttClient member = lasting("member", false);
        member.subscribe("$share/g/mine/#", 1);
        member.disconnect();
        node.put("mine/1", "0");
        forget();
        MqttClient back = lasting("member", true);
        node.put("mine/1", "1");
        assertThat(back.receive().text()).isEqualTo("1");
        back.expectNothing();
    }
}
