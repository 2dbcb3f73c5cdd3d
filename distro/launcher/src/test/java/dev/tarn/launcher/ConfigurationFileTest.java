// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationFileTest {
    private static final String BEFORE = """
            # Grüße 😀
            http:
              port: 9926   # as ever
              hosts: [a, b]
              origins:
                - https://a.example
                - https://b.example
            engine.mailbox:
              bytes: 1
            log:
              level:
            """;

    @TempDir
    Path folder;

    @Test
    void a_value_takes_the_place_of_the_present_one_and_all_else_stays() {
        assertThat(ConfigurationFile.with(BEFORE, "http.port", "8080"))
                .isEqualTo(BEFORE.replace("port: 9926 ", "port: 8080 "));
        assertThat(ConfigurationFile.with(BEFORE, "http.hosts", "[c]")).isEqualTo(BEFORE.replace("[a, b]", "[c]"));
        assertThat(ConfigurationFile.with(BEFORE, "engine.mailbox.bytes", "2"))
                .isEqualTo(BEFORE.replace("bytes: 1", "bytes: 2"));
        assertThat(ConfigurationFile.with(BEFORE, "log.level", "warn"))
                .isEqualTo(BEFORE.replace("level:", "level: warn"));
    }

    @Test
    void a_list_of_lines_becomes_one_line() {
        assertThat(ConfigurationFile.with(BEFORE, "http.origins", "[x]"))
                .isEqualTo(BEFORE.replace(
                        "origins:\n    - https://a.example\n    - https://b.example\n", "origins: [x]\n"));
    }

    @Test
    void what_is_not_there_comes_last_and_is_read_again() throws Exception {
        Path file = Files.writeString(folder.resolve("tarn.yaml"), BEFORE);
        new ConfigurationFile(file)
                .put(Map.of("mqtt.host", "0.0.0.0", "http.hosts", new String[] {"x: y", "on"}, "http.port", 1));
        Settings settings = Settings.of(java.util.Optional.of(file), Map.of());
        assertThat(settings.get("mqtt.host").orElseThrow().words()).isEqualTo(List.of("0.0.0.0"));
        assertThat(settings.get("http.hosts").orElseThrow().words()).isEqualTo(List.of("x: y", "on"));
        assertThat(settings.get("http.port").orElseThrow().words()).isEqualTo(List.of("1"));
        assertThat(Files.readString(file)).startsWith("# Grüße 😀\n").endsWith("mqtt.host: 0.0.0.0\n");
    }
}
