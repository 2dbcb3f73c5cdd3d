// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CreditTest {

    @Test
    void it_begins_small_and_doubles_up_to_what_the_budget_holds() {
        Credit credit = new Credit(() -> 10_000);
        long open = credit.more();
        assertThat(open).isEqualTo(2);
        for (long wanted : new long[] {4, 8, 16, 32, 64, 100, 100}) {
            credit.delivered((int) open, open * 100);
            open = credit.more();
            assertThat(open).isEqualTo(wanted);
        }
        assertThat(credit.more()).isZero();
    }

    @Test
    void large_changes_come_one_at_a_time() {
        Credit credit = new Credit(() -> 10_000);
        assertThat(credit.more()).isEqualTo(2);
        credit.delivered(2, 2_000_000);
        assertThat(credit.more()).isEqualTo(1);
    }

    @Test
    void many_streams_have_less_each() {
        SharedBudget budget = new SharedBudget(1 << 20, 32 << 20);
        for (int i = 0; i < 32; i++) {
            budget.enter();
        }
        assertThat(budget.each()).isEqualTo(1 << 20);
        for (int i = 32; i < 1_024; i++) {
            budget.enter();
        }
        assertThat(budget.each()).isEqualTo(32 << 10);
        for (int i = 0; i < 1_024; i++) {
            budget.leave();
        }
        assertThat(budget.each()).isEqualTo(1 << 20);
    }
}
