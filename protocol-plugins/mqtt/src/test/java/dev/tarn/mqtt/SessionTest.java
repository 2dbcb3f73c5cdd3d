// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.resource.DurableSessions;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import dev.tarn.transport.Traffic;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions that outlast their connections, and the server. */
class SessionTest {

    private static final String FOR_EVER = "11 FF FF FF FF";

    private final List<MqttClient> clients = new ArrayList<>();
    private Node node;

    @BeforeEach
    void start(@TempDir Path directory) {
        node = Nodes.in(directory).start();
    }

    @AfterEach
    void stop() throws IOException {
        for (MqttClient client : clients) {
            client.close();
        }
        node.close();
    }

    /** A 5.0 client that keeps its session; says whether there was one. */
    private MqttClient five(String clientId, boolean present, String properties) throws IOException {
        MqttClient client = MqttClient.silent(node.port("mqtt"), "5");
        clients.add(client);
        client.send("10 [ s\"MQTT\" 05 00 00 3C [ " + properties + " ] s\"" + clientId + "\" ]");
        MqttPacket connack = client.expect(2).success();
        assertThat(connack.sessionPresent()).isEqualTo(present);
        return client;
    }

    private MqttClient three(String clientId, boolean present) throws IOException {
        MqttClient client = MqttClient.silent(node.port("mqtt"), "3.1.1");
        clients.add(client);
        client.send("10 [ s\"MQTT\" 04 00 00 3C s\"" + clientId + "\" ]");
        assertThat(client.expect(2).success().sessionPresent()).isEqualTo(present);
        return client;
    }

    private MqttClient publisher() throws IOException {
        MqttClient client = MqttClient.three(node.port("mqtt"), "publisher");
        clients.add(client);
        return client;
    }

    private void restartIf(boolean restart) {
        if (restart) {
            node = node.restart();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_came_while_a_client_was_away_is_delivered_in_order(boolean restart) throws IOException {
        MqttClient client = five("away", false, FOR_EVER);
        client.subscribe("a/+", 2);
        client.subscribe("b", 1);
        client.disconnect();
        MqttClient publisher = publisher();
        publisher.publish("a/1", "one", 1, false);
        publisher.publish("elsewhere", "no", 1, false);
        publisher.publish("a/2", "two", 2, true);
        publisher.publish("a/3", "lost", 0, false);
        publisher.publish("b", "three", 2, false);
        restartIf(restart);
        MqttClient back = five("away", true, FOR_EVER);
        MqttPacket one = back.receive();
        assertThat(one.text() + one.qos() + one.dup() + one.retain()).isEqualTo("one1falsefalse");
        MqttPacket two = back.receive();
        assertThat(two.text() + two.qos() + two.dup() + two.retain()).isEqualTo("two2falsefalse");
        MqttPacket three = back.receive();
        assertThat(three.text() + three.qos() + three.dup()).isEqualTo("three1false");
        back.expectNothing();
        publisher().publish("a/4", "live", 1, false);
        assertThat(back.receive().text()).isEqualTo("live");
        back.disconnect();
        five("away", true, FOR_EVER).expectNothing();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_session_of_three_lasts_until_it_is_cleaned(boolean restart) throws IOException {
        MqttClient client = three("old", false);
        client.subscribe("t", 1);
        client.raw().reset();
        publisher().publish("t", "missed", 1, false);
        restartIf(restart);
        MqttClient back = three("old", true);
        assertThat(back.receive().text()).isEqualTo("missed");
        back.disconnect();
        MqttClient clean = MqttClient.three(node.port("mqtt"), "old");
        clients.add(clean);
        clean.disconnect();
        restartIf(restart);
        MqttClient fresh = three("old", false);
        publisher().publish("t", "nobody's", 1, false);
        fresh.expectNothing();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void what_was_not_acknowledged_comes_again_with_its_identifier(boolean restart) throws IOException {
        MqttClient client = five("again", false, FOR_EVER);
        client.subscribe("q/#", 2, "0B 07");
        MqttClient publisher = publisher();
        publisher.publish("q/1", "one", 1, false);
        publisher.publish("q/2", "two", 2, false);
        publisher.publish("q/3", "three", 1, false);
        publisher.publish("q/4", "four", 2, false);
        MqttPacket one = client.expect(3);
        MqttPacket two = client.expect(3);
        MqttPacket three = client.expect(3);
        MqttPacket four = client.expect(3);
        client.send("40 02 " + id(three)).send("50 02 " + id(four)).expect(6);
        client.expectNothing();
        // What is not urgent is stored within a moment: the acknowledgement of the third.
        awaitStored("again", 3);
        client.raw().reset();
        restartIf(restart);
        MqttClient back = five("again", true, FOR_EVER);
        MqttPacket release = back.expect(6);
        assertThat(release.packetId()).isEqualTo(four.packetId());
        MqttPacket oneAgain = back.expect(3);
        assertThat(oneAgain.packetId()).isEqualTo(one.packetId());
        assertThat(oneAgain.dup()).isTrue();
        assertThat(oneAgain.qos()).isEqualTo(1);
        assertThat(oneAgain.text()).isEqualTo("one");
        assertThat(oneAgain.number(0x0B)).isEqualTo(7);
        MqttPacket twoAgain = back.expect(3);
        assertThat(twoAgain.packetId()).isEqualTo(two.packetId());
        assertThat(twoAgain.dup()).isTrue();
        assertThat(twoAgain.qos()).isEqualTo(2);
        back.send("70 02 " + id(four))
                .send("40 02 " + id(one))
                .send("50 02 " + id(two))
                .expect(6);
        back.send("70 02 " + id(two));
        back.expectNothing();
        publisher().publish("q/5", "five", 2, false);
        assertThat(back.receive().text()).isEqualTo("five");
    }

    private static String id(MqttPacket packet) {
        return String.format("%02X %02X", packet.packetId() >> 8, packet.packetId() & 255);
    }

    /** Waits until the stored session has so many publishes in flight. */
    private void awaitStored(String clientId, int inFlight) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (stored(clientId).stream().noneMatch(session -> session.inFlight().size() == inFlight)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private List<Session> stored(String clientId) {
        SessionTables tables =
                new SessionTables(node.services().store(), node.services().bodies());
        return tables.load((client, number, cursor) -> new Session(client, number, null)).stream()
                .filter(session -> session.clientId().equals(clientId))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rows_that_were_not_acknowledged_come_again(boolean restart) throws IOException {
        MqttClient publisher = publisher();
        publisher.publish("rows/1", "row one", 1, true);
        publisher.publish("rows/2", "row two", 1, true);
        MqttClient client = five("rows", false, FOR_EVER);
        client.subscribe("rows/#", 1);
        MqttPacket one = client.expect(3);
        MqttPacket two = client.expect(3);
        assertThat(one.retain()).isTrue();
        client.send("40 02 " + id(one)).expectNothing();
        awaitStored("rows", 1);
        client.raw().reset();
        restartIf(restart);
        MqttClient back = five("rows", true, FOR_EVER);
        MqttPacket again = back.receive();
        assertThat(again.packetId()).isEqualTo(two.packetId());
        assertThat(again.text()).isEqualTo(two.text());
        assertThat(again.retain()).isTrue();
        assertThat(again.dup()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void an_identifier_of_quality_two_is_remembered_until_it_is_released(boolean restart) throws IOException {
        MqttClient client = five("sender", false, FOR_EVER);
        client.send("34 [ s\"out\" 00 05 [ ] \"once\" ]").expect(5);
        client.send("35 [ s\"kept\" 00 06 [ ] \"row\" ]").expect(5);
        client.send("34 [ s\"out\" 00 07 [ ] \"done\" ]").expect(5);
        client.send("62 02 00 07").expect(7);
        client.raw().reset();
        restartIf(restart);
        MqttClient watcher = MqttClient.five(node.port("mqtt"), "watcher");
        clients.add(watcher);
        watcher.subscribe("#", 0x20);
        MqttClient back = five("sender", true, FOR_EVER);
        back.send("3C [ s\"out\" 00 05 [ ] \"once\" ]");
        assertThat(back.expect(5).packetId()).isEqualTo(5);
        back.send("62 02 00 05").expect(7).success();
        back.send("62 02 00 06").expect(7).success();
        back.send("62 02 00 07");
        assertThat(back.expect(7).reason()).isEqualTo(0x92);
        back.send("34 [ s\"out\" 00 05 [ ] \"another\" ]").expect(5);
        assertThat(watcher.receive().text()).isEqualTo("another");
        watcher.expectNothing();
    }

    @Test
    void a_takeover_hands_the_session_on_without_loss() throws IOException {
        MqttClient first = five("moving", false, FOR_EVER);
        first.subscribe("m", 1);
        MqttClient publisher = publisher();
        for (int i = 0; i < 100; i++) {
            publisher.send("32 [ s\"m\" 00 " + String.format("%02X", i + 1) + " \"m" + i + "\" ]");
            if (i % 10 == 5) {
                first = five("moving", true, FOR_EVER);
            }
        }
        List<String> seen = new ArrayList<>();
        while (!seen.contains("m99")) {
            String text = first.receive().text();
            if (!seen.contains(text)) {
                seen.add(text);
            }
        }
        // Nobody read on the connections that were taken over, so all of it comes to the last one.
        assertThat(seen).hasSize(100);
        for (int i = 1; i < 100; i++) {
            assertThat(seen.get(i)).isEqualTo("m" + i);
        }
    }

    @Test
    void a_session_ends_when_its_time_is_over() throws IOException {
        MqttClient client = five("brief", false, "11 00 00 00 01");
        client.subscribe("t", 1);
        client.disconnect();
        long deadline = System.nanoTime() + 60_000_000_000L;
        SessionTables tables =
                new SessionTables(node.services().store(), node.services().bodies());
        while (!tables.load((id, number, cursor) -> new Session(id, number, null))
                .isEmpty()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
        five("brief", false, "11 00 00 00 01").expectNothing();
    }

    @Test
    void a_goodbye_may_shorten_a_session() throws IOException {
        MqttClient client = five("shortened", false, FOR_EVER);
        client.send("E0 [ 00 [ 11 00 00 00 00 ] ]").raw().expectClosed();
        five("shortened", false, FOR_EVER).disconnect();
        five("shortened", true, "").disconnect();
        five("shortened", false, "");
    }

    @Test
    void a_delayed_will_is_published_when_its_time_has_come_and_not_when_the_client_is_back() throws IOException {
        MqttClient watcher = MqttClient.five(node.port("mqtt"), "watcher");
        clients.add(watcher);
        watcher.subscribe("will", 1);
        MqttClient client = MqttClient.silent(node.port("mqtt"), "5");
        clients.add(client);
        String connect =
                "10 [ s\"MQTT\" 05 04 00 3C [ 11 00 00 01 00 ] s\"willing\" [ 18 00 00 %s ] s\"will\" s\"gone\" ]";
        client.send(connect.formatted("0E 10")).expect(2).success();
        client.raw().reset();
        five("willing", true, FOR_EVER).disconnect();
        assertThat(stored("willing")).allSatisfy(session -> {
            assertThat(session.will()).isNull();
            assertThat(session.bequest()).isNull();
        });
        watcher.expectNothing();
        MqttClient again = MqttClient.silent(node.port("mqtt"), "5");
        clients.add(again);
        again.send(connect.formatted("00 01")).expect(2).success();
        long begun = System.nanoTime();
        again.raw().reset();
        assertThat(watcher.receive().text()).isEqualTo("gone");
        assertThat(System.nanoTime() - begun).isGreaterThan(TimeUnit.SECONDS.toNanos(1));
    }

    @Test
    void a_delayed_will_survives_the_server() throws IOException {
        MqttClient client = MqttClient.silent(node.port("mqtt"), "5");
        clients.add(client);
        client.send(
                        "10 [ s\"MQTT\" 05 24 00 3C [ 11 00 00 01 00 ] s\"willing\" [ 18 00 00 00 02 03 s\"t/p\" ] s\"will\" s\"gone\" ]")
                .expect(2)
                .success();
        client.raw().reset();
        awaitStored("willing", 0);
        node = node.restart();
        MqttClient watcher = MqttClient.five(node.port("mqtt"), "watcher");
        clients.add(watcher);
        watcher.subscribe("will", 1);
        MqttPacket will = watcher.receive();
        assertThat(will.text()).isEqualTo("gone");
        assertThat(will.property(3)).isEqualTo("t/p");
    }

    @Test
    void a_will_of_a_client_that_was_connected_when_the_server_died_is_published_by_the_next() throws Exception {
        MqttClient client = MqttClient.silent(node.port("mqtt"), "5");
        clients.add(client);
        client.send("10 [ s\"MQTT\" 05 04 00 3C [ 11 00 00 01 00 ] s\"willing\" [ ] s\"will\" s\"gone\" ]")
                .expect(2)
                .success();
        // What a second server reads that finds the data as they are now.
        BlockingQueue<String> published = new LinkedBlockingQueue<>();
        SessionTables tables =
                new SessionTables(node.services().store(), node.services().bodies());
        DurableSessions engine =
                (name, cursor) -> ((DurableSessions) node.services().resources()).open("next/" + name, cursor);
        try (Sessions next = new Sessions(
                tables,
                engine,
                new SharedGroups(tables, node.services().resources(), engine, new Traffic()),
                Clock.systemUTC(),
                new Statistics(),
                (session, will) -> published.add(session.clientId() + " " + session.user() + " " + will.topic()))) {
            assertThat(published.poll(60, TimeUnit.SECONDS)).matches("willing User.* will");
            assertThat(next.stored()).isEqualTo(1);
        }
    }

    @Test
    void an_ended_subscription_is_owed_nothing() throws IOException {
        MqttClient client = five("ended", false, FOR_EVER);
        client.subscribe("t/1", 1);
        client.subscribe("t/2", 1);
        client.send("A2 [ 00 01 [ ] s\"t/1\" ]").expect(11);
        client.disconnect();
        publisher().publish("t/1", "no", 1, false);
        publisher().publish("t/2", "yes", 1, false);
        node = node.restart();
        MqttClient back = five("ended", true, FOR_EVER);
        assertThat(back.receive().text()).isEqualTo("yes");
        back.expectNothing();
    }

    @Test
    void resuming_with_a_smaller_window_keeps_to_it() throws IOException {
        MqttClient client = five("window", false, FOR_EVER);
        client.subscribe("w", 1);
        MqttClient publisher = publisher();
        for (int i = 0; i < 10; i++) {
            publisher.publish("w", "m" + i, 1, false);
        }
        for (int i = 0; i < 10; i++) {
            client.expect(3);
        }
        client.raw().reset();
        MqttClient back = five("window", true, FOR_EVER + " 21 00 03");
        for (int i = 0; i < 10; i++) {
            MqttPacket packet = back.expect(3);
            assertThat(packet.text()).isEqualTo("m" + i);
            if (i >= 2) {
                back.expectNothing();
                MqttPacket oldest = packet;
                back.send(String.format("40 02 00 %02X", oldest.packetId() - 2));
            }
        }
    }
}
