// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.User;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KnownCredentialsTest {

    private static final User ADA = new User("ada", Set.of("reader"), false);

    private final TestClock clock = new TestClock();
    private final KnownCredentials known = new KnownCredentials(Duration.ofSeconds(60), clock);

    private ByteBuffer fingerprint(String name, String password) {
        return known.fingerprint(new Credentials.Password(name, password.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void right_credentials_are_known_for_a_while() {
        known.remember(fingerprint("ada", "x"), ADA, known.generation());
        assertThat(known.find(fingerprint("ada", "x"))).isEqualTo(ADA);
        assertThat(known.find(fingerprint("ada", "y"))).isNull();
        assertThat(known.find(fingerprint("ad", "ax"))).isNull();
        clock.forward(Duration.ofSeconds(60));
        assertThat(known.find(fingerprint("ada", "x"))).isNull();
        assertThat(known.size()).isZero();
    }

    @Test
    void a_user_that_changed_is_forgotten_and_others_are_not() {
        User bob = new User("bob", Set.of(), false);
        known.remember(fingerprint("ada", "x"), ADA, known.generation());
        known.remember(fingerprint("bob", "x"), bob, known.generation());
        known.forget("ada");
        assertThat(known.find(fingerprint("ada", "x"))).isNull();
        assertThat(known.find(fingerprint("bob", "x"))).isEqualTo(bob);
    }

    @Test
    void what_was_checked_before_a_change_is_not_remembered_after_it() {
        long asOf = known.generation();
        known.forget("ada");
        known.remember(fingerprint("ada", "x"), ADA, asOf);
        assertThat(known.find(fingerprint("ada", "x"))).isNull();
    }

    @Test
    void memory_is_bounded() {
        for (int i = 0; i < 25_000; i++) {
            known.remember(fingerprint("ada", "x" + i), ADA, known.generation());
        }
        assertThat(known.size()).isBetween(1, 10_000);
    }

    @Test
    void two_processes_have_different_fingerprints() {
        KnownCredentials other = new KnownCredentials(Duration.ofSeconds(60), clock);
        assertThat(other.fingerprint(new Credentials.Password("ada", new byte[] {'x'})))
                .isNotEqualTo(fingerprint("ada", "x"));
    }
}
