// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static dev.tarn.store.Stores.commit;
import static dev.tarn.store.Stores.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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

    @Test
    void a_table_with_a_history_makes_the_log_reach_further_back() {
        open(Map.of("logAge", "1h"));
        Table history = new Table(
                "data",
                "History",
                "History",
                List.of(),
                new Table.Rules(true, false, false, Table.Keeping.LOGGED, Duration.ofDays(7), Duration.ZERO, null));
        store.define(history);
        Draft draft = Draft.message(history, Path.of("History/x"), Stores.bytes((byte) 1), Attributes.NONE);
        commit(store, draft);
        pass(Duration.ofDays(6));
        commit(store, draft);
        pass(Duration.ofDays(2));
        Eventually.holds(() -> store.oldest() == 2);
    }
}
