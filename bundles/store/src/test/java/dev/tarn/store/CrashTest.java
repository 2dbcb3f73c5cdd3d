// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link CrashRounds}, some of them in each build and thousands with {@code -Psoak}. */
class CrashTest {

    private static final int ROUNDS = Integer.getInteger("tarn.crash.rounds", 50);
    private static final int LONGEST_MILLIS = Integer.getInteger("tarn.crash.millis", 250);
    private static final long SECONDS = Long.getLong("tarn.crash.seconds", 60);
    private static final long SEED = Long.getLong("tarn.seed", System.nanoTime());

    @TempDir
    Path temporary;

    @Test
    void what_was_acknowledged_is_there_whole_and_nothing_else_is_by_halves() throws Exception {
        CrashRounds rounds = new CrashRounds(temporary, LONGEST_MILLIS, SECONDS);
        rounds.run(SEED, ROUNDS, 2);
        assertThat(rounds.writes()).isPositive();
        System.out.println(rounds.summary() + " seed=" + SEED);
    }
}
