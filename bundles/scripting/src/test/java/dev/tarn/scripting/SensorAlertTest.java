// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.WebSocketClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One override of put guards a table, whoever writes and however. */
class SensorAlertTest {

    private static final Path EXAMPLE = Path.of("../../distro/examples/sensor-alert-js");

    @TempDir
    static Path directory;

    private static House house;

    @BeforeAll
    static void deploy() throws IOException {
        house = new House(directory)
                .tables(
                        House.table(
                                "Sensors",
                                null,
                                Attribute.of("temp", Attribute.Type.FLOAT),
                                Attribute.of("alert", Attribute.Type.BOOLEAN)),
                        House.table("Alerts", "alerts", Attribute.of("temp", Attribute.Type.FLOAT)))
                .deploy(Files.readString(EXAMPLE.resolve("resources.js")));
    }

    @AfterAll
    static void close() {
        house.close();
    }

    private static void alerted(String id) {
        assertThat(house.node().text("Sensors/" + id)).contains("\"alert\":true");
    }

    @Test
    void a_put_over_http_goes_through_it() throws Exception {
        assertThat(house.http("PUT", "/Sensors/h1", "{\"temp\":105}").status()).isEqualTo(201);
        alerted("h1");
        assertThat(house.http("PUT", "/Sensors/h1", "{\"temp\":20}").status()).isEqualTo(204);
        assertThat(house.node().text("Sensors/h1")).contains("\"alert\":false");
    }

    @Test
    void a_patch_over_http_ends_in_it() throws Exception {
        house.http("PUT", "/Sensors/p1", "{\"temp\":20}");
        assertThat(house.http("PATCH", "/Sensors/p1", "{\"temp\":109}").status())
                .isEqualTo(204);
        alerted("p1");
    }

    @Test
    void a_post_over_http_ends_in_it() throws Exception {
        assertThat(house.http("POST", "/Sensors/", "{\"id\":\"n1\",\"temp\":109}")
                        .status())
                .isEqualTo(201);
        alerted("n1");
    }

    @Test
    void an_array_over_http_goes_through_it_and_is_written_as_a_whole_or_not_at_all() throws Exception {
        assertThat(house.http("PUT", "/Sensors/", "[{\"id\":\"a1\",\"temp\":101},{\"id\":\"a2\",\"temp\":1}]")
                        .status())
                .isEqualTo(204);
        alerted("a1");
        assertThat(house.http("PUT", "/Sensors/", "[{\"id\":\"b1\",\"temp\":101},{\"id\":\"b2\",\"temp\":-300}]")
                        .status())
                .isEqualTo(422);
        assertThat(house.node().text("Sensors/b1")).isEqualTo("absent");
    }

    @Test
    void a_refusal_has_the_status_and_the_words_of_the_script_and_writes_nothing() throws Exception {
        House.Answer refused = house.http("PUT", "/Sensors/r1", "{\"temp\":-300}");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.body()).contains("colder than anything");
        assertThat(house.node().text("Sensors/r1")).isEqualTo("absent");
    }

    @Test
    void a_retained_message_over_mqtt_goes_through_it_and_the_alert_is_told() throws Exception {
        try (MqttClient subscriber = MqttClient.five(house.node().port("mqtt"), "subscriber");
                MqttClient publisher = MqttClient.five(house.node().port("mqtt"), "publisher")) {
            subscriber.subscribe("alerts/#", 1);
            assertThat(publisher.publish("sensors/m1", "{\"temp\":120}", 1, true))
                    .isZero();
            assertThat(subscriber.receive().topic()).isEqualTo("alerts/m1");
            alerted("m1");
            assertThat(publisher.publish("Sensors/m2", "{\"temp\":-300}", 1, true))
                    .isEqualTo(0x99);
            assertThat(house.node().text("Sensors/m2")).isEqualTo("absent");
        }
    }

    @Test
    void a_put_over_a_web_socket_goes_through_it() throws Exception {
        try (WebSocketClient socket = new WebSocketClient(house.node().webSocket("/Sensors/w1"), null)) {
            socket.send("{\"type\":\"put\",\"value\":{\"temp\":105},\"ref\":1}");
            // The answer and the change come in either order.
            String all = socket.nextText() + socket.nextText();
            assertThat(all).contains("\"ok\"").contains("\"alert\":true");
            alerted("w1");
        }
    }
}
