// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.MqttPacket;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.PacketCorpus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every packet of the corpus, played to a live server. */
class CorpusOnTheWireTest {

    private static Node node;
    private static MqttClient other;
    private static int clients;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        node = Nodes.in(directory).start();
        other = MqttClient.three(node.port("mqtt"), "other");
    }

    @AfterAll
    static void stop() throws IOException {
        other.close();
        node.close();
    }

    static Stream<PacketCorpus.Case> corpus() {
        return PacketReaderTest.all();
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void a_packet_is_answered_as_the_corpus_says(PacketCorpus.Case packet) throws IOException {
        try (MqttClient client = MqttClient.silent(node.port("mqtt"), packet.version())) {
            boolean first = PacketReaderTest.first(packet);
            if (!first) {
                client.send(connect(packet.version())).expect(2).success();
            }
            client.raw().send(packet.bytes());
            if (packet.incomplete()) {
                client.expectSilence(Duration.ofMillis(50));
            } else if (packet.legal()) {
                legal(client, packet, first);
            } else {
                refused(client, packet, first);
            }
        }
        other.expectNothing(); // nobody else notices
    }

    private static void legal(MqttClient client, PacketCorpus.Case packet, boolean first) throws IOException {
        if (first) {
            int reason = client.expect(2).reason();
            if (packet.name().matches(".*(user|password|everything).*")
                    && !packet.name().contains("property")) {
                assertThat(reason).isIn(0, 3, 4, 0x86, 0x89); // nobody has such a password, and guessing is slowed
                return;
            }
            assertThat(reason).isZero();
        }
        if (packet.name().startsWith("disconnect")) {
            client.raw().expectClosed();
            return;
        }
        client.send("C0 00");
        MqttPacket answer = client.next();
        while (answer.type() != 13) {
            assertThat(answer.type()).isNotEqualTo(14);
            answer = client.next();
        }
    }

    private static void refused(MqttClient client, PacketCorpus.Case packet, boolean first) throws IOException {
        boolean five = packet.version().equals("5");
        byte[] last = client.raw().readToEnd();
        if (five && !packet.name().startsWith("first") && !packet.name().contains("fixed header")) {
            assertThat(last).hasSizeGreaterThan(2);
            assertThat(last[0] & 0xFF).isEqualTo(first ? 0x20 : 0xE0);
            int code = first ? 3 : 2;
            assertThat(last[code + (last[1] < 0 ? 1 : 0)] & 0xFF).isEqualTo(packet.reason());
        } else if (first && last.length > 0) {
            // Only where there is a return code for it.
            assertThat(last).hasSize(4).startsWith(0x20, 0x02, 0x00);
            assertThat(List.of(0x84, 0x85)).contains(packet.reason());
        } else {
            assertThat(last).isEmpty();
        }
    }

    private static String connect(String version) {
        String id = "s\"corpus-" + clients++ + "\"";
        return switch (version) {
            case "3.1" -> "10 [ s\"MQIsdp\" 03 02 00 3C " + id + " ]";
            case "3.1.1" -> "10 [ s\"MQTT\" 04 02 00 3C " + id + " ]";
            default -> "10 [ s\"MQTT\" 05 02 00 3C [ ] " + id + " ]";
        };
    }
}
