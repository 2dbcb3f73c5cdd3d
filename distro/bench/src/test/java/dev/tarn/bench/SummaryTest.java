// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SummaryTest {

    @Test
    void runs_of_one_scenario_and_server_become_one_row_with_medians_and_spread(@TempDir Path folder) throws Exception {
        Path file = Files.write(
                folder.resolve("results.tsv"),
                List.of(
                        new Result("tarn", "mqtt-qos0", 40_000, 9, 100, 2_000, 3_000, 4, "1.5").line(),
                        new Result("mosquitto", "mqtt-qos0", 44_000, 8.2, 90, 1_000, 2_000, 4, "1.5").line(),
                        new Result("tarn", "mqtt-qos0", 42_000, 7, 120, 4_000, 5_000, 4, "1.7").line()));

        assertThat(Summary.of(file.toString()).lines())
                .contains(
                        "| mqtt-qos0 | tarn | 2 | 8.0 | 7.0-9.0 | 41,000 | 0.11 | 3.00 | 4.00 | 4.0 | 1.6 |",
                        "| mqtt-qos0 | mosquitto | 1 | 8.2 | 8.2-8.2 | 44,000 | 0.09 | 1.00 | 2.00 | 4.0 | 1.5 |");
    }

    @Test
    void an_option_that_is_not_known_is_refused() {
        assertThatThrownBy(() -> Options.of("--prot", "1")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Options.of("--port")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Main.run("nothing", Options.of())).hasMessageContaining("nothing");
    }

    @Test
    void payloads_have_the_wanted_size() {
        assertThat(Options.of("--size", "100").payload()).hasSize(100);
        assertThat(Options.of("--size", "100", "--payload", "json").payload()).hasSize(100);
        assertThat(new String(Options.of("--payload", "json").payload(), java.nio.charset.StandardCharsets.UTF_8))
                .startsWith("{\"temp\":72.5,")
                .endsWith("\"}");
    }

    @Test
    void the_time_of_this_process_can_be_read() throws Exception {
        long self = ProcessHandle.current().pid();

        assertThat(Cpu.microseconds(self)).isPositive();
        assertThat(Cpu.resident(self)).isGreaterThan(1 << 20);
        assertThat(Cpu.microseconds(0)).isZero();
        assertThat(Double.parseDouble(Cpu.load())).isNotNegative();
    }
}
