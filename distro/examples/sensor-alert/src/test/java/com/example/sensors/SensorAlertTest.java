// SPDX-License-Identifier: Apache-2.0
package com.example.sensors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.TarnExtension;
import dev.tarn.testkit.WebSocketClient;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The rule holds whatever the protocol. */
class SensorAlertTest {

    @RegisterExtension
    static final TarnExtension TARN = TarnExtension.with(Sensors.class, SensorAlert.class);

    private static final String HOT = "\"alert\":true";

    @Test
    void over_every_verb_of_http() throws Exception {
        assertThat(TARN.send("PUT", "/Sensors/1", "{\"temp\":120}").statusCode())
                .isEqualTo(201);
        assertThat(TARN.text("Sensors/1")).isEqualTo("{\"id\":\"1\",\"temp\":120.0,\"alert\":true}");
        assertThat(TARN.send("PUT", "/Sensors/1", "{\"temp\":20,\"extra\":1}").statusCode())
                .isEqualTo(204);
        assertThat(TARN.text("Sensors/1")).isEqualTo("{\"id\":\"1\",\"temp\":20.0,\"alert\":false,\"extra\":1}");
        assertThat(TARN.send("PATCH", "/Sensors/1", "{\"temp\":\"130\"}").statusCode())
                .isEqualTo(204);
        assertThat(TARN.text("Sensors/1")).contains(HOT).contains("\"extra\":1");
        HttpResponse<String> created = TARN.send("POST", "/Sensors/", "{\"temp\":140}");
        assertThat(created.statusCode()).isEqualTo(201);
        String location = created.headers().firstValue("location").orElseThrow();
        assertThat(TARN.text(location.substring(1))).contains(HOT);
        assertThat(TARN.send("PUT", "/Sensors/", "[{\"id\":\"a\",\"temp\":150},{\"id\":\"b\",\"temp\":1}]")
                        .statusCode())
                .isEqualTo(204);
        assertThat(TARN.text("Sensors/a")).contains(HOT);
        assertThat(TARN.text("Sensors/b")).contains("\"alert\":false");
        assertThat(TARN.send("DELETE", "/Sensors/a", null).statusCode()).isEqualTo(204);
    }

    @Test
    void what_it_refuses_is_refused_with_its_words_and_changes_nothing() throws Exception {
        for (String verb : new String[] {"PUT", "PATCH"}) {
            TARN.send("PUT", "/Sensors/cold", "{\"temp\":1}");
            HttpResponse<String> refused = TARN.send(verb, "/Sensors/cold", "{\"temp\":-300}");
            assertThat(refused.statusCode()).isEqualTo(422);
            assertThat(refused.body()).contains("colder than anything");
            assertThat(TARN.text("Sensors/cold")).contains("\"temp\":1.0");
        }
        HttpResponse<String> unfit = TARN.send("PUT", "/Sensors/cold", "{\"temp\":\"warm\"}");
        assertThat(unfit.statusCode()).isEqualTo(422);
        assertThat(unfit.body()).contains("temp: must be a number");
        assertThat(TARN.send("PUT", "/Sensors/", "[{\"id\":\"c\",\"temp\":1},{\"id\":\"d\",\"temp\":-300}]")
                        .statusCode())
                .isEqualTo(422);
        assertThat(TARN.text("Sensors/c")).isEqualTo("absent");
    }

    @Test
    void over_mqtt_retained_or_not_of_both_versions() throws Exception {
        try (MqttClient five = MqttClient.five(TARN.port("mqtt"), "five");
                MqttClient three = MqttClient.three(TARN.port("mqtt"), "three");
                MqttClient listener = MqttClient.five(TARN.port("mqtt"), "listener")) {
            assertThat(listener.subscribe("alerts/#", 1)).isEqualTo(1);
            assertThat(five.publish("sensors/m5", "{\"temp\":120}", 1, true)).isZero();
            assertThat(listener.receive().topic()).isEqualTo("alerts/m5");
            assertThat(TARN.text("Sensors/m5")).contains(HOT);
            three.publish("Sensors/m3", "{\"temp\":121}", 1, true);
            assertThat(listener.receive().topic()).isEqualTo("alerts/m3");
            assertThat(TARN.text("Sensors/m3")).contains(HOT);
            assertThat(five.publish("Sensors/m5", "{\"temp\":-300}", 1, true)).isEqualTo(0x99);
            assertThat(TARN.text("Sensors/m5")).contains("120.0");
            // A message is no row, and the rule is about rows.
            five.publish("Sensors/said", "{\"temp\":-300}", 1, false);
            assertThat(TARN.text("Sensors/said")).isEqualTo("absent");
        }
    }

    @Test
    void over_web_socket_with_events_for_those_who_watch() throws Exception {
        try (EventReader events = new EventReader(TARN.uri("/Sensors/w1"));
                WebSocketClient socket = new WebSocketClient(TARN.socket("/Sensors/?subscribe=false"), null)) {
            assertThat(events.head().statusCode()).isEqualTo(200);
            socket.send("{\"type\":\"put\",\"id\":\"w1\",\"value\":{\"temp\":130},\"ref\":1}");
            assertThat(socket.nextText()).contains("\"type\":\"ok\"");
            assertThat(events.next().data()).contains(HOT);
            socket.send("{\"type\":\"patch\",\"id\":\"w1\",\"value\":{\"temp\":3},\"ref\":2}");
            assertThat(socket.nextText()).contains("\"type\":\"ok\"");
            assertThat(events.next().data()).contains("\"alert\":false");
            socket.send("{\"type\":\"put\",\"id\":\"w1\",\"value\":{\"temp\":-300},\"ref\":3}");
            assertThat(socket.nextText()).contains("\"type\":\"error\"").contains("colder");
        }
    }
}
