// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.Transaction;

/**
 * Durable writes through nothing but Xodus: one thread that commits what is queued in one transaction, one that forces the
 * disk and answers, with the settings and files of our store. No log, no index, no checks.
 */
final class RawWriter implements AutoCloseable {

    private static final int BATCH = 1_024;

    private final Database database;
    private final Store rows;
    private final BlockingQueue<Put> queue = new ArrayBlockingQueue<>(16_384);
    private final BlockingQueue<List<Put>> committed = new ArrayBlockingQueue<>(8);
    private final Thread committer = new Thread(this::commits, "raw-committer");
    private final Thread sync = new Thread(this::syncs, "raw-sync");

    /** Something to write, and what to run when it is on the disk; without a key, the end. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Put(byte[] key, byte[] value, Runnable done) {}

    RawWriter(Path directory) throws IOException {
        database = Database.open(directory, BenchTables.CACHE, SafeDataWriter::new);
        rows = database.environment.computeInExclusiveTransaction(transaction -> database.store("rows", transaction));
        committer.start();
        sync.start();
    }

    Database database() {
        return database;
    }

    Store rows() {
        return rows;
    }

    void put(byte[] key, byte[] value, Runnable done) throws InterruptedException {
        queue.put(new Put(key, value, done));
    }

    private void commits() {
        try {
            while (true) {
                List<Put> batch = new ArrayList<>();
                batch.add(queue.take());
                queue.drainTo(batch, BATCH - 1);
                Transaction transaction = database.environment.beginExclusiveTransaction();
                for (Put put : batch) {
                    if (put.key().length > 0) {
                        Database.put(rows, transaction, put.key(), put.value());
                    }
                }
                transaction.commit();
                committed.put(batch);
                if (batch.get(batch.size() - 1).key().length == 0) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void syncs() {
        List<List<Put>> batches = new ArrayList<>();
        try {
            while (true) {
                batches.clear();
                batches.add(committed.take());
                committed.drainTo(batches);
                database.sync();
                for (List<Put> batch : batches) {
                    batch.forEach(put -> put.done().run());
                    if (batch.get(batch.size() - 1).key().length == 0) {
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws InterruptedException {
        put(new byte[0], new byte[0], () -> {});
        committer.join();
        sync.join();
        database.close();
    }
}
