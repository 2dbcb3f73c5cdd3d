// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.ScramClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Extended authentication of MQTT 5.0, §4.12, by SCRAM-SHA-256. */
class AuthenticationTest {

    private static final String METHOD = "SCRAM-SHA-256";

    @TempDir
    static Path directory;

    private static Node node;

    @BeforeAll
    static void start() {
        node = Nodes.in(directory).passwords().start();
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static MqttClient silent() throws IOException {
        return MqttClient.silent(node.port("mqtt"), "5");
    }

    private static String hex(byte[] bytes) {
        StringBuilder hex = new StringBuilder(String.format("%02X %02X", bytes.length >> 8, bytes.length & 255));
        for (byte b : bytes) {
            hex.append(String.format(" %02X", b));
        }
        return hex.toString();
    }

    private static String said(byte[] data) {
        return "15 s\"" + METHOD + "\" 16 " + hex(data);
    }

    private static byte[] data(MqttPacket packet) {
        assertThat(packet.property(0x15)).isEqualTo(METHOD);
        return (byte[]) Objects.requireNonNull(packet.property(0x16));
    }

    private static void connect(MqttClient client, String id, ScramClient scram) throws IOException {
        client.send("10 [ s\"MQTT\" 05 02 00 3C [ " + said(scram.first()) + " ] s\"" + id + "\" ]");
    }

    /** Sees a login through until the server has the proof. */
    private static void prove(MqttClient client, ScramClient scram) throws IOException {
        MqttPacket asked = client.expect(15);
        assertThat(asked.reason()).isEqualTo(0x18);
        client.send("F0 [ 18 [ " + said(scram.proof(data(asked))) + " ] ]");
    }

    private static MqttClient connected(String id) throws IOException {
        MqttClient client = silent();
        ScramClient scram = new ScramClient(Node.ADMINISTRATOR, Node.PASSWORD);
        connect(client, id, scram);
        prove(client, scram);
        MqttPacket connack = client.expect(2).success();
        assertThat(scram.knows(data(connack))).isTrue();
        return client;
    }

    @Test
    void who_has_the_password_is_connected_and_learns_that_the_server_knows_him() throws IOException {
        try (MqttClient client = connected("known")) {
            assertThat(client.subscribe("a/#", 1)).isEqualTo(1);
            assertThat(client.publish("a/b", "x", 1, false)).isZero();
            assertThat(client.receive().text()).isEqualTo("x");
        }
    }

    @Test
    void who_has_not_is_refused_and_closed() throws IOException {
        for (String name : new String[] {Node.ADMINISTRATOR, "nobody"}) {
            try (MqttClient client = silent()) {
                ScramClient scram = new ScramClient(name, "guess");
                connect(client, "guessing", scram);
                prove(client, scram);
                assertThat(client.expect(2).reason()).isEqualTo(0x86);
                client.raw().expectClosed();
            }
        }
    }

    @Test
    void a_method_that_is_not_offered_is_refused() throws IOException {
        try (MqttClient client = silent()) {
            client.send("10 [ s\"MQTT\" 05 02 00 3C [ 15 s\"GS2-KRB5\" ] s\"other\" ]");
            MqttPacket connack = client.expect(2);
            assertThat(connack.reason()).isEqualTo(0x8C);
            assertThat(String.valueOf(connack.property(0x1F))).contains(METHOD);
            client.raw().expectClosed();
        }
    }

    @Test
    void a_method_without_data_is_refused() throws IOException {
        try (MqttClient client = silent()) {
            client.send("10 [ s\"MQTT\" 05 02 00 3C [ 15 s\"" + METHOD + "\" ] s\"empty\" ]");
            assertThat(client.expect(2).reason()).isEqualTo(0x86);
            client.raw().expectClosed();
        }
    }

    /** PUBLISH, PINGREQ, CONNECT, AUTH to begin anew, of another method, and of success. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 [ s\"t/a\" [ ] \"x\" ]",
                "C0 00",
                "10 [ s\"MQTT\" 05 02 00 3C [ ] s\"again\" ]",
                "F0 [ 19 [ 15 s\"SCRAM-SHA-256\" 16 00 01 41 ] ]",
                "F0 [ 18 [ 15 s\"SCRAM-SHA-512\" 16 00 01 41 ] ]",
                "F0 [ 18 [ 16 00 01 41 ] ]",
                "F0 00"
            })
    void only_the_answer_may_come_before_the_client_is_connected(String packet) throws IOException {
        try (MqttClient client = silent()) {
            connect(client, "hasty", new ScramClient(Node.ADMINISTRATOR, Node.PASSWORD));
            client.expect(15);
            client.send(packet);
            assertThat(client.expect(2).reason()).isEqualTo(0x82);
            client.raw().expectClosed();
        }
    }

    @Test
    void who_says_goodbye_instead_of_answering_is_closed() throws IOException {
        try (MqttClient client = silent()) {
            connect(client, "shy", new ScramClient(Node.ADMINISTRATOR, Node.PASSWORD));
            client.expect(15);
            client.send("E0 00");
            client.raw().expectClosed();
        }
    }

    @Test
    void who_does_not_answer_is_closed(@TempDir Path other) throws IOException {
        try (Node hasty =
                        Nodes.in(other, Map.of("connectTimeout", 1)).passwords().start();
                MqttClient client = MqttClient.silent(hasty.port("mqtt"), "5")) {
            connect(client, "mute", new ScramClient(Node.ADMINISTRATOR, Node.PASSWORD));
            client.expect(15);
            client.raw().expectClosed();
        }
    }

    @Test
    void a_client_authenticates_again_while_everything_goes_on() throws IOException {
        try (MqttClient client = connected("again")) {
            client.subscribe("re/#", 0);
            for (int i = 0; i < 2; i++) {
                ScramClient scram = new ScramClient(Node.ADMINISTRATOR, Node.PASSWORD);
                client.send("F0 [ 19 [ " + said(scram.first()) + " ] ]");
                MqttPacket asked = client.expect(15);
                assertThat(asked.reason()).isEqualTo(0x18);
                client.publish("re/a", "x", 0, false);
                assertThat(client.receive().text()).isEqualTo("x");
                client.send("F0 [ 18 [ " + said(scram.proof(data(asked))) + " ] ]");
                MqttPacket done = client.expect(15);
                assertThat(done.reason()).isZero();
                assertThat(scram.knows(data(done))).isTrue();
            }
            client.expectNothing();
        }
    }

    @Test
    void who_cannot_prove_it_again_is_disconnected() throws IOException {
        try (MqttClient client = connected("forgetful")) {
            ScramClient scram = new ScramClient(Node.ADMINISTRATOR, "forgotten");
            client.send("F0 [ 19 [ " + said(scram.first()) + " ] ]");
            prove(client, scram);
            assertThat(client.expect(14).reason()).isEqualTo(0x87);
            client.raw().expectClosed();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "F0 [ 19 [ 15 s\"SCRAM-SHA-512\" 16 00 01 41 ] ]",
                "F0 [ 18 [ 15 s\"SCRAM-SHA-256\" 16 00 01 41 ] ]",
                "F0 [ 00 [ 15 s\"SCRAM-SHA-256\" ] ]",
                "F0 00"
            })
    void authenticating_again_is_by_the_same_method_and_in_its_order(String packet) throws IOException {
        try (MqttClient client = connected("orderly")) {
            client.send(packet);
            assertThat(client.expect(14).reason()).isEqualTo(0x82);
            client.raw().expectClosed();
        }
    }

    @Test
    void who_named_no_method_may_not_authenticate_later() throws IOException {
        try (MqttClient client = silent()) {
            String user = Node.ADMINISTRATOR;
            client.send("10 [ s\"MQTT\" 05 C2 00 3C [ ] s\"plain\" s\"" + user + "\" s\"" + Node.PASSWORD + "\" ]");
            client.expect(2).success();
            client.send("F0 [ 19 [ " + said(new ScramClient(user, Node.PASSWORD).first()) + " ] ]");
            assertThat(client.expect(14).reason()).isEqualTo(0x82);
            client.raw().expectClosed();
        }
    }
}
