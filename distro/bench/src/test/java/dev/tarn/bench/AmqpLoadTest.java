// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.amqp.AmqpProtocol;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loads of AMQP run against a node; the peer that they compare it with is fetched only by the script. */
class AmqpLoadTest {

    @ParameterizedTest
    @ValueSource(strings = {"amqp-topic", "amqp-queue"})
    void messages_arrive_and_are_measured(String load, @TempDir Path directory) throws Exception {
        try (Node node = Node.in(directory).stream(services -> services.make(AmqpProtocol.class))
                .start()) {
            Result result = AmqpLoad.run(
                    load,
                    Options.of(
                            "--port",
                            String.valueOf(node.port("amqp")),
                            "--seconds",
                            "1",
                            "--warm",
                            "0",
                            "--label",
                            "x"));
            assertThat(result.perSecond()).isPositive();
            assertThat(result.median()).isPositive();
        }
    }
}
