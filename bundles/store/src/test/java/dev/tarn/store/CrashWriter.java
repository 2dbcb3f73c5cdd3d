// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Content;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Upload;
import dev.tarn.api.store.Write;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import jetbrains.exodus.env.EnvironmentConfig;

/**
 * Writes {@link CrashModel}'s writes for ever and prints the number of each one that was acknowledged. Meanwhile the contents of
 * later writes are streamed in, and some are given up; a session holds the log some writes back, the log is trimmed to a small
 * size, files are collected early and often, and backups are made one after the other, with a line {@code begins} before and
 * {@code ends <file>} after each.
 */
public final class CrashWriter {

    private static final int IN_FLIGHT = 64;

    private static final Context ADMINISTRATOR = (Context) Proxy.newProxyInstance(
            Context.class.getClassLoader(),
            new Class<?>[] {Context.class},
            (proxy, method, arguments) -> new User("a", Set.of(), true));

    private final XodusStore store;

    /** Seconds that the clock is ahead. */
    private final AtomicLong passed;

    private final OutputStream out = System.out;

    /** The sequences of the last writes that were acknowledged, by the remainder of their number. */
    private final long[] sequences = new long[CrashModel.BEHIND];

    private volatile long kept;

    /** What was streamed in for writes that are yet to come, in their order. */
    private final BlockingQueue<Arrived> arrived = new ArrayBlockingQueue<>(2);

    private record Arrived(long write, Upload upload, Content content) {}

    private CrashWriter(XodusStore store, AtomicLong passed) {
        this.store = store;
        this.passed = passed;
    }

    /** Given a directory, perhaps a directory for backups, and perhaps a number of writes after which it ends in order. */
    public static void main(String[] arguments) throws Exception {
        // The clock goes on by a minute once the session holds the log, so that a log of this size is trimmed at once.
        AtomicLong passed = new AtomicLong();
        XodusStore store = CrashModel.open(
                Path.of(arguments[0]),
                Map.of("logSize", "512KB", "logSizeKept", "1MB", "cache", "16MB"),
                () -> Instant.now().plusSeconds(passed.get()));
        EnvironmentConfig files = store.core().database().environment.getEnvironmentConfig();
        files.setGcRunPeriod(10);
        files.setGcMinUtilization(80);
        files.setGcFilesDeletionDelay(0);
        CrashWriter writer = new CrashWriter(store, passed);
        boolean backups = arguments.length > 1 && !arguments[1].isEmpty();
        Thread backing = new Thread(() -> writer.backups(Path.of(arguments[1])), "backups");
        backing.setDaemon(true);
        if (backups) {
            backing.start();
        }
        writer.write(arguments.length > 2 ? Long.parseLong(arguments[2]) : Long.MAX_VALUE);
        backing.interrupt();
        backing.join();
        store.close();
    }

    private void write(long most) throws Exception {
        long n;
        try (Snapshot snapshot = store.snapshot()) {
            n = last(snapshot);
        }
        store.keep(() -> kept);
        passed.set(60);
        long first = n + 1;
        Thread streaming = new Thread(() -> stream(first), "streams");
        streaming.setDaemon(true);
        streaming.start();
        Semaphore room = new Semaphore(IN_FLIGHT);
        for (long i = 0; i < most; i++) {
            long number = ++n;
            Arrived before = CrashModel.streams(number) ? arrived.take() : null;
            room.acquire();
            Write write = before == null ? CrashModel.write(number) : CrashModel.write(number, before.content());
            store.commit(write).whenComplete((commit, failure) -> {
                if (failure != null) {
                    throw new IllegalStateException("refused", failure);
                }
                if (before != null) {
                    before.upload().close();
                }
                print(Long.toString(number));
                int place = (int) (number % CrashModel.BEHIND);
                kept = sequences[place];
                sequences[place] = commit.sequence();
                room.release();
            });
        }
        room.acquire(IN_FLIGHT);
        streaming.interrupt();
        streaming.join();
    }

    /** Streams the contents of writes from this one on, some of them twice, the first time in vain. */
    private void stream(long from) {
        try {
            for (long n = CrashModel.streamed(from); true; n = CrashModel.streamed(n + 1)) {
                byte[] bytes = CrashModel.contentOf(n);
                if (n % 3 == 0) {
                    try (Upload upload = store.receive(-1)) {
                        Stores.await(upload.add(ByteBuffer.wrap(bytes, 0, bytes.length / 2)));
                    }
                }
                Upload upload = store.receive(n % 2 == 0 ? bytes.length : -1);
                arrived.put(new Arrived(n, upload, Contents.upload(upload, bytes)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void backups(Path directory) {
        BackupOperation operation = new BackupOperation(store);
        for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
            Path file = directory.resolve(ProcessHandle.current().pid() + "-" + i + ".zip");
            print("begins");
            Stores.await(operation.run(ADMINISTRATOR, Map.of("file", file.toString())));
            print("ends " + file);
            try {
                // There is room for a few.
                Files.deleteIfExists(directory.resolve(ProcessHandle.current().pid() + "-" + (i - 3) + ".zip"));
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private void print(String line) {
        try {
            byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
            synchronized (out) {
                out.write(bytes);
                out.flush();
            }
        } catch (IOException e) {
            // Whoever started this process is gone.
            Runtime.getRuntime().halt(1);
        }
    }

    /** The number of the last write that is in the store. */
    static long last(Snapshot snapshot) {
        return snapshot.get(Stores.SESSIONS, CrashModel.LAST)
                .map(row -> (Long) ((Map<?, ?>) row.body().value()).get("n"))
                .orElse(0L);
    }
}
