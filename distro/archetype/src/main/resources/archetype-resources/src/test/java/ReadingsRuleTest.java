package ${package};

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.TarnExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ReadingsRuleTest {
    @RegisterExtension
    static final TarnExtension TARN = TarnExtension.with(Readings.class, ReadingsRule.class);

    @Test
    void what_is_hot_is_marked() throws Exception {
        assertEquals(201, TARN.send("PUT", "/Readings/1", "{\"temp\":120}").statusCode());
        assertTrue(TARN.text("Readings/1").contains("\"alert\":true"));
    }

    @Test
    void what_cannot_be_is_refused_over_mqtt_too() throws Exception {
        try (MqttClient client = MqttClient.five(TARN.port("mqtt"), "sensor")) {
            assertEquals(0x99, client.publish("Readings/2", "{\"temp\":-300}", 1, true));
        }
        assertEquals("absent", TARN.text("Readings/2"));
    }
}
