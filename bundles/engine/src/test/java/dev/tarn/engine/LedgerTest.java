// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LedgerTest {

    @Test
    void what_is_owed_is_exact_while_it_is_little() {
        Random random = new Random(5);
        Ledger ledger = new Ledger(0);
        TreeMap<Long, Long> model = new TreeMap<>();
        long sequence = 0;
        for (int step = 0; step < 50_000; step++) {
            if (random.nextInt(3) > 0 && model.size() < 3_000) {
                sequence += 1 + random.nextInt(5);
                long bytes = random.nextInt(100);
                ledger.owe(sequence, bytes);
                model.put(sequence, bytes);
            } else if (!model.isEmpty()) {
                long settled = model.firstKey() + random.nextInt(30);
                ledger.settle(settled);
                model.headMap(settled, true).clear();
            }
            assertThat(ledger.changes()).isEqualTo(model.size());
            assertThat(ledger.clearUpTo(sequence)).isEqualTo(model.isEmpty() ? sequence : model.firstKey() - 1);
        }
        assertThat(ledger.bytes())
                .isEqualTo(model.values().stream().mapToLong(Long::longValue).sum());
    }

    @Test
    void millions_are_summed_up_and_settled_without_a_remainder() {
        Ledger ledger = new Ledger(0);
        int count = 1_000_000;
        for (int i = 1; i <= count; i++) {
            ledger.owe(i, 10);
        }
        assertThat(ledger.changes()).isEqualTo(count);
        assertThat(ledger.bytes()).isEqualTo(10L * count);
        ledger.settle(count / 2);
        assertThat(ledger.changes()).isBetween((long) count / 2, (long) count);
        assertThat(ledger.clearUpTo(count)).isBetween(0L, count / 2L);
        ledger.settle(count - 10);
        assertThat(ledger.changes()).isEqualTo(10);
        ledger.settle(count);
        assertThat(ledger.changes()).isZero();
        assertThat(ledger.bytes()).isZero();
    }

    @Test
    void what_was_counted_late_comes_before_what_came_meanwhile() {
        Ledger ledger = new Ledger(0);
        ledger.owe(3, 1);
        ledger.recount();
        assertThat(ledger.clearUpTo(10)).isEqualTo(-1);
        ledger.restart(10);
        ledger.owe(10, 1);
        ledger.owe(11, 1);
        Ledger older = new Ledger(4);
        older.owe(4, 1);
        older.owe(5, 1);
        older.owe(9, 1);
        ledger.older(older, 5);
        ledger.counted(1);
        assertThat(ledger.clearUpTo(100)).isEqualTo(8);
        assertThat(ledger.changes()).isEqualTo(2);
        ledger.settle(9);
        assertThat(ledger.changes()).isEqualTo(1);
    }
}
