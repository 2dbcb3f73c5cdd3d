// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextPatternTest {
    private static final List<String> ATOMS =
            List.of("a", "b", "c", ".", "[ab]", "[^a]", "\\d", "\\w", "\\s", "1", "\\.", "[a-c1]", "\\D");

    private static String random(Random random, int depth) {
        StringBuilder text = new StringBuilder();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            boolean group = depth < 3 && random.nextInt(4) == 0;
            text.append(
                    group
                            ? "(" + (random.nextBoolean() ? "?:" : "") + random(random, depth + 1) + ")"
                            : ATOMS.get(random.nextInt(ATOMS.size())));
            text.append(
                    switch (random.nextInt(9)) {
                        case 0 -> "*";
                        case 1 -> "+";
                        case 2 -> "?";
                        case 3 -> "{2}";
                        case 4 -> "{1,3}";
                        case 5 -> "*?";
                        default -> "";
                    });
        }
        if (random.nextInt(5) == 0) {
            text.append("|").append(random(random, depth + 1));
        }
        return text.toString();
    }

    @Test
    void random_patterns_match_what_those_of_the_jdk_do() {
        Random random = new Random(7);
        int matched = 0;
        for (int i = 0; i < 3_000; i++) {
            String pattern = random(random, 0);
            TextPattern own = TextPattern.parse(pattern);
            Pattern theirs = Pattern.compile(pattern);
            for (int j = 0; j < 20; j++) {
                StringBuilder text = new StringBuilder();
                for (int k = random.nextInt(7); k > 0; k--) {
                    text.append("abc1. \n".charAt(random.nextInt(7)));
                }
                boolean expected = theirs.matcher(text).matches();
                assertThat(own.matches(text.toString()))
                        .as("%s on \"%s\"", pattern, text)
                        .isEqualTo(expected);
                matched += expected ? 1 : 0;
            }
        }
        assertThat(matched).isGreaterThan(1_000);
    }

    @Test
    void a_pattern_that_makes_others_backtrack_takes_its_time_by_the_length_only() {
        TextPattern pattern = TextPattern.parse("(a+)+b|(a|aa)+c|(.*)*d");
        String text = "a".repeat(100_000);

        assertThat(pattern.tooLong(text.length())).isFalse();
        assertThat(pattern.matches(text)).isFalse();
        assertThat(pattern.matches(text + "c")).isTrue();
        assertThat(TextPattern.parse("(a{100}){90}").tooLong(100_000)).isTrue();
    }

    @Test
    void anchors_and_characters_beyond_the_first_plane() {
        assertThat(TextPattern.parse("^[A-Z]{2}[0-9]+$").matches("AB12")).isTrue();
        assertThat(TextPattern.parse("^[A-Z]{2}[0-9]+$").matches("xAB12")).isFalse();
        assertThat(TextPattern.parse("a^b").matches("ab")).isFalse();
        assertThat(TextPattern.parse(".").matches("\uD83D\uDE00")).isTrue();
        assertThat(TextPattern.parse("[\uD83D\uDE00-\uD83D\uDE02]+").matches("\uD83D\uDE01\uD83D\uDE00"))
                .isTrue();
        assertThat(TextPattern.parse("").matches("")).isTrue();
        assertThat(TextPattern.parse("\\u0041").matches("A")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "(a|at 2 in the pattern: expected )",
                "a)|at 1 in the pattern: expected the end",
                "[a|at 2 in the pattern: expected ]",
                "[b-a]|at 2 in the pattern: expected a greater character",
                "*a|at 0 in the pattern: nothing to repeat",
                "a{2,1}|at 1 in the pattern: expected a count",
                "a{2000}|at 1 in the pattern: expected a count of at most 1000",
                "(?=a)|at 0 in the pattern: only plain groups",
                "(a)\\1|at 3 in the pattern: \\1 is not known",
                "\\|at 0 in the pattern: expected a character",
                "((a{900}){900}){900}|has more than 10000 parts",
                "(((((){1000}){1000}){1000}){1000})|too many repeats",
            })
    void what_cannot_be_read_is_refused_with_its_position(String pattern, String reason) {
        assertThatThrownBy(() -> TextPattern.parse(pattern)).hasMessageContaining(reason);
    }
}
