// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.ImageExtension;
import dev.tarn.testkit.MqttClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What applications test themselves with when they ask for the server as it is shipped. */
class ImageExtensionTest {
    @RegisterExtension
    static final ImageExtension TARN =
            ImageExtension.of(Tarn.IMAGE).application(Path.of(System.getProperty("tarn.sensors")));

    @Test
    void an_application_is_deployed_when_the_test_begins() throws Exception {
        assertThat(TARN.send("PUT", "/Sensors/1", "{\"temp\":120}").statusCode())
                .isEqualTo(201);
        assertThat(TARN.send("GET", "/Sensors/1", null).body()).contains("\"alert\":true");
        try (MqttClient client = MqttClient.five(TARN.port("mqtt"), "sensor")) {
            assertThat(client.publish("Sensors/2", "{\"temp\":-300}", 1, true)).isEqualTo(0x99);
        }
        assertThat(TARN.send("GET", "/Sensors/2", null).statusCode()).isEqualTo(404);
    }
}
