// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RosterTest {
    private final AtomicLong now = new AtomicLong();
    private final Roster roster = new Roster(now::get);

    private static Roster.Installed installed(HttpProtocol protocol, int ranking) {
        return new Roster.Installed(protocol, ranking, new OpenChannels(), new Meter().traffic(protocol.name()));
    }

    @Test
    void the_highest_ranked_is_first() {
        Echo low = new Echo("low");
        Echo high = new Echo("high");
        roster.add(installed(low, 1));
        roster.add(installed(high, 2));
        assertThat(roster.all()).extracting(Roster.Installed::protocol).containsExactly(high, low);
    }

    @Test
    void protocols_are_expected_after_the_start_and_while_one_is_away() {
        Echo echo = new Echo("echo");
        roster.add(installed(echo, 0));
        assertThat(roster.expecting()).as("just started").isTrue();
        now.addAndGet(Roster.START.toNanos());
        assertThat(roster.expecting()).as("all there").isFalse();
        assertThat(roster.remove(echo)).isPresent();
        assertThat(roster.expecting()).as("one away").isTrue();
        roster.add(installed(new Echo("echo"), 0));
        assertThat(roster.expecting()).as("its successor came").isFalse();
    }
}
