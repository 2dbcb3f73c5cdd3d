// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretTest {
    @TempDir
    private Path folder;

    @Test
    void a_value_comes_from_a_file_without_its_line_break() throws Exception {
        Path file = Files.writeString(folder.resolve("s"), "open sesame\n");
        assertThat(Secret.of("${file:" + file + "}")).isEqualTo("open sesame");
        assertThat(Secret.of("plain ${x}")).isEqualTo("plain ${x}");
    }

    @Test
    void what_is_not_there_is_named() {
        assertThatThrownBy(() -> Secret.of("${env:TARN_NO_SUCH_VARIABLE}"))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.line()).contains("TARN_NO_SUCH_VARIABLE"));
        assertThatThrownBy(() -> Secret.of("${file:" + folder.resolve("absent") + "}"))
                .isInstanceOf(Refusal.class);
    }
}
