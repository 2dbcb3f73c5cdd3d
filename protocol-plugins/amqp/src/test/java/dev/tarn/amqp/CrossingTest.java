// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.http.RestProtocol;
import dev.tarn.mqtt.MqttProtocol;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.UnsignedInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one protocol says another one hears, properties included. */
class CrossingTest {

    private Node node;

    @BeforeEach
    void start(@TempDir Path directory) {
        node = Node.in(directory).stream(services -> services.make(AmqpProtocol.class)).stream(
                        services -> services.make(MqttProtocol.class))
                .http(0, services -> services.make(RestProtocol.class))
                .start()
                .deploy(Peer.SENSORS);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    @Test
    void a_row_goes_from_amqp_to_mqtt_and_http_and_back_with_its_properties() throws Exception {
        try (Peer peer = Peer.of(node);
                MqttClient mqtt = MqttClient.five(node.port("mqtt"), "listening")) {
            mqtt.subscribe("Sensors/#", 1);
            Message<byte[]> put = Message.create("{\"temp\":21.5}".getBytes(UTF_8));
            put.contentType("application/json").subject("put").correlationId("c-1");
            put.property("unit", "celsius").property("n", UnsignedInteger.valueOf(4_000_000_000L));
            Peer.send(peer.sender("Sensors/1"), put);

            MqttPacket publish = mqtt.receive();
            assertThat(publish.topic()).isEqualTo("Sensors/1");
            assertThat(node.value(publish.text())).isEqualTo(node.value("{\"id\":\"1\",\"temp\":21.5}"));
            assertThat(publish.properties().stream()
                            .filter(one -> one.id() == 0x26)
                            .map(MqttPacket.Property::value))
                    .containsExactly(List.of("unit", "celsius"), List.of("n", "4000000000"));
            assertThat((byte[]) publish.property(0x09)).isEqualTo("c-1".getBytes(UTF_8));

            HttpResponse<String> row = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(node.http("/Sensors/1")).build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(node.value(row.body())).isEqualTo(node.value("{\"id\":\"1\",\"temp\":21.5}"));

            Message<byte[]> back = Peer.next(peer.receiver("Sensors/1")).message();
            assertThat(node.value(new String(back.body(), UTF_8)))
                    .isEqualTo(node.value("{\"id\":\"1\",\"temp\":21.5}"));
            assertThat(back.property("n")).isEqualTo(UnsignedInteger.valueOf(4_000_000_000L));
            assertThat(back.property("unit")).isEqualTo("celsius");
            assertThat(back.correlationId()).isEqualTo("c-1");
        }
    }

    @Test
    void types_that_amqp_alone_has_are_for_amqp_alone() throws Exception {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("int", 1);
        map.put("float", 1.5f);
        map.put("char", 'c');
        map.put("bytes", new Binary(new byte[] {1, 2, 3}));
        map.put("uuid", new UUID(1, 2));
        map.put("list", new ArrayList<>(List.of((byte) 1, UnsignedInteger.valueOf(2))));
        String json = "{\"int\":1,\"float\":1.5,\"char\":\"c\",\"bytes\":\"AQID\","
                + "\"uuid\":\"00000000-0000-0001-0000-000000000002\",\"list\":[1,2]}";
        try (Peer peer = Peer.of(node);
                MqttClient mqtt = MqttClient.five(node.port("mqtt"), "listening")) {
            mqtt.subscribe("topic/#", 1);
            Receiver receiver = peer.receiver("topic/#");
            for (String subject : List.of("put", "said")) {
                Peer.send(
                        peer.sender("topic/1"),
                        Message.create((Object) map).subject(subject).priority((byte) 9));
                MqttPacket publish = mqtt.receive();
                assertThat(publish.text()).isEqualTo(json);
                assertThat(publish.properties()).hasSize(1);
                assertThat(publish.property(0x03)).isEqualTo("application/json");
                assertThat(Peer.next(receiver).<Object>message().body()).isEqualTo(map);
            }
            HttpResponse<String> row = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(node.http("/topic/1")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(row.body()).isEqualTo(json);
            assertThat(row.headers().firstValue("content-type")).hasValue("application/json");

            mqtt.sendPublish("topic/1", json.getBytes(UTF_8), 1, true, "");
            Message<byte[]> written = Peer.next(receiver).message();
            assertThat(new String(written.body(), UTF_8)).isEqualTo(json);
            assertThat(written.priority()).isEqualTo((byte) 4);
        }
    }

    @Test
    void what_mqtt_and_http_say_reaches_amqp_with_what_they_have_of_properties() throws Exception {
        try (Peer peer = Peer.of(node);
                MqttClient mqtt = MqttClient.five(node.port("mqtt"), "speaking")) {
            Receiver receiver = peer.receiver("#");
            // User property, response topic, correlation data, content type.
            mqtt.sendPublish(
                    "chat/1",
                    "hi".getBytes(UTF_8),
                    1,
                    false,
                    "03 s\"text/x\" 08 s\"chat/answers\" 09 s\"c-2\" 26 s\"lang\" s\"en\"");
            Message<byte[]> said = Peer.next(receiver).message();
            assertThat(said.to()).isEqualTo("chat/1");
            assertThat(new String(said.body(), UTF_8)).isEqualTo("hi");
            assertThat(said.contentType()).isEqualTo("text/x");
            assertThat(said.replyTo()).isEqualTo("chat/answers");
            assertThat(said.correlationId()).isEqualTo("c-2");
            assertThat(said.property("lang")).isEqualTo("en");

            HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(node.http("/Sensors/2"))
                                    .header("Content-Type", "application/json")
                                    .PUT(HttpRequest.BodyPublishers.ofString("{\"temp\":3}"))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding());
            Message<byte[]> put = Peer.next(receiver).message();
            assertThat(put.to()).isEqualTo("Sensors/2");
            assertThat(put.annotation("x-opt-kind")).isEqualTo("put");
            assertThat(node.value(new String(put.body(), UTF_8))).isEqualTo(node.value("{\"id\":\"2\",\"temp\":3}"));
        }
    }
}
