// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When rows whose time is over are removed, and what is told of it. */
class ExpiryTest {

    private static final long HOUR = Duration.ofHours(1).toMillis();

    private static final Table AT_ONCE = table("AtOnce", Table.Lifetime.of(Duration.ofHours(1)));
    private static final Table KEPT =
            table("Kept", new Table.Lifetime(Duration.ofHours(1), Duration.ofHours(2), Duration.ZERO));
    private static final Table RARELY =
            table("Rarely", new Table.Lifetime(Duration.ofHours(1), Duration.ZERO, Duration.ofHours(24)));

    @TempDir
    java.nio.file.Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-21T12:00:00Z"));
    private final List<Commit> told = new CopyOnWriteArrayList<>();
    private XodusStore store;

    private static Table table(String name, Table.Lifetime lifetime) {
        return new Table(
                "data",
                name,
                name,
                List.of(),
                new Table.Rules(true, false, false, Table.Keeping.LOGGED, Duration.ZERO, lifetime, null, Set.of()));
    }

    @BeforeEach
    void open() {
        store = Stores.open(directory, Map.of(), now::get);
        List.of(AT_ONCE, KEPT, RARELY).forEach(store::define);
        store.observe(told::addAll);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void put(Table table, String id) {
        store.commit(Write.of(Draft.put(
                        table, table.path(id), Stores.bytes((byte) 1), Attributes.NONE, Expectation.ANYTHING)))
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    private Optional<Row> kept(Table table, String id) {
        return store.kept(table, table.path(id), Runnable::run)
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    private boolean visible(Table table, String id) {
        return store.get(table, table.path(id), Runnable::run)
                .toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS)
                .join()
                .isPresent();
    }

    private void later(long milliseconds) {
        now.set(now.get().plusMillis(milliseconds));
    }

    private boolean removed(Path path) {
        return told.stream()
                .flatMap(commit -> commit.changes().stream())
                .anyMatch(
                        change -> change.kind() == Kind.EXPIRE && change.path().equals(path));
    }

    @Test
    void a_row_is_kept_unseen_until_its_eviction() {
        put(KEPT, "a");
        put(AT_ONCE, "a");
        later(HOUR);
        assertThat(visible(KEPT, "a")).isFalse();
        assertThat(kept(KEPT, "a")).isPresent();
        // The other table's row is gone: the chores have looked at this moment.
        Eventually.holds(() -> removed(Path.of("AtOnce/a")));
        assertThat(kept(AT_ONCE, "a")).isEmpty();
        assertThat(kept(KEPT, "a")).isPresent();
        assertThat(removed(Path.of("Kept/a"))).isFalse();

        later(2 * HOUR);
        Eventually.holds(() -> removed(Path.of("Kept/a")));
        assertThat(kept(KEPT, "a")).isEmpty();
    }

    @Test
    void rows_are_looked_for_at_multiples_of_the_scan_interval() {
        put(RARELY, "a");
        put(AT_ONCE, "a");
        later(HOUR);
        Eventually.holds(() -> removed(Path.of("AtOnce/a")));
        assertThat(visible(RARELY, "a")).isFalse();
        assertThat(kept(RARELY, "a")).isPresent();
        later(24 * HOUR);
        Eventually.holds(() -> removed(Path.of("Rarely/a")));
    }

    @Test
    void a_row_that_is_written_again_lives_on() {
        put(KEPT, "a");
        later(2 * HOUR);
        put(KEPT, "a");
        put(AT_ONCE, "b");
        later(HOUR);
        Eventually.holds(() -> removed(Path.of("AtOnce/b")));
        assertThat(kept(KEPT, "a")).isPresent();
        assertThat(removed(Path.of("Kept/a"))).isFalse();
    }

    @Test
    void many_rows_that_expire_together_go_soon_whatever_else_is_kept() {
        for (int i = 0; i < 1_200; i++) {
            put(i % 2 == 0 ? KEPT : AT_ONCE, "row" + i);
        }
        later(HOUR);
        Eventually.holds(() -> count(AT_ONCE) == 0);
        assertThat(count(KEPT)).isEqualTo(600);
        later(2 * HOUR);
        Eventually.holds(() -> count(KEPT) == 0);
    }

    private long count(Table table) {
        try (Snapshot snapshot = store.snapshot()) {
            return snapshot.count(table);
        }
    }

    @Test
    void a_row_that_expired_before_it_was_written_goes_too() {
        put(AT_ONCE, "a");
        later(HOUR);
        Eventually.holds(() -> removed(Path.of("AtOnce/a")));
        Attributes past = Attributes.builder()
                .expiresAt(now.get().minusSeconds(7_000).toEpochMilli())
                .build();
        store.commit(Write.of(
                        Draft.put(AT_ONCE, AT_ONCE.path("b"), Stores.bytes((byte) 1), past, Expectation.ANYTHING)))
                .toCompletableFuture()
                .join();
        Eventually.holds(() -> removed(Path.of("AtOnce/b")));
    }
}
