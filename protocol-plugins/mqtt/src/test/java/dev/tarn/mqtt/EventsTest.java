// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.client.ClientObserver;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.Node;
import dev.tarn.transport.ClientEvents;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What observers of clients are told. */
class EventsTest {

    private final AtomicReference<MqttProtocol> protocol = new AtomicReference<>();
    private Node node;

    @BeforeEach
    void start(@TempDir Path directory) {
        node = Node.in(directory).passwords().stream(services -> {
                    MqttProtocol made = new MqttProtocol(
                            services.resources(),
                            (DurableSessions) services.resources(),
                            services.store(),
                            services.users(),
                            services.bodies(),
                            services.meter(),
                            Configs.of(MqttProtocol.Config.class, Map.of()));
                    protocol.set(made);
                    return made;
                })
                .start();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private MqttProtocol mqtt() {
        return java.util.Objects.requireNonNull(protocol.get());
    }

    /** Its text, and what belongs to it. */
    private static String text(ClientEvent event) {
        return event.type().text()
                + (event.client().id().isEmpty() ? "" : " " + event.client().id())
                + (event.client().user() == null
                        ? ""
                        : " " + event.client().user().name())
                + (event.topic() == null ? "" : " " + event.topic() + " " + event.qos())
                + (event.reason() == null ? "" : ": " + event.reason());
    }

    private static String next(BlockingQueue<ClientEvent> events) throws InterruptedException {
        ClientEvent event = events.poll(30, TimeUnit.SECONDS);
        assertThat(event).isNotNull();
        assertThat(event.client().protocol()).isEqualTo("mqtt");
        assertThat(event.timestamp()).isPositive();
        return text(event);
    }

    private MqttClient connect(String password) throws IOException {
        MqttClient client = MqttClient.silent(node.port("mqtt"), "5");
        client.send("10 [ s\"MQTT\" 05 C2 00 3C [ ] s\"me\" s\"" + Node.ADMINISTRATOR + "\" s\"" + password + "\" ]");
        return client;
    }

    @Test
    void an_observer_hears_of_a_client_from_its_connection_to_its_end() throws Exception {
        BlockingQueue<ClientEvent> events = new LinkedBlockingQueue<>();
        mqtt().addObserver(events::add, Map.of());
        try (MqttClient stranger = connect("wrong")) {
            assertThat(next(events)).isEqualTo("connection");
            assertThat(next(events)).startsWith("auth-failed me: ");
            assertThat(stranger.expect(2).reason()).isEqualTo(0x86);
        }
        try (MqttClient client = connect(Node.PASSWORD)) {
            client.expect(2).success();
            assertThat(next(events)).isEqualTo("connection");
            assertThat(next(events)).isEqualTo("connected me admin");
            client.subscribe("a/#", 1);
            assertThat(next(events)).isEqualTo("subscribed me admin a/# 1");
            client.publish("b", "not asked for", 1, false);
            client.send("A2 [ 00 09 [ ] s\"a/#\" ]").expect(11);
            assertThat(next(events)).isEqualTo("unsubscribed me admin a/# 0");
            client.send("F0 00");
            assertThat(next(events)).startsWith("disconnected me admin: AUTH");
        }
        try (MqttClient client = connect(Node.PASSWORD)) {
            client.expect(2).success();
            next(events);
            next(events);
            client.disconnect();
            assertThat(next(events)).isEqualTo("disconnected me admin: closed by the client");
        }
    }

    @Test
    void an_observer_hears_of_what_it_asked_for_and_of_nothing_after_it_left() throws Exception {
        BlockingQueue<ClientEvent> events = new LinkedBlockingQueue<>();
        ClientObserver failing = event -> {
            throw new IllegalStateException("a bug of an application");
        };
        ClientObserver observer = events::add;
        mqtt().addObserver(failing, Map.of(ClientObserver.EVENTS, List.of("published")));
        mqtt().addObserver(observer, Map.of(ClientObserver.EVENTS, new String[] {"published", "connected"}));
        try (MqttClient client = connect(Node.PASSWORD)) {
            client.expect(2).success();
            assertThat(next(events)).isEqualTo("connected me admin");
            client.publish("t", "x", 0, false);
            client.publish("t", "x", 2, true);
            assertThat(next(events)).isEqualTo("published me admin t 0");
            assertThat(next(events)).isEqualTo("published me admin t 2");
            assertThat(client.publish("$SYS/t", "x", 1, false)).isEqualTo(0x90);
            mqtt().removeObserver(observer);
            client.publish("t", "x", 1, false);
            CountDownLatch after = new CountDownLatch(1);
            mqtt().addObserver(event -> after.countDown(), Map.of(ClientObserver.EVENTS, "published"));
            client.publish("t", "x", 1, false);
            assertThat(after.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(events).isEmpty();
        }
    }

    @Test
    void nothing_is_wanted_while_nobody_listens() {
        try (ClientEvents events = new ClientEvents("test")) {
            ClientObserver observer = event -> {};
            assertThat(Set.of(ClientEvent.Type.values())).noneMatch(events::wanted);
            events.add(observer, Map.of());
            assertThat(events.wanted(ClientEvent.Type.PUBLISHED)).isFalse();
            assertThat(events.wanted(ClientEvent.Type.AUTH_FAILED)).isTrue();
            events.remove(observer);
            assertThat(Set.of(ClientEvent.Type.values())).noneMatch(events::wanted);
        }
    }
}
