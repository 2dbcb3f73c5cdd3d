// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class RowCacheTest {

    private static final Path A = Path.of("a");

    private final Deque<Runnable> work = new ArrayDeque<>();
    private long now = 1_000;
    private final RowCache cache = new RowCache(100_000, () -> now);

    private static RowCache.Sized row(Path path, long version, long expiresAt) {
        Attributes attributes = Attributes.builder().expiresAt(expiresAt).build();
        return new RowCache.Sized(new Row(path, Stores.bytes((byte) 1), version, attributes), 100);
    }

    private static long version(CompletableFuture<Optional<Row>> future) {
        return future.join().map(Row::version).orElse(0L);
    }

    private CompletableFuture<Optional<Row>> get(RowCache.Sized loaded) {
        return cache.get(1, A, work::add, () -> loaded);
    }

    private void load(RowCache.Sized loaded) {
        get(loaded);
        work.remove().run();
    }

    @Test
    void a_row_is_loaded_once_and_is_then_there_at_once() {
        CompletableFuture<Optional<Row>> first = get(row(A, 1, 0));
        CompletableFuture<Optional<Row>> second = get(row(A, 2, 0));
        assertThat(first).isNotDone();
        work.remove().run();
        assertThat(work).isEmpty();
        assertThat(version(first)).isEqualTo(1);
        assertThat(version(second)).isEqualTo(1);
        assertThat(version(get(row(A, 3, 0)))).isEqualTo(1);
    }

    @Test
    void a_load_that_began_before_a_commit_does_not_put_the_old_row_back() {
        CompletableFuture<Optional<Row>> loading = cache.get(1, A, work::add, () -> {
            RowCache.Sized old = row(A, 1, 0);
            assertThat(cache.has(1, A)).isTrue();
            cache.changed(1, A, row(A, 2, 0));
            return old;
        });
        work.remove().run();
        assertThat(loading).isDone();
        assertThat(version(get(row(A, 9, 0)))).isEqualTo(2);
    }

    @Test
    void a_deleted_row_is_absent_and_an_absent_one_is_remembered() {
        load(row(A, 1, 0));
        cache.changed(1, A, new RowCache.Sized(null, 0));
        assertThat(version(get(row(A, 9, 0)))).isZero();
        cache.changed(1, A, row(A, 3, 0));
        assertThat(version(get(row(A, 9, 0)))).isEqualTo(3);
    }

    @Test
    void an_expired_row_is_absent() {
        load(row(A, 1, 2_000));
        assertThat(version(get(row(A, 9, 0)))).isEqualTo(1);
        now = 2_000;
        assertThat(version(get(row(A, 9, 0)))).isZero();
    }

    @Test
    void a_failed_load_is_told_and_not_remembered() {
        CompletableFuture<Optional<Row>> failed = cache.get(1, A, work::add, () -> {
            throw new Failure(Failure.Code.UNAVAILABLE, "no");
        });
        work.remove().run();
        assertThatThrownBy(failed::join).hasCauseInstanceOf(Failure.class);
        CompletableFuture<Optional<Row>> rejected = cache.get(
                1,
                A,
                task -> {
                    throw new RejectedExecutionException();
                },
                () -> row(A, 1, 0));
        assertThatThrownBy(rejected::join).hasCauseInstanceOf(Failure.class);
        load(row(A, 4, 0));
        assertThat(version(get(row(A, 9, 0)))).isEqualTo(4);
    }

    @Test
    void it_stays_within_its_bytes_and_keeps_what_is_used() {
        load(row(A, 1, 0));
        for (int i = 0; i < 10_000; i++) {
            Path path = Path.of("p" + i);
            cache.get(1, path, Runnable::run, () -> row(path, 1, 0));
            get(row(A, 9, 0));
            assertThat(cache.bytes()).isLessThanOrEqualTo(100_000);
        }
        assertThat(version(get(row(A, 9, 0)))).isEqualTo(1);
        assertThat(cache.rows()).isBetween(100, 200);
        cache.clear();
        assertThat(cache.bytes()).isZero();
        assertThat(cache.rows()).isZero();
    }
}
