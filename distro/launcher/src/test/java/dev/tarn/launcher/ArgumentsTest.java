// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {

    @Test
    void options_may_stand_anywhere_and_the_last_value_of_a_key_wins() {
        Arguments arguments = Arguments.of(List.of(
                "--set", "http.port=1", "dev", "--data=/d", "/apps/one", "--set=http.port=2", "--conf", "/c.yaml"));
        assertThat(arguments.command()).isEqualTo(Arguments.Command.DEV);
        assertThat(arguments.operand()).contains(Path.of("/apps/one"));
        assertThat(arguments.configuration()).contains(Path.of("/c.yaml"));
        assertThat(arguments.values()).containsEntry("http.port", "2").containsEntry("data.directory", "/d");
    }

    @Test
    void a_value_may_hold_equal_signs_or_nothing() {
        assertThat(Arguments.of(List.of("start", "--set", "a.b=c=d", "--set", "a.c="))
                        .values())
                .containsEntry("a.b", "c=d")
                .containsEntry("a.c", "");
    }

    @Test
    void without_a_command_help_is_shown() {
        assertThat(Arguments.of(List.of()).command()).isEqualTo(Arguments.Command.HELP);
        assertThat(Arguments.of(List.of("--version")).command()).isEqualTo(Arguments.Command.VERSION);
    }

    @ParameterizedTest
    @CsvSource({
        "strat,                   did you mean 'start'?",
        "start --dta x,           did you mean '--data'?",
        "start --set http.port,   wants key=value",
        "start --set =1,          wants key=value",
        "start --data,            --data wants a value",
        "start twice,             does not know what to do with 'twice'",
        "restore,                 wants the file of a backup",
        "verify one two,          does not know what to do with 'two'",
        "dev one two,             does not know what to do with 'two'",
        "dev --nothing-like-it,   tarn help"
    })
    void a_wrong_command_line_is_told_with_what_was_meant(String line, String told) {
        assertThatThrownBy(() -> Arguments.of(List.of(line.split(" "))))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(told)
                .extracting(failure -> ((Refusal) failure).exitCode())
                .isEqualTo(2);
    }
}
