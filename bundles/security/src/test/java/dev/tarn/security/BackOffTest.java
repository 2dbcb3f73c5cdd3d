// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackOffTest {

    private static final InetSocketAddress HERE = new InetSocketAddress("192.0.2.1", 4711);
    private static final InetSocketAddress THERE = new InetSocketAddress("198.51.100.7", 4711);

    private final TestClock clock = new TestClock();
    private final BackOff backOff = new BackOff(clock);

    private void wrong(int times, String name, InetSocketAddress from) {
        for (int i = 0; i < times; i++) {
            backOff.wrong(name, from);
        }
    }

    @Test
    void a_few_mistakes_cost_nothing_then_each_doubles_the_wait() {
        wrong(BackOff.FREE - 1, "ada", HERE);
        assertThat(backOff.waiting("ada", HERE)).isZero();
        for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
            backOff.wrong("ada", HERE);
            assertThat(backOff.waiting("ada", HERE)).isEqualTo(Duration.ofSeconds(seconds));
            clock.forward(Duration.ofSeconds(seconds));
            assertThat(backOff.waiting("ada", HERE)).isZero();
        }
    }

    @Test
    void others_do_not_wait() {
        wrong(20, "ada", HERE);
        assertThat(backOff.waiting("ada", HERE)).isPositive();
        assertThat(backOff.waiting("ada", THERE)).isZero();
        assertThat(backOff.waiting("ada", null)).isZero();
        assertThat(backOff.waiting("bob", HERE)).isZero();
        assertThat(backOff.waiting("ada", new InetSocketAddress("192.0.2.1", 9)))
                .isPositive();
    }

    @Test
    void who_tries_many_names_waits_with_all_of_them() {
        for (int i = 0; i < BackOff.FREE_PER_ADDRESS + 3; i++) {
            backOff.wrong("user" + i, HERE);
        }
        assertThat(backOff.waiting("ada", HERE)).isPositive();
    }

    @Test
    void the_right_password_is_a_new_start_for_the_name() {
        wrong(20, "ada", HERE);
        backOff.right("ada", HERE);
        assertThat(backOff.waiting("ada", HERE)).isZero();
    }

    @Test
    void mistakes_are_forgiven_in_time() {
        wrong(BackOff.FREE + 3, "ada", HERE);
        clock.forward(BackOff.FORGIVEN);
        backOff.wrong("ada", HERE);
        assertThat(backOff.waiting("ada", HERE)).isZero();
    }

    @Test
    void a_network_of_ipv6_is_one_address() {
        wrong(20, "ada", new InetSocketAddress("2001:db8::1", 1));
        assertThat(backOff.waiting("ada", new InetSocketAddress("2001:db8::ffff:2", 2)))
                .isPositive();
        assertThat(backOff.waiting("ada", new InetSocketAddress("2001:db8:0:1::1", 1)))
                .isZero();
    }
}
