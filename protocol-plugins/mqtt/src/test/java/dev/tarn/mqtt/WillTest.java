// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WillTest extends WireTest {

    private MqttClient watcher;

    @BeforeEach
    void watch() throws IOException {
        watcher = five("watcher");
        watcher.subscribe("will/#", 2);
    }

    private MqttClient withWill(String flags, String properties) throws IOException {
        MqttClient client = silent("5");
        client.send("10 [ s\"MQTT\" 05 " + flags + " 00 01 [ ] s\"dying\" [ " + properties
                        + " ] s\"will/t\" s\"gone\" ]")
                .expect(2)
                .success();
        return client;
    }

    @Test
    void a_lost_connection_publishes_it_with_all_it_has() throws IOException {
        withWill(
                        "16",
                        "01 01 03 s\"text/plain\" 08 s\"r\" 09 00 01 FF 26 s\"k\" s\"v\" 26 s\"a\" s\"b\" 26 s\"k\" s\"v\"")
                .raw()
                .reset();
        MqttPacket will = watcher.receive();
        assertThat(will.topic()).isEqualTo("will/t");
        assertThat(will.text()).isEqualTo("gone");
        assertThat(will.qos()).isEqualTo(2);
        assertThat(will.retain()).isFalse();
        assertThat(will.property(0x03)).isEqualTo("text/plain");
        assertThat(will.property(0x08)).isEqualTo("r");
        assertThat(will.number(0x01)).isEqualTo(1);
        assertThat(will.properties().stream().filter(one -> one.id() == 0x26).map(MqttPacket.Property::value))
                .containsExactly(List.of("k", "v"), List.of("a", "b"), List.of("k", "v"));
        assertThat(node().row("will/t")).isEmpty();
    }

    @Test
    void a_goodbye_leaves_no_will() throws IOException {
        withWill("0E", "").disconnect();
        watcher.expectNothing();
    }

    @Test
    void a_goodbye_may_ask_for_it() throws IOException {
        withWill("0E", "").send("E0 01 04").raw().expectClosed();
        assertThat(watcher.receive().qos()).isEqualTo(1);
    }

    @Test
    void a_violation_publishes_it() throws IOException {
        withWill("06", "").send("00 00");
        assertThat(watcher.receive().text()).isEqualTo("gone");
    }

    @Test
    void silence_publishes_it() throws IOException {
        withWill("06", "");
        assertThat(watcher.receive().text()).isEqualTo("gone");
    }

    @Test
    void a_takeover_publishes_it() throws IOException {
        withWill("06", "");
        three("dying");
        assertThat(watcher.receive().text()).isEqualTo("gone");
        watcher.expectNothing();
    }

    @Test
    void a_retained_will_is_a_row_and_an_empty_one_ends_it() throws IOException {
        MqttClient dying = silent("3.1.1");
        dying.send("10 [ s\"MQTT\" 04 2E 00 3C s\"d3\" s\"will/r\" s\"gone\" ]")
                .expect(2)
                .success();
        dying.raw().reset();
        assertThat(watcher.receive().topic()).isEqualTo("will/r");
        assertThat(node().row("will/r")).isPresent();
        MqttClient second = silent("3.1.1");
        second.send("10 [ s\"MQTT\" 04 2E 00 3C s\"d3\" s\"will/r\" s\"\" ]")
                .expect(2)
                .success();
        second.raw().reset();
        assertThat(watcher.receive().payload()).isEmpty();
        assertThat(node().row("will/r")).isEmpty();
    }
}
