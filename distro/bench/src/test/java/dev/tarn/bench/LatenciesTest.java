// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatenciesTest {

    private final Latencies latencies = new Latencies();

    @Test
    void percentiles_of_a_million_even_steps_are_right_within_two_percent() {
        for (int i = 1; i <= 1_000_000; i++) {
            latencies.record(i * 100L);
        }

        for (double share : new double[] {0.001, 0.5, 0.9, 0.99, 0.999}) {
            assertThat((double) latencies.percentile(share)).isCloseTo(share * 1e8, Percentage.withPercentage(2));
        }
        assertThat(latencies.count()).isEqualTo(1_000_000);
        assertThat(latencies.greatest()).isEqualTo(100_000_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 63, 64, 65, 127, 128, 1_000, 123_456_789, 1L << 40, Long.MAX_VALUE})
    void a_single_value_is_every_percentile(long value) {
        latencies.record(value);

        assertThat(latencies.percentile(0.5)).isCloseTo(value, within(value / 50 + 1));
        assertThat(latencies.percentile(1)).isEqualTo(latencies.percentile(0.001));
    }

    @Test
    void clearing_forgets_all() {
        latencies.record(5);
        latencies.clear();

        assertThat(latencies.count()).isZero();
        assertThat(latencies.percentile(0.5)).isZero();
    }
}
