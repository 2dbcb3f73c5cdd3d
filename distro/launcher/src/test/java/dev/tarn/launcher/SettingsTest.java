// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @TempDir
    Path folder;

    private Settings read(String yaml, Map<String, String> commandLine) throws Exception {
        Path file = folder.resolve("tarn.yaml");
        Files.writeString(file, yaml);
        return Settings.of(Optional.of(file), commandLine);
    }

    @Test
    void nested_sections_become_dotted_keys_that_know_their_line() throws Exception {
        Settings settings = read("http:\n  port: 80\n  hosts: [a, b]\nlog: {level: info}\nempty:\n", Map.of());
        assertThat(settings.get("http.port").orElseThrow().words()).containsExactly("80");
        assertThat(settings.get("http.port").orElseThrow().origin()).endsWith("tarn.yaml:2");
        assertThat(settings.get("http.hosts").orElseThrow().words()).containsExactly("a", "b");
        assertThat(settings.all())
                .extracting(Settings.Setting::key)
                .containsExactly("http.port", "http.hosts", "log.level");
    }

    @Test
    void the_command_line_wins_over_the_file() throws Exception {
        Settings settings = read("http:\n  port: 80\n", Map.of("http.port", "0"));
        assertThat(settings.all())
                .singleElement()
                .extracting(Settings.Setting::words, Settings.Setting::origin)
                .containsExactly(List.of("0"), "--set http.port");
    }

    @Test
    void an_empty_file_says_nothing() throws Exception {
        assertThat(read("", Map.of()).all()).isEmpty();
        assertThat(read("# only a comment\n", Map.of()).all()).isEmpty();
        assertThat(read("---\n", Map.of()).all()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http:\\n  port: 1\\n  port: 2 | said a second time",
                "http: {port: 1}\\nhttp.port: 2 | said a second time",
                "just words | wants sections",
                "- a\\n- b | wants sections",
                "http: [ | :1: ",
                "http:\\n\\tport: 1 | :2: ",
                "a: [[1]] | wants a plain value",
                "? [a]\\n: b | a key must be a word",
                "a: {b: {c: {d: {e: {f: {g: 1}}}}}} | wants a plain value",
                "a: &x [*x] | aliases"
            })
    void a_file_that_cannot_be_read_is_told_by_line(String yaml, String told) {
        assertThatThrownBy(() -> read(yaml.replace("\\n", "\n").replace("\\t", "\t"), Map.of()))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("tarn.yaml")
                .hasMessageContaining(told.strip());
    }

    @Test
    void bytes_that_are_not_utf_8_are_refused() throws Exception {
        Path file = Files.write(folder.resolve("latin.yaml"), "a: \u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Settings.of(Optional.of(file), Map.of())).hasMessageContaining("is not UTF-8");
    }
}
