// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static dev.tarn.store.Stores.commit;
import static dev.tarn.store.Stores.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetentionTest {

    @TempDir
    java.nio.file.Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochMilli(1_800_000_000_000L));
    private XodusStore store;

    @AfterEach
    void close() {
        assertThat(store.inspect().problems()).isEmpty();
        store.close();
    }

    private void open(Map<String, ?> settings) {
        store = Stores.open(directory, settings, now::get);
        // Up to logSizeKept, nothing is trimmed in the first minute.
        pass(Duration.ofMinutes(1));
    }

    private void pass(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    private void message(String path, int bytes) {
        commit(store, Draft.message(Stores.TOPICS, Path.of(path), Stores.bytes(new byte[bytes]), Attributes.NONE));
    }

    @Test
    void changes_go_when_they_are_old_by_whole_commits_and_rows_stay() {
        open(Map.of("logAge", "1h"));
        commit(store, put("a", (byte) 1), put(Stores.SENSORS, "Sensors/1", "{'id':'1','temp':1}"));
        commit(store, put("big", new byte[300_000]));
        pass(Duration.ofMinutes(50));
        commit(store, put("b", (byte) 1));
        pass(Duration.ofMinutes(11));
        Eventually.holds(() -> store.oldest() == 4);
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(Stores.sequences(snapshot.log(3, 10))).containsExactly(4L);
            assertThat(Stores.sequences(snapshot.log(Stores.TOPICS, 3, 10))).containsExactly(4L);
            assertThatThrownBy(() -> snapshot.log(2, 10))
                    .isInstanceOfSatisfying(
                            Failure.class, e -> assertThat(e.code()).isEqualTo(Failure.Code.NOT_FOUND));
            assertThat(snapshot.get(Stores.TOPICS, Path.of("big"))
                            .orElseThrow()
                            .body()
                            .bytes())
                    .hasSize(300_000);
        }
        pass(Duration.ofHours(2));
        Eventually.holds(() -> store.oldest() == 5);
        store.close();
        open(Map.of("logAge", "1h"));
        assertThat(store.sequence()).isEqualTo(4);
        assertThat(store.oldest()).isEqualTo(5);
        assertThat(commit(store, put("c", (byte) 1)).sequence()).isEqualTo(5);
    }

    @Test
    void the_log_stays_within_its_size_and_chunks_go_with_it() {
        open(Map.of("logSize", "1MB"));
        for (int i = 0; i < 30; i++) {
            message("m", 200_000);
        }
        Eventually.holds(() -> store.oldest() >= 25);
        assertThat(store.oldest()).isLessThanOrEqualTo(27);
        for (int i = 0; i < 3_000; i++) {
            store.commit(dev.tarn.api.store.Write.of(put("a" + i % 10, new byte[1_000])));
        }
        commit(store, put("b", (byte) 1));
        Eventually.holds(() -> store.oldest() > 1_900);
        assertThat(store.oldest()).isLessThan(2_500);
    }

    @Test
    void what_a_keeper_wants_stays_up_to_the_larger_size() throws Exception {
        open(Map.of("logAge", "1h", "logSizeKept", "1MB"));
        AtomicLong after = new AtomicLong(2);
        AutoCloseable keeper = store.keep(after::get);
        for (int i = 0; i < 5; i++) {
            message("m", 1_000);
        }
        pass(Duration.ofHours(2));
        Eventually.holds(() -> store.oldest() == 3);
        after.set(4);
        Eventually.holds(() -> store.oldest() == 5);
        for (int i = 0; i < 10; i++) {
            message("m", 120_000);
        }
        Eventually.holds(() -> store.oldest() > 5);
        assertThat(store.oldest()).isLessThan(10);
        keeper.close();
        pass(Duration.ofHours(2));
        Eventually.holds(() -> store.oldest() == 16);
    }

    private static final Table HISTORY = new Table(
            "data",
            "History",
            "History",
            List.of(),
            new Table.Rules(true, false, false, Table.Keeping.LOGGED, Duration.ofDays(7), Duration.ZERO, null));

    @Test
    void a_table_with_a_history_makes_the_log_reach_further_back() {
        open(Map.of("logAge", "1h"));
        store.define(HISTORY);
        Draft draft = Draft.message(HISTORY, Path.of("History/x"), Stores.bytes((byte) 1), Attributes.NONE);
        commit(store, draft);
        pass(Duration.ofDays(6));
        commit(store, draft);
        pass(Duration.ofDays(2));
        Eventually.holds(() -> store.oldest() == 2);
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(Stores.sequences(snapshot.log(HISTORY, Path.of("History/x"), 1, 10)))
                    .containsExactly(2L);
            assertThatThrownBy(() -> snapshot.log(HISTORY, Path.of("History/x"), 0, 10))
                    .isInstanceOfSatisfying(
                            Failure.class, e -> assertThat(e.code()).isEqualTo(Failure.Code.NOT_FOUND));
        }
    }

    @Test
    void a_history_outlives_the_size_up_to_the_larger_one_also_while_its_table_is_not_defined() {
        Map<String, ?> settings = Map.of("logAge", "1h", "logSize", "100KB", "logSizeKept", "400KB");
        open(settings);
        store.define(HISTORY);
        for (int i = 0; i < 10; i++) {
            message("before", 20_000);
        }
        commit(store, Draft.message(HISTORY, Path.of("History/x"), Stores.bytes((byte) 1), Attributes.NONE));
        Eventually.holds(() -> store.oldest() > 5);
        store.close();
        open(settings);
        for (int i = 0; i < 10; i++) {
            message("after", 20_000);
        }
        Eventually.holds(() -> store.oldest() == 11);
        pass(Duration.ofDays(6));
        commit(store, put("another", (byte) 1));
        assertThat(store.oldest()).isEqualTo(11);
        for (int i = 0; i < 12; i++) {
            message("much", 20_000);
        }
        Eventually.holds(() -> store.oldest() > 11);
    }

    @Test
    void nothing_goes_before_those_who_keep_the_log_could_say_so() throws Exception {
        open(Map.of("logAge", "1h"));
        commit(store, put("a", (byte) 1));
        commit(store, put("b", (byte) 1));
        store.close();
        pass(Duration.ofHours(2));
        store = Stores.open(directory, Map.of("logAge", "1h"), now::get);
        pass(Duration.ofSeconds(59));
        commit(store, put("c", (byte) 1));
        AutoCloseable keeper = store.keep(() -> 1);
        pass(Duration.ofHours(2));
        Eventually.holds(() -> store.oldest() == 2);
        keeper.close();
        Eventually.holds(() -> store.oldest() == 4);
    }

    @Test
    void a_history_is_read_by_path() {
        open(Map.of());
        store.define(HISTORY);
        List<String> paths = List.of("History/a", "History/a/b", "History/", "History/a ", "History/ab");
        for (int i = 0; i < 30; i++) {
            Draft draft = Draft.put(
                    HISTORY,
                    Path.of(paths.get(i % paths.size())),
                    Stores.bytes((byte) i),
                    Attributes.NONE,
                    Expectation.ANYTHING);
            commit(store, draft, put("other", (byte) i));
        }
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(Stores.sequences(snapshot.log(HISTORY, Path.of("History/a"), 0, 100)))
                    .containsExactly(1L, 11L, 21L, 31L, 41L, 51L);
            assertThat(Stores.sequences(snapshot.log(HISTORY, Path.of("History/a/b"), 3, 2)))
                    .containsExactly(13L, 23L);
            assertThat(snapshot.log(HISTORY, Path.of("History/none"), 0, 100)).isEmpty();
            assertThatThrownBy(() -> snapshot.log(Stores.TOPICS, Path.of("other"), 0, 100))
                    .isInstanceOfSatisfying(
                            Failure.class, e -> assertThat(e.code()).isEqualTo(Failure.Code.UNSUPPORTED));
        }
    }

    @Test
    void a_removal_stays_in_the_log_with_its_version_as_long_as_everything_else() {
        open(Map.of("logAge", "1h"));
        long written = commit(store, put("a", (byte) 1)).changes().get(0).version();
        pass(Duration.ofMinutes(30));
        commit(store, Stores.delete(Stores.TOPICS, "a"));
        pass(Duration.ofMinutes(50));
        Eventually.holds(() -> store.oldest() == 2);
        try (Snapshot snapshot = store.snapshot()) {
            Change removal = snapshot.log(1, 10).get(0);
            assertThat(removal.kind()).isEqualTo(Kind.DELETE);
            assertThat(removal.previous()).isEqualTo(written);
            assertThat(removal.version()).isGreaterThan(written);
        }
        long again = commit(store, put("a", (byte) 2)).changes().get(0).version();
        pass(Duration.ofMinutes(50));
        Eventually.holds(() -> store.oldest() == 3);
        assertThat(again).isGreaterThan(written);
    }

    @Test
    void a_log_that_grows_all_the_time_keeps_its_size_and_nobody_waits_for_it() throws Exception {
        open(Map.of("logSize", "1MB"));
        AtomicLong longest = new AtomicLong();
        Semaphore room = new Semaphore(500);
        long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        long most = 0;
        for (int i = 0; System.nanoTime() - end < 0; i++) {
            room.acquire();
            long began = System.nanoTime();
            store.commit(dev.tarn.api.store.Write.of(put("a" + i % 100, new byte[200])))
                    .whenComplete((commit, failure) -> {
                        longest.accumulateAndGet(System.nanoTime() - began, Math::max);
                        room.release();
                    });
            most = Math.max(most, store.sequence() - store.oldest());
        }
        room.acquire(500);
        long last = store.sequence();
        // 3,000 entries are the size; looking once a second, more gather, but not without end.
        Eventually.holds(() -> last - store.oldest() < 5_000);
        System.out.printf(
                "trimming: changes=%d most_in_the_log=%d longest_commit_ms=%d%n",
                last, most, longest.get() / 1_000_000);
        assertThat(longest.get()).isLessThan(Duration.ofSeconds(30).toNanos());
    }
}
