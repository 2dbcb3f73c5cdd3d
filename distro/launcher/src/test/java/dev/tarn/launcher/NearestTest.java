// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {

    @ParameterizedTest
    @CsvSource({"port,port,0", "prot,port,1", "por,port,1", "ports,port,1", "pXrt,port,1", "PORT,port,0", "'',port,4"})
    void distance_counts_insertions_deletions_replacements_and_swaps(String from, String to, int distance) {
        assertThat(Nearest.distance(from, to)).isEqualTo(distance);
        assertThat(Nearest.distance(to, from)).isEqualTo(distance);
    }

    @Test
    void only_a_slip_is_near_enough() {
        List<String> known = List.of("http", "mqtt", "security");
        assertThat(Nearest.to("htpp", known)).contains("http");
        assertThat(Nearest.to("secruity", known)).contains("security");
        assertThat(Nearest.to("amqp", known)).isEmpty();
        assertThat(Nearest.any("amqp", known)).isPresent();
    }
}
