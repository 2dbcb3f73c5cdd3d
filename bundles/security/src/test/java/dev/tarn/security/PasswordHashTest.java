// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordHashTest {

    private static final Cost CHEAP = new Cost(1_024, 1, 0);

    private static final String ARGON2 =
            "$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$01Vpvk689gUOhnWwRXMX/tK2ecjGXpfu+OmZ+cpYVFc";

    private static final String DIGEST =
            "$sha512$AAECAwQFBgcICQoL$AJrxXYtsgZB4aLm/2ClpqYb3i/sCD4IUDiTDITtwphspe83qeRQur9XdEQ"
                    + "KEpqMNbEILy2y+b4HnOvDgydpPyQ";

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "correct horse", "Passwörter 密码 \uD83D\uDD11", " leading and trailing "})
    void the_right_password_matches_and_a_similar_one_does_not(String password) {
        PasswordHash hash =
                PasswordHash.parse(PasswordHash.of(utf8(password), CHEAP).text());
        assertThat(hash.matches(utf8(password))).isTrue();
        assertThat(hash.matches(utf8(password + "\u0000"))).isFalse();
        assertThat(hash.matches(utf8(password.toUpperCase(java.util.Locale.ROOT) + "x")))
                .isFalse();
        assertThat(hash.matches(new byte[0])).isFalse();
    }

    @Test
    void the_text_says_how_it_was_made_and_is_salted() {
        String text = PasswordHash.of(utf8("x"), CHEAP).text();
        assertThat(text).matches("\\$argon2id\\$v=19\\$m=1024,t=1,p=1\\$[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{43}");
        assertThat(PasswordHash.of(utf8("x"), CHEAP).text()).isNotEqualTo(text);
        assertThat(PasswordHash.parse(text).current(CHEAP)).isTrue();
        assertThat(PasswordHash.parse(text).current(new Cost(1_024, 2, 0))).isFalse();
        assertThat(PasswordHash.parse(text).current(new Cost(2_048, 1, 0))).isFalse();
    }

    /** Made with OpenSSL's Argon2id by way of Python's cryptography. */
    @Test
    void argon2_made_elsewhere_is_understood() {
        PasswordHash hash = PasswordHash.parse(ARGON2);
        assertThat(hash.matches(utf8("Passwörter"))).isTrue();
        assertThat(hash.matches(utf8("Passworter"))).isFalse();
        assertThat(hash.text()).isEqualTo(ARGON2);
    }

    /** Made with Python's hashlib.sha512('Passwörter'.encode() + bytes(range(12))), as Mosquitto 1.6 does. */
    @Test
    void a_salted_digest_made_elsewhere_is_understood() {
        PasswordHash hash = PasswordHash.parse(DIGEST);
        assertThat(hash.matches(utf8("Passwörter"))).isTrue();
        assertThat(hash.matches(utf8("Passworter"))).isFalse();
        assertThat(hash.text()).isEqualTo(DIGEST);
        assertThat(hash.current(CHEAP)).isFalse();
    }

    /** Made with Python's hashlib.pbkdf2_hmac('sha512', 'Passwörter'.encode(), bytes(16), 1000). */
    @Test
    void a_hash_made_elsewhere_is_understood() {
        PasswordHash hash = PasswordHash.parse("$pbkdf2-sha512$i=1000$AAAAAAAAAAAAAAAAAAAAAA$"
                + "A/PAty0SgsCy+q0nli3ZVrV2SpzqQDMrSdZX29iMc7dleNvcdiqpGZmTM5u0+EU3YD2yz+KwK+QvzWJxt/QW1A");
        assertThat(hash.matches(utf8("Passwörter"))).isTrue();
        assertThat(hash.matches(utf8("Passworter"))).isFalse();
    }

    @Test
    void bytes_that_are_not_text_match_nothing() {
        byte[] replaced = utf8("a\uFFFD");
        PasswordHash hash = PasswordHash.of(replaced, CHEAP);
        assertThat(hash.matches(replaced)).isTrue();
        assertThat(hash.matches(new byte[] {'a', (byte) 0xFF})).isFalse();
    }

    @Test
    void nobody_has_no_password() {
        assertThat(PasswordHash.ofNobody(CHEAP).matches(utf8(""))).isFalse();
        assertThat(PasswordHash.ofNobody(CHEAP).matches(utf8("nobody"))).isFalse();
    }

    @Test
    void a_password_that_cannot_be_one_is_refused() {
        assertThatThrownBy(() -> PasswordHash.of(new byte[0], CHEAP)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PasswordHash.of(new byte[PasswordHash.LONGEST + 1], CHEAP))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PasswordHash.of(utf8("a\u0000"), CHEAP)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PasswordHash.of(new byte[] {(byte) 0xC0, (byte) 0x80}, CHEAP))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "secret",
                "$pbkdf2-sha512$i=0$AA$AA",
                "$pbkdf2-sha512$i=999999999$AA$AA",
                "$pbkdf2-sha512$i=1000$AA",
                "$pbkdf2-sha256$i=1000$AA$AA",
                "$pbkdf2-sha512$i=1000$A$AA",
                "$argon2id$v=19$m=1024,t=1,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAA",
                "$argon2id$v=16$m=1024,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
                "$argon2i$v=19$m=1024,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
                "$argon2id$v=19$m=9999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
                "$sha512$AA$AA",
                "$sha512$$AA"
            })
    void a_hash_of_an_unknown_form_is_refused(String text) {
        assertThatThrownBy(() -> PasswordHash.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
