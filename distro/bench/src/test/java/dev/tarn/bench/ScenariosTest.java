// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.http.RestProtocol;
import dev.tarn.mqtt.MqttProtocol;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every scenario runs for a second against a node. */
class ScenariosTest {

    private static final Table ROWS = new Table(
            Table.DATA,
            "Rows",
            "Rows",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.LONG),
                    Attribute.of("group", Attribute.Type.LONG).withIndex(),
                    Attribute.of("text", Attribute.Type.STRING)),
            Table.Rules.DECLARED);

    private static Node node;

    @BeforeAll
    static void start(@TempDir Path directory) {
        node = Node.in(directory).stream(services -> services.make(MqttProtocol.class))
                .http(0, services -> services.make(RestProtocol.class))
                .start()
                .deploy(ROWS);
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    static Set<String> scenarios() {
        return Main.SCENARIOS.keySet();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void a_scenario_completes_operations_and_measures_them(String scenario) throws Exception {
        String port = String.valueOf(node.port(scenario.startsWith("http") ? "http" : "mqtt"));
        String self = String.valueOf(ProcessHandle.current().pid());

        String prefix = scenario.equals("http-query") ? "Rows" : "bench";
        String[] options = {
            "--port", port, "--pid", self, "--seconds", "1", "--warm", "0", "--prefix", prefix, "--rows", "2000"
        };
        Result result = Main.run(scenario, Options.of(options));

        assertThat(result.perSecond()).isPositive();
        assertThat(result.cpu()).isPositive();
        assertThat(result.median()).isPositive().isLessThanOrEqualTo(result.p99());
        assertThat(Result.of(result.line()).scenario()).isEqualTo(scenario);
    }
}
