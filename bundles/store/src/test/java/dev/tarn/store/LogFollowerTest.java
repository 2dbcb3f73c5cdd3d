// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static dev.tarn.store.Stores.commit;
import static dev.tarn.store.Stores.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFollowerTest {

    @TempDir
    java.nio.file.Path directory;

    private final ExecutorService worker = Executors.newFixedThreadPool(2);
    private XodusStore store;

    @BeforeEach
    void open() {
        store = Stores.open(directory);
    }

    @AfterEach
    void close() {
        store.close();
        worker.shutdownNow();
    }

    private static final class Collector implements Store.LogSubscriber {
        final List<Commit> commits = new CopyOnWriteArrayList<>();
        final List<Failure> ends = new CopyOnWriteArrayList<>();

        @Override
        public void deliver(List<Commit> batch) {
            commits.addAll(batch);
        }

        @Override
        public void ended(Failure why) {
            ends.add(why);
        }

        List<Long> sequences() {
            return commits.stream()
                    .flatMap(commit -> commit.changes().stream())
                    .map(change -> change.sequence())
                    .toList();
        }
    }

    private static List<Long> upTo(long last) {
        return LongStream.rangeClosed(1, last).boxed().toList();
    }

    @Test
    void it_replays_then_follows_without_gap_or_repeat() {
        for (int i = 0; i < 300; i++) {
            store.commit(Write.of(put("a", (byte) i)));
        }
        Collector collector = new Collector();
        store.commits(0, worker, collector).request(Long.MAX_VALUE);
        List<java.util.concurrent.CompletionStage<Commit>> answers = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            answers.add(store.commit(Write.of(put("b" + i % 3, (byte) i))));
        }
        answers.forEach(Stores::await);
        Eventually.holds(() -> collector.sequences().size() >= 2_300);
        assertThat(collector.sequences()).isEqualTo(upTo(2_300));
        assertThat(collector.ends).isEmpty();
    }

    @Test
    void it_delivers_no_more_than_was_asked_for_and_never_half_a_commit() {
        Collector collector = new Collector();
        Store.LogSubscription subscription = store.commits(0, worker, collector);
        for (int i = 0; i < 5; i++) {
            commit(store, put("a", (byte) 1), put("b", (byte) 2), put("c", (byte) 3));
        }
        assertThat(collector.commits).isEmpty();
        subscription.request(2);
        Eventually.holds(() -> collector.commits.size() == 2);
        assertThat(collector.commits)
                .allSatisfy(one -> assertThat(one.changes()).hasSize(3));
        assertThat(collector.commits.get(1).sequence()).isEqualTo(6);
        subscription.request(10);
        Eventually.holds(() -> collector.commits.size() == 5);
        commit(store, put("a", (byte) 1));
        Eventually.holds(() -> collector.commits.size() == 6);
        assertThat(collector.sequences()).isEqualTo(upTo(16));
        subscription.close();
        commit(store, put("a", (byte) 1));
        assertThat(collector.commits).hasSize(6);
    }

    @Test
    void a_start_inside_a_commit_gives_the_rest_of_it() {
        commit(store, put("a", (byte) 1), put("b", (byte) 2), put("c", (byte) 3));
        Collector collector = new Collector();
        store.commits(1, worker, collector).request(1);
        Eventually.holds(() -> collector.commits.size() == 1);
        assertThat(collector.sequences()).containsExactly(2L, 3L);
    }

    @Test
    void a_worker_that_takes_nothing_ends_it() {
        commit(store, put("a", (byte) 1));
        worker.shutdownNow();
        Collector collector = new Collector();
        store.commits(0, worker, collector).request(1);
        assertThat(collector.ends).hasSize(1);
        assertThat(collector.ends.get(0).code()).isEqualTo(Failure.Code.BUSY);
    }
}
