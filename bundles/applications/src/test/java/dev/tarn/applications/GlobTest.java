// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GlobTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "web/**        | web/a/b.html       | a/b.html",
                "web/**        | web/b.html         | b.html",
                "web/*         | web/b.html         | b.html",
                "web/*         | web/a/b.html       | ",
                "site/pages/** | site/pages/i.html  | i.html",
                "web           | web/a/b.html       | a/b.html",
                "web/          | web/b.html         | b.html",
                "./web/**      | web/b.html         | b.html",
                "web/x.html    | web/x.html         | x.html",
                "*.{js,css}    | a.css              | a.css",
                "*.{js,css}    | a.html             | ",
                "**/*.html     | a/b/c.html         | a/b/c.html",
                "**/*.html     | c.html             | c.html",
                "w?b/a.js      | web/a.js           | web/a.js",
                "a.js          | abjs               | ",
                "a[1].js       | a[1].js            | a[1].js",
                "web           | webber/a           | ",
            })
    void the_part_below_the_fixed_folder_is_what_is_served(String pattern, String file, String below) {
        assertThat(Glob.of(pattern).below(file)).isEqualTo(below);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/../../x", "/etc/passwd", "a\\b", "", "**/**/**/**/**", "{a"})
    void a_pattern_that_leaves_the_folder_or_cannot_be_read_is_refused(String pattern) {
        assertThatThrownBy(() -> Glob.of(pattern)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void many_stars_against_a_long_name_take_no_time() {
        Glob glob = Glob.of("**/*a*a/*.x");

        assertThat(glob.matches("a/".repeat(2_000) + "b")).isFalse();
    }
}
