// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.WebSocketClient;
import jakarta.jms.JMSConsumer;
import jakarta.jms.Message;
import jakarta.jms.Topic;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The demo: whoever writes, over whatever protocol, every subscriber of every protocol sees it, once. */
class MatrixTest {
    private static final Duration SILENCE = Duration.ofMillis(150);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final AtomicInteger IDS = new AtomicInteger(100);

    @TempDir
    static Path data;

    private static Tarn tarn;

    @BeforeAll
    static void start() throws Exception {
        tarn = Tarn.dev(data, Path.of(System.getProperty("tarn.examples"), "getting-started"))
                .set("amqp.port", 0)
                .ready();
    }

    @AfterAll
    static void stop() throws Exception {
        assertThat(tarn.stop()).as(tarn::said).isZero();
        assertThat(tarn.err()).as("nothing went wrong inside").isEmpty();
    }

    /** Ways to write a row. */
    enum Writer {
        MQTT_3,
        MQTT_5,
        MQTT_3_WEBSOCKET,
        MQTT_5_WEBSOCKET,
        HTTP,
        WEBSOCKET,
        AMQP;

        void write(String path, String json) throws Exception {
            switch (this) {
                case HTTP ->
                    assertThat(Http.put(tarn, "/" + path, json).statusCode()).isIn(201, 204);
                case WEBSOCKET -> {
                    String table = path.substring(0, path.indexOf('/'));
                    String id = path.substring(table.length() + 1);
                    try (WebSocketClient client = new WebSocketClient(tarn.ws("/" + table + "/none"), null)) {
                        client.send("{\"type\":\"put\",\"path\":\"" + table + "/" + id + "\",\"value\":" + json
                                + ",\"ref\":1}");
                        assertThat(Http.json(client.nextText()).path("type").asText())
                                .isEqualTo("ok");
                    }
                }
                case AMQP -> {
                    try (Jms client = Jms.tcp(tarn.port("amqp"))) {
                        client.publish(path, json, true);
                    }
                }
                default -> {
                    try (Mqtt client = mqtt()) {
                        client.publish(path, json, 1, true);
                    }
                }
            }
        }

        private Mqtt mqtt() throws Exception {
            return switch (this) {
                case MQTT_3 -> Mqtt.tcp(Mqtt.V4, tarn.port("mqtt"));
                case MQTT_5 -> Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"));
                case MQTT_3_WEBSOCKET -> Mqtt.webSocket(Mqtt.V4, tarn.ws("/mqtt"));
                case MQTT_5_WEBSOCKET -> Mqtt.webSocket(Mqtt.V5, tarn.ws("/"));
                default -> throw new IllegalArgumentException(name());
            };
        }
    }

    /** Everybody who may listen to one path. */
    private static final class Everybody implements AutoCloseable {
        final List<Mqtt> mqtt = new ArrayList<>();
        final EventReader events;
        final WebSocketClient socket;
        final Jms jms;
        final JMSConsumer consumer;

        Everybody(String path) throws Exception {
            for (Writer version :
                    List.of(Writer.MQTT_3, Writer.MQTT_5, Writer.MQTT_3_WEBSOCKET, Writer.MQTT_5_WEBSOCKET)) {
                mqtt.add(version.mqtt().subscribe(path, 1));
            }
            events = new EventReader(tarn.uri("/" + path), "Accept", "text/event-stream");
            events.head();
            socket = new WebSocketClient(tarn.ws("/" + path), null);
            jms = Jms.tcp(tarn.port("amqp"));
            consumer = jms.subscribe(path);
        }

        /** Asserts that each is told of this row once, and of nothing else. */
        void see(String path, String row, boolean retained) throws Exception {
            JsonNode expected = Http.json(row);
            for (Mqtt client : mqtt) {
                Mqtt.Message message = client.next();
                assertThat(message.topic()).isEqualTo(path);
                assertThat(Http.json(message.text())).isEqualTo(expected);
                assertThat(message.retain()).isEqualTo(retained);
            }
            JsonNode event = Http.json(events.next().data());
            assertThat(event.path("type").asText()).isEqualTo("put");
            assertThat(event.path("value")).isEqualTo(expected);
            JsonNode frame = Http.json(socket.nextText());
            assertThat(frame.path("type").asText()).isEqualTo("put");
            assertThat(frame.path("value")).isEqualTo(expected);
            Message message = Jms.next(consumer);
            assertThat(((Topic) message.getJMSDestination()).getTopicName()).isEqualTo(path);
            assertThat(Http.json(Jms.text(message))).isEqualTo(expected);
            seeNothing();
        }

        void seeNothing() throws Exception {
            for (Mqtt client : mqtt) {
                assertThat(client.pending()).isZero();
            }
            events.expectSilence(SILENCE);
            socket.expectSilence(SILENCE);
            assertThat(consumer.receiveNoWait()).isNull();
        }

        @Override
        public void close() throws Exception {
            for (Mqtt client : mqtt) {
                client.close();
            }
            events.close();
            socket.close();
            jms.close();
        }
    }

    private static String fresh() {
        return "Sensors/" + IDS.incrementAndGet();
    }

    private static String row(String path, String rest) {
        return "{\"id\":\"" + path.substring(path.indexOf('/') + 1) + "\"," + rest + "}";
    }

    @ParameterizedTest
    @EnumSource(Writer.class)
    void what_one_writes_all_see_once_and_who_comes_later_sees_the_last_state_first(Writer writer) throws Exception {
        String path = fresh();
        try (Everybody early = new Everybody(path)) {
            writer.write(path, "{\"temp\":72.5,\"location\":\"warehouse\"}");
            early.see(path, row(path, "\"temp\":72.5,\"location\":\"warehouse\""), false);
            writer.write(path, "{\"temp\":73.5,\"location\":\"warehouse\"}");
            early.see(path, row(path, "\"temp\":73.5,\"location\":\"warehouse\""), false);
        }
        try (Everybody late = new Everybody(path)) {
            late.see(path, row(path, "\"temp\":73.5,\"location\":\"warehouse\""), true);
        }
    }

    @Test
    void a_message_reaches_the_living_and_leaves_the_row_as_it_was() throws Exception {
        String path = fresh();
        Writer.HTTP.write(path, "{\"temp\":1}");
        try (Everybody all = new Everybody(path)) {
            all.see(path, row(path, "\"temp\":1"), true);
            try (Mqtt client = Writer.MQTT_5.mqtt()) {
                client.publish(path, "{\"temp\":99}", 0, false);
            }
            for (Mqtt client : all.mqtt) {
                Mqtt.Message message = client.next();
                assertThat(Http.json(message.text()).path("temp").asInt()).isEqualTo(99);
                assertThat(message.retain()).isFalse();
            }
            JsonNode event = Http.json(all.events.next().data());
            assertThat(event.path("type").asText()).isEqualTo("message");
            assertThat(Http.json(all.socket.nextText()).path("type").asText()).isEqualTo("message");
            assertThat(Http.json(Jms.text(Jms.next(all.consumer))).path("temp").asInt())
                    .isEqualTo(99);
            all.seeNothing();
        }
        assertThat(Http.json(Http.get(tarn, "/" + path)).path("temp").asInt()).isEqualTo(1);
    }

    @Test
    void a_deleted_row_is_an_empty_payload_on_mqtt_and_a_delete_elsewhere() throws Exception {
        String path = fresh();
        Writer.HTTP.write(path, "{\"temp\":1}");
        try (Everybody all = new Everybody(path)) {
            all.see(path, row(path, "\"temp\":1"), true);
            try (Mqtt client = Writer.MQTT_3.mqtt()) {
                client.publish(path, "", 1, true);
            }
            for (Mqtt client : all.mqtt) {
                assertThat(client.next().payload()).isEmpty();
            }
            assertThat(Http.json(all.events.next().data()).path("type").asText())
                    .isEqualTo("delete");
            assertThat(Http.json(all.socket.nextText()).path("type").asText()).isEqualTo("delete");
            assertThat(Jms.next(all.consumer).getJMSType()).isEqualTo("delete");
            all.seeNothing();
        }
        assertThat(Http.get(tarn, "/" + path).statusCode()).isEqualTo(404);
    }

    @Test
    void user_properties_go_with_a_row_through_every_protocol_as_far_as_it_can_hold_them() throws Exception {
        String path = fresh();
        String said = fresh();
        String again = fresh();
        try (Jms jms = Jms.tcp(tarn.port("amqp"));
                MqttClient mqtt = MqttClient.five(tarn.port("mqtt"), "properties");
                EventReader events = new EventReader(tarn.uri("/" + path), "Accept", "text/event-stream");
                WebSocketClient socket = new WebSocketClient(tarn.ws("/" + path), null)) {
            events.head();
            mqtt.subscribe(path, 1);
            JMSConsumer consumer = jms.subscribe(path);
            JMSConsumer last = jms.subscribe(again);
            jms.context()
                    .createProducer()
                    .setProperty("x_opt_retain", true)
                    .setProperty("unit", "°C = 5/9")
                    .setProperty("count", 7)
                    .setProperty("big", 1L << 40)
                    .setProperty("exact", 0.1)
                    .setProperty("ok", true)
                    .send(jms.context().createTopic(path), "{\"temp\":21.5}");
            // AMQP keeps types.
            Message typed = Jms.next(consumer);
            assertThat(typed.getObjectProperty("unit")).isEqualTo("°C = 5/9");
            assertThat(typed.getObjectProperty("count")).isEqualTo(7);
            assertThat(typed.getObjectProperty("big")).isEqualTo(1L << 40);
            assertThat(typed.getObjectProperty("exact")).isEqualTo(0.1);
            assertThat(typed.getObjectProperty("ok")).isEqualTo(true);
            // MQTT has text, HTTP too; events and frames have it by name.
            assertThat(properties(mqtt.receive()))
                    .containsSubsequence(List.of("unit", "°C = 5/9"), List.of("count", "7"))
                    .contains(List.of("big", "1099511627776"), List.of("exact", "0.1"), List.of("ok", "true"));
            for (String heard : List.of(String.valueOf(events.next().data()), socket.nextText())) {
                assertThat(Http.json(heard).path("properties").path("unit").asText())
                        .isEqualTo("°C = 5/9");
                assertThat(Http.json(heard).path("properties").path("count").asText())
                        .isEqualTo("7");
            }
            assertThat(Http.get(tarn, "/" + path).headers().allValues("Tarn-Property"))
                    .contains("unit=%C2%B0C%20%3D%205%2F9", "count=7", "exact=0.1");
            // From hand to hand: AMQP has said it, MQTT says it on, HTTP says that on, AMQP hears it.
            mqtt.sendPublish(
                    said,
                    "{\"temp\":21.5}".getBytes(StandardCharsets.UTF_8),
                    1,
                    true,
                    "26 s\"count\" s\"7\" 26 s\"unit\" s\"celsius\"");
            List<String> fields = Eventually.passes(SOON, () -> {
                List<String> there = Http.get(tarn, "/" + said).headers().allValues("Tarn-Property");
                assertThat(there).containsExactly("count=7", "unit=celsius");
                return there;
            });
            assertThat(Http.send(
                                    tarn,
                                    "PUT",
                                    "/" + again,
                                    Http.get(tarn, "/" + said).body(),
                                    "Content-Type",
                                    "application/json",
                                    "Tarn-Property",
                                    fields.get(0),
                                    "Tarn-Property",
                                    fields.get(1))
                            .statusCode())
                    .isIn(201, 204);
            Message heard = Jms.next(last);
            assertThat(heard.getIntProperty("count")).isEqualTo(7);
            assertThat(heard.getStringProperty("unit")).isEqualTo("celsius");
            assertThat(Http.json(Jms.text(heard)).path("temp").asDouble()).isEqualTo(21.5);
        }
        assertThat(Http.send(tarn, "PUT", "/" + again, new byte[] {'1'}, "Tarn-Property", "%zz=1")
                        .statusCode())
                .isEqualTo(400);
    }

    private static List<Object> properties(MqttPacket publish) {
        List<Object> properties = new ArrayList<>();
        publish.properties().stream()
                .filter(property -> property.id() == 0x26)
                .forEach(property -> properties.add(property.value()));
        return properties;
    }

    @Test
    void further_properties_are_kept_and_what_is_clearly_meant_is_understood() throws Exception {
        String path = fresh();
        Writer.MQTT_3.write(path, "{\"temp\":\"70.1\",\"color\":{\"of\":[\"paint\",1,null,true]}}");
        JsonNode row = Http.json(Http.get(tarn, "/" + path));
        assertThat(row).isEqualTo(Http.json(row(path, "\"temp\":70.1,\"color\":{\"of\":[\"paint\",1,null,true]}")));
        assertThat(row.path("temp").isNumber()).isTrue();
    }

    @Test
    void another_case_of_the_tables_name_is_the_same_row_in_the_subscribers_own_spelling() throws Exception {
        String path = fresh();
        String lower = path.toLowerCase(java.util.Locale.ROOT);
        try (Mqtt upper = Writer.MQTT_5.mqtt().subscribe("Sensors/#", 0);
                Mqtt wild = Writer.MQTT_3.mqtt().subscribe(path.replace("Sensors", "+"), 0);
                Mqtt small = Writer.MQTT_3.mqtt().subscribe(lower, 0)) {
            upper.pending();
            while (upper.pending() > 0) {
                upper.next();
            }
            Writer.MQTT_5_WEBSOCKET.write(lower, "{\"temp\":5}");
            assertThat(small.next().topic()).isEqualTo(lower);
            assertThat(wild.next().topic()).isEqualTo(path);
            Mqtt.Message seen = upper.next();
            while (!seen.topic().equals(path)) {
                seen = upper.next();
            }
            assertThat(Http.json(seen.text()).path("temp").asInt()).isEqualTo(5);
        }
        assertThat(Http.json(Http.get(tarn, "/" + path))).isEqualTo(Http.json(Http.get(tarn, "/" + lower)));
    }

    @Test
    void the_page_of_the_application_is_served_at_its_root() throws Exception {
        var page = Http.get(tarn, "/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
        assertThat(Http.text(page)).contains("app.js");
        assertThat(Http.text(Http.get(tarn, "/app.js"))).contains("EventSource");
    }

    @Test
    void all_three_tables_of_a_url_are_told_apart() throws Exception {
        Writer.HTTP.write("Some/where/else", "{\"data\":{\"a\":1}}");
        assertThat(Http.json(Http.get(tarn, "/Some/where/else")).path("id").asText())
                .isEqualTo("Some/where/else");
    }
}
