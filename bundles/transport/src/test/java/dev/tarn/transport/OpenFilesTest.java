// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OpenFilesTest {

    private static String limits(String open) {
        return "Limit                     Soft Limit           Hard Limit           Units\n"
                + "Max processes             63000                63000                processes\n"
                + "Max open files            " + open + "                20000                files\n";
    }

    @Test
    void a_tenth_of_the_limit_is_left_for_the_server_itself() {
        assertThat(OpenFiles.room(limits("20000"))).isEqualTo(18_000);
        assertThat(OpenFiles.room(limits("1024"))).isEqualTo(1024 - 256);
        assertThat(OpenFiles.room(limits("100"))).isEqualTo(1);
    }

    @Test
    void a_limit_that_is_none_and_one_that_is_not_told() {
        assertThat(OpenFiles.room(limits("unlimited"))).isEqualTo(Integer.MAX_VALUE);
        assertThat(OpenFiles.room("something else")).isPositive();
        assertThat(OpenFiles.room()).isPositive();
    }
}
