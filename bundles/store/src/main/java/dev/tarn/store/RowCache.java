// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rows, present and absent, that were read lately, bounded in bytes. Readers load what is missing; the committer replaces
 * what is there after each batch, also where a load is under way, so that a load that began before the batch cannot put the
 * old row back. Lock-free, for any thread.
 *
 * <p>Eviction is the second-chance clock of Corbató (1968): a slot that was used since the hand last passed stays.
 */
final class RowCache {

    /** What a row costs beside its bytes. */
    private static final int OVERHEAD = 256;

    private static final int STEPS = 128;

    private final ConcurrentHashMap<Key, Slot> slots = new ConcurrentHashMap<>();
    private final Queue<Slot> clock = new ConcurrentLinkedQueue<>();
    private final AtomicLong bytes = new AtomicLong();
    private final long limit;
    private final LongSupplier now;

    private record Key(int table, Path path) {}

    /** What a slot says; compared by identity. */
    private static final class State {
        static final State EVICTED = new State(null, 0, null);

        final @Nullable Row row;
        final long bytes;
        final @Nullable CompletableFuture<Optional<Row>> loading;

        State(@Nullable Row row, long bytes, @Nullable CompletableFuture<Optional<Row>> loading) {
            this.row = row;
            this.bytes = bytes;
            this.loading = loading;
        }
    }

    private static final class Slot extends AtomicReference<State> {
        private static final long serialVersionUID = 1L;

        final transient Key key;
        volatile boolean used;

        Slot(Key key, State state) {
            super(state);
            this.key = key;
        }

        State state() {
            return Objects.requireNonNull(get());
        }
    }

    /** A row and how many bytes it has on the disk, chunks included; no row when there is none. */
    record Sized(@Nullable Row row, long bytes) {}

    /** @param now milliseconds since 1970 */
    RowCache(long limit, LongSupplier now) {
        this.limit = limit;
        this.now = now;
    }

    /** The row: at once when it is here, else after the load has run on the worker. */
    CompletableFuture<Optional<Row>> get(int table, Path path, Executor worker, Supplier<Sized> load) {
        Key key = new Key(table, path);
        while (true) {
            Slot slot = slots.get(key);
            State mine = null;
            if (slot == null) {
                mine = new State(null, 0, new CompletableFuture<>());
                Slot made = new Slot(key, mine);
                slot = slots.putIfAbsent(key, made);
                if (slot == null) {
                    clock.add(made);
                    return load(made, mine, worker, load);
                }
            }
            State state = slot.state();
            if (state == State.EVICTED) {
                slots.remove(key, slot);
                continue;
            }
            if (!slot.used) {
                slot.used = true;
            }
            return state.loading != null ? state.loading : CompletableFuture.completedFuture(live(state.row));
        }
    }

    private Optional<Row> live(@Nullable Row row) {
        return row == null || row.expired(now.getAsLong()) ? Optional.empty() : Optional.of(row);
    }

    private CompletableFuture<Optional<Row>> load(Slot slot, State mine, Executor worker, Supplier<Sized> load) {
        CompletableFuture<Optional<Row>> future = mine.loading == null ? new CompletableFuture<>() : mine.loading;
        try {
            worker.execute(() -> {
                try {
                    Sized loaded = load.get();
                    change(slot, mine, loaded);
                    future.complete(live(loaded.row()));
                } catch (Throwable t) {
                    forget(slot, mine);
                    future.completeExceptionally(t);
                }
            });
        } catch (RejectedExecutionException e) {
            forget(slot, mine);
            future.completeExceptionally(new dev.tarn.api.data.Failure(
                    dev.tarn.api.data.Failure.Code.BUSY, "too many reads at once; try again later"));
        }
        return future;
    }

    private void forget(Slot slot, State mine) {
        if (slot.compareAndSet(mine, State.EVICTED)) {
            slots.remove(slot.key, slot);
        }
    }

    private boolean change(Slot slot, State expected, Sized next) {
        long weight = OVERHEAD + 3 * next.bytes();
        if (weight > limit / 16) {
            if (slot.compareAndSet(expected, State.EVICTED)) {
                slots.remove(slot.key, slot);
                bytes.addAndGet(-expected.bytes);
                return true;
            }
            return false;
        }
        if (!slot.compareAndSet(expected, new State(next.row(), weight, null))) {
            return false;
        }
        if (bytes.addAndGet(weight - expected.bytes) > limit) {
            evict();
        }
        return true;
    }

    /** Whether there is no row in it, loads under way included. */
    boolean isEmpty() {
        return slots.isEmpty();
    }

    /** Whether a change of this row must be told with {@link #changed}. */
    boolean has(int table, Path path) {
        return slots.containsKey(new Key(table, path));
    }

    /** The row has been committed. On the committer thread. */
    void changed(int table, Path path, Sized next) {
        Slot slot = slots.get(new Key(table, path));
        while (slot != null) {
            State state = slot.state();
            if (state == State.EVICTED || change(slot, state, next)) {
                return;
            }
        }
    }

    private void evict() {
        for (int i = 0; i < STEPS && bytes.get() > limit; i++) {
            Slot slot = clock.poll();
            if (slot == null) {
                return;
            }
            State state = slot.state();
            if (state == State.EVICTED) {
                continue;
            }
            if (slot.used || state.loading != null) {
                slot.used = false;
                clock.add(slot);
            } else if (slot.compareAndSet(state, State.EVICTED)) {
                slots.remove(slot.key, slot);
                bytes.addAndGet(-state.bytes);
            } else {
                clock.add(slot);
            }
        }
    }

    /** Forgets everything. Loads under way complete, and are forgotten too. */
    void clear() {
        for (Slot slot : slots.values()) {
            State state = Objects.requireNonNull(slot.getAndSet(State.EVICTED));
            slots.remove(slot.key, slot);
            bytes.addAndGet(-state.bytes);
        }
        clock.removeIf(slot -> slot.state() == State.EVICTED);
    }

    /** Memory in use, estimated. */
    long bytes() {
        return bytes.get();
    }

    int rows() {
        return slots.size();
    }
}
