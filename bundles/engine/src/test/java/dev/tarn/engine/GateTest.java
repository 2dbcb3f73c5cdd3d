// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GateTest {

    private final Gate gate = new Gate();
    private final List<String> done = new ArrayList<>();

    @Test
    void a_message_goes_at_once_when_nothing_is_under_way() {
        gate.message(() -> done.add("m"));
        assertThat(done).containsExactly("m");
        assertThat(gate.idle()).isTrue();
    }

    @Test
    void writes_do_not_wait_for_each_other() {
        gate.write(() -> done.add("w1"));
        gate.write(() -> done.add("w2"));
        assertThat(done).containsExactly("w1", "w2");
        assertThat(gate.idle()).isFalse();
    }

    @Test
    void a_message_waits_for_the_writes_before_it_and_a_write_for_the_messages_before_it() {
        gate.write(() -> done.add("w1"));
        gate.write(() -> done.add("w2"));
        gate.message(() -> done.add("m1"));
        gate.write(() -> done.add("w3"));
        gate.message(() -> done.add("m2"));
        assertThat(done).containsExactly("w1", "w2");
        gate.settled();
        assertThat(done).containsExactly("w1", "w2");
        gate.settled();
        assertThat(done).containsExactly("w1", "w2", "m1", "w3");
        gate.settled();
        assertThat(done).containsExactly("w1", "w2", "m1", "w3", "m2");
        assertThat(gate.idle()).isTrue();
    }

    @Test
    void all_wait_for_a_turn_and_what_it_says_goes_first() {
        gate.write(() -> done.add("w1"));
        gate.turn(() -> done.add("t1"));
        gate.write(() -> done.add("w2"));
        gate.message(() -> done.add("m1"));
        gate.turn(() -> done.add("t2"));
        gate.message(() -> done.add("m2"));
        assertThat(done).containsExactly("w1", "t1");
        gate.turned();
        assertThat(done).containsExactly("w1", "t1", "w2");
        gate.settled();
        gate.settled();
        assertThat(done).containsExactly("w1", "t1", "w2");
        gate.settled();
        assertThat(done).containsExactly("w1", "t1", "w2", "m1", "t2");
        assertThat(gate.idle()).isFalse();
        gate.turned(() -> done.add("said"));
        assertThat(done).containsExactly("w1", "t1", "w2", "m1", "t2", "said", "m2");
        assertThat(gate.idle()).isTrue();
    }

    @Test
    void a_write_that_settles_while_it_is_released_does_not_recurse() {
        int count = 100_000;
        gate.write(() -> {});
        for (int i = 0; i < count; i++) {
            gate.message(() -> done.add("m"));
            gate.write(gate::settled);
        }
        gate.settled();
        assertThat(done).hasSize(count);
        assertThat(gate.idle()).isTrue();
    }

    @Test
    void order_holds_while_another_thread_settles() throws Exception {
        Random random = new Random(11);
        ExecutorService sync = Executors.newSingleThreadExecutor();
        try {
            // A write counts as in the queues when the sync thread has run it, so that is when it is noted.
            List<Integer> order = Collections.synchronizedList(new ArrayList<>());
            int count = 50_000;
            for (int i = 0; i < count; i++) {
                int number = i;
                if (random.nextInt(3) == 0) {
                    gate.write(() -> sync.execute(() -> {
                        order.add(number);
                        gate.settled();
                    }));
                } else {
                    gate.message(() -> order.add(number));
                }
            }
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (order.size() < count && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            assertThat(order).hasSize(count).isSorted();
        } finally {
            sync.shutdownNow();
        }
    }
}
