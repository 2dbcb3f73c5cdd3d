// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.store.Write;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GatheringTest {

    private final Gathering.Wanted wanted = new Gathering.Wanted();

    private void committed(int writes, int times) {
        IntStream.range(0, times).forEach(i -> wanted.committed(writes));
    }

    @Test
    void who_writes_alone_never_waits_for_others() {
        committed(1, 10 * Gathering.STEADY);
        assertThat(wanted.count()).isEqualTo(1);
    }

    @Test
    void so_many_are_waited_for_as_came_before_and_now_and_then_a_few_more() {
        committed(8, Gathering.STEADY - 1);
        assertThat(wanted.count()).isEqualTo(8);
        committed(8, 1);
        assertThat(wanted.count()).isEqualTo(10);
        committed(8, 1);
        assertThat(wanted.count()).isEqualTo(8);
    }

    @Test
    void where_more_keep_coming_more_are_waited_for_up_to_what_is_worth_a_transaction_of_its_own() {
        for (int i = 0; i < 100 * Gathering.STEADY; i++) {
            wanted.committed(Math.max(2, wanted.count()));
        }
        assertThat(wanted.count()).isEqualTo(Gathering.ENOUGH);
        wanted.committed(1_000);
        assertThat(wanted.count()).isEqualTo(Gathering.ENOUGH);
    }

    @Test
    void writers_that_went_away_are_forgotten_within_a_few_transactions() {
        committed(60, 1);
        committed(1, 20);
        assertThat(wanted.count()).isEqualTo(1);
    }

    @Test
    void the_committer_is_woken_when_as_many_are_there_as_it_waits_for_and_when_the_store_closes() throws Exception {
        WriteQueue queue = new WriteQueue(new WriteQueue.Limits(10, 1 << 20, 10), new Fence());
        CompletableFuture<Integer> waiting = waits(queue, 3);
        queue.commit(Write.of(Stores.put("a", (byte) 1)), List.of(), 1);
        queue.commit(Write.of(Stores.put("b", (byte) 1)), List.of(), 1);
        assertThat(waiting).isNotDone();
        queue.commit(Write.of(Stores.put("c", (byte) 1)), List.of(), 1);
        assertThat(waiting.get(60, TimeUnit.SECONDS)).isEqualTo(3);
        CompletableFuture<Integer> again = waits(queue, 10);
        assertThat(again).isNotDone();
        queue.close();
        again.get(60, TimeUnit.SECONDS);
    }

    /** What is there after waiting for so many. */
    private static CompletableFuture<Integer> waits(WriteQueue queue, int enough) {
        return CompletableFuture.supplyAsync(
                () -> {
                    while (queue.size() < enough && !queue.closing()) {
                        queue.await(enough, TimeUnit.HOURS.toNanos(1));
                    }
                    return queue.size();
                },
                command -> new Thread(command).start());
    }
}
