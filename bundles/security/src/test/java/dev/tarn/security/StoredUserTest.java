// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredUserTest {

    @ParameterizedTest
    @ValueSource(strings = {"admin", "ada@example.com", "Ada Lovelace", "Jürgen", "\uD83D\uDD11", "a.b_c-d", "密码"})
    void a_name_is_legal(String name) {
        assertThat(StoredUser.legal(name)).isTrue();
        assertThat(StoredUser.path(name).text()).isEqualTo("users/" + name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "#",
                "+",
                "a/#",
                "a/b",
                "$SYS",
                "%u",
                "a:b",
                "a\u0000",
                "a\nb",
                "\u001B[2J",
                "\u0085",
                "\uD800",
                "\uDC00a",
                "a\uD83D"
            })
    void a_name_that_means_something_elsewhere_is_not(String name) {
        assertThat(StoredUser.legal(name)).isFalse();
    }

    @Test
    void a_name_has_256_bytes_at_most() {
        assertThat(StoredUser.legal("x".repeat(256))).isTrue();
        assertThat(StoredUser.legal("x".repeat(257))).isFalse();
        assertThat(StoredUser.legal("ü".repeat(129))).isFalse();
    }
}
