// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemoteTest {
    @TempDir
    Path folder;

    private void run(String words) throws Exception {
        new Remote(List.of(words.replace("HERE", folder.toString()).split(" ")), System.out).run(new Image(folder));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "status now                     | tarn status",
                "bundle                         | tarn bundle list",
                "bundle shout x                 | tarn bundle list",
                "bundle update x                | tarn bundle list",
                "run                            | tarn run operation",
                "run backup file                | not key=value",
                "status --data                  | --data wants a value",
                "status --nonsense              | unknown option '--nonsense'",
                "bundle install HERE/none.jar   | cannot be read",
                "status --data HERE/none        | no node runs in",
                "status --url http://127.0.0.1:1 --data HERE | does not answer"
            })
    void what_cannot_be_asked_is_refused_with_the_reason(String words, String told) {
        assertThatThrownBy(() -> run(words)).isInstanceOf(Refusal.class).hasMessageContaining(told);
    }

    @Test
    void nobody_is_asked_where_a_node_was_that_is_gone() throws Exception {
        Files.writeString(folder.resolve("administrator-password"), "admin secret\n");
        Files.writeString(folder.resolve(Address.LISTENERS), "admin 127.0.0.1:1\n");
        assertThatThrownBy(() -> run("status --data HERE"))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("no node runs in");
        Files.writeString(folder.resolve("tarn.lock"), "12345\n");
        assertThatThrownBy(() -> run("status --data HERE"))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("no node runs in");
    }

    @Test
    void arguments_are_texts_of_json() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("operation", "a\"b\\c");
        values.put("x", "line\nend ü");
        assertThat(Remote.json(values)).isEqualTo("{\"operation\":\"a\\\"b\\\\c\",\"x\":\"line\\u000aend ü\"}");
    }
}
