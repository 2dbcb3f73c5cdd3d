// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InFlightTest {

    @Test
    void an_identifier_is_free_or_the_next_is_taken() {
        InFlight inFlight = new InFlight();
        int held = inFlight.add(InFlight.Stage.PUBREC, false, 1, null);
        int other = inFlight.add(InFlight.Stage.PUBACK, false, 2, null);
        assertThat(held).isEqualTo(1);
        assertThat(other).isEqualTo(2);
        for (int i = 0; i < 140_000; i++) {
            int next = inFlight.add(InFlight.Stage.PUBACK, false, 3 + i, null);
            assertThat(next).isBetween(3, 65_535);
            inFlight.remove(next);
        }
        inFlight.remove(other);
        for (int i = 0; i < 65_534; i++) {
            inFlight.add(InFlight.Stage.PUBACK, false, i, null);
        }
        assertThat(inFlight.size()).isEqualTo(65_535);
    }
}
