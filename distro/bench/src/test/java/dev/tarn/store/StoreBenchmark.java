// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Reads of rows of 100 bytes by their id, in random order: of the bytes with nothing but Xodus, and of the whole row through
 * a snapshot, as any protocol reads one that is not in the row cache. Each in a transaction or snapshot of its own, and many
 * in one.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StoreBenchmark {

    /** Rows that are there. */
    @Param({"10000", "100000"})
    public int rows;

    private @Nullable Open open;
    private int next;

    /** The two stores, with the same keys. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Open(
            java.nio.file.Path directory,
            XodusStore store,
            Store table,
            RawWriter raw,
            Path[] paths,
            byte[][] keys,
            Snapshot snapshot,
            Transaction transaction) {}

    @Setup
    public void open() throws IOException, InterruptedException {
        java.nio.file.Path directory = Files.createTempDirectory("tarn-bench");
        XodusStore store = BenchTables.open(directory.resolve("store"), Map.of());
        RawWriter raw = new RawWriter(Files.createDirectories(directory.resolve("raw")));
        Path[] paths = BenchTables.paths();
        byte[][] keys = new byte[rows][];
        var bodies = BenchTables.bodies(BenchTables.OPAQUE);
        List<CompletableFuture<?>> writes = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            var body = bodies[i % bodies.length];
            keys[i] = Keys.id(paths[i].text());
            CompletableFuture<Boolean> put = new CompletableFuture<>();
            raw.put(keys[i], body.bytes(), () -> put.complete(true));
            writes.add(put);
            writes.add(store.commit(BenchTables.write(BenchTables.OPAQUE, paths[i], body))
                    .toCompletableFuture());
            if (writes.size() >= 8_192) {
                writes.forEach(CompletableFuture::join);
                writes.clear();
            }
        }
        writes.forEach(CompletableFuture::join);
        shuffle(paths, keys);
        open = new Open(
                directory,
                store,
                store.core().catalog().table(BenchTables.OPAQUE).rows(),
                raw,
                paths,
                keys,
                store.snapshot(),
                raw.database().environment.beginReadonlyTransaction());
    }

    private void shuffle(Path[] paths, byte[][] keys) {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = rows - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            Path path = paths[i];
            paths[i] = paths[other];
            paths[other] = path;
            byte[] key = keys[i];
            keys[i] = keys[other];
            keys[other] = key;
        }
    }

    private Open opened() {
        Open there = open;
        if (there == null) {
            throw new IllegalStateException("not set up");
        }
        next = next + 1 < rows ? next + 1 : 0;
        return there;
    }

    @Benchmark
    public byte @Nullable [] rawGet() {
        Open there = opened();
        Transaction transaction = there.raw().database().environment.beginReadonlyTransaction();
        try {
            return Database.get(there.raw().rows(), transaction, there.keys()[next]);
        } finally {
            transaction.abort();
        }
    }

    /** The same bytes of the same files as {@link #storeGet}: the environment has as many trees as the store needs. */
    @Benchmark
    public byte @Nullable [] rawGetFromTheStore() {
        Open there = opened();
        Transaction transaction = there.store().core().database().environment.beginReadonlyTransaction();
        try {
            return Database.get(there.table(), transaction, there.keys()[next]);
        } finally {
            transaction.abort();
        }
    }

    @Benchmark
    public Optional<Row> storeGet() {
        Open there = opened();
        try (Snapshot snapshot = there.store().snapshot()) {
            return snapshot.get(BenchTables.OPAQUE, there.paths()[next]);
        }
    }

    @Benchmark
    public byte @Nullable [] rawGetInOneTransaction() {
        Open there = opened();
        return Database.get(there.raw().rows(), there.transaction(), there.keys()[next]);
    }

    @Benchmark
    public Optional<Row> storeGetInOneSnapshot() {
        Open there = opened();
        return there.snapshot().get(BenchTables.OPAQUE, there.paths()[next]);
    }

    /** What a connection does: the row cache has the row. */
    @Benchmark
    public Optional<Row> storeGetCached() {
        Open there = opened();
        return there.store()
                .get(BenchTables.OPAQUE, there.paths()[next % 1_000], Runnable::run)
                .toCompletableFuture()
                .join();
    }

    @TearDown
    public void close() throws IOException, InterruptedException {
        Open there = opened();
        there.snapshot().close();
        there.transaction().abort();
        there.store().close();
        there.raw().close();
        Restore.delete(there.directory());
    }
}
