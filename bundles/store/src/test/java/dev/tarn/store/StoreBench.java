// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import com.sun.management.OperatingSystemMXBean;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.Transaction;

/**
 * Durable writes through the store beside durable writes through nothing but Xodus with the same threads and settings, in
 * one process: {@code StoreBench <directory> <seconds> <in flight>}. Prints rates and processor time per write.
 */
public final class StoreBench {

    private static final int KEYS = 100_000;
    private static final OperatingSystemMXBean MACHINE =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final java.nio.file.Path directory;
    private final int seconds;
    private final int inFlight;

    private StoreBench(java.nio.file.Path directory, int seconds, int inFlight) {
        this.directory = directory;
        this.seconds = seconds;
        this.inFlight = inFlight;
    }

    /** Given a directory, seconds per measurement, and writes in flight. */
    public static void main(String[] arguments) throws Exception {
        StoreBench bench = new StoreBench(
                Files.createTempDirectory(Files.createDirectories(java.nio.file.Path.of(arguments[0])), "bench"),
                Integer.parseInt(arguments[1]),
                Integer.parseInt(arguments[2]));
        List<String> which = arguments.length > 3
                ? List.of(arguments[3].split(","))
                : List.of("raw", "opaque", "object", "indexed", "raw", "opaque");
        for (String each : which) {
            switch (each) {
                case "raw" -> bench.raw();
                case "opaque" -> bench.store(each, Stores.TOPICS, StoreBench::opaque);
                case "object" -> bench.store(each, plain(), StoreBench::object);
                case "indexed" -> bench.store(each, Stores.SENSORS, StoreBench::object);
                default -> throw new IllegalArgumentException(each);
            }
        }
    }

    private static Table plain() {
        return new Table(
                "data", "Plain", "Sensors", List.of(Stores.SENSORS.attributes().get(0)), Table.Rules.DECLARED);
    }

    private static Body opaque(int n) {
        byte[] bytes = new byte[100];
        new Random(n).nextBytes(bytes);
        return Stores.bytes(bytes);
    }

    /** About 100 bytes; one of two indexed attributes changes with each write. */
    private static Body object(int n) {
        String json = "{\"id\":\"1\",\"location\":\"warehouse\",\"temp\":" + (n % 9_973) / 10.0
                + ",\"comment\":\"a text of some length so that the row has a hundred bytes\"}";
        return Stores.BODIES.structured(
                "application/cbor",
                Stores.BODIES
                        .structured("application/json", json.getBytes(StandardCharsets.UTF_8))
                        .as("application/cbor")
                        .bytes());
    }

    /** Processor time of the thread that commits. */
    private static long committing() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().equals("tarn-committer")) {
                return threads.getThreadCpuTime(thread.getThreadId());
            }
        }
        return 0;
    }

    private record Start(long nanos, long cpu, long committing) {
        static Start now() {
            return new Start(System.nanoTime(), MACHINE.getProcessCpuTime(), StoreBench.committing());
        }

        void print(String what, long operations, String more) {
            double time = (System.nanoTime() - nanos) / 1e9;
            double processor = (MACHINE.getProcessCpuTime() - cpu) / 1e3;
            System.out.printf(
                    "%-8s %8.0f/s, each %6.2f us of processor, %6.2f of them committing  %s%n",
                    what,
                    operations / time,
                    processor / operations,
                    (StoreBench.committing() - committing) / 1e3 / operations,
                    more);
        }
    }

    private void store(String what, Table table, IntFunction<Body> bodies) throws Exception {
        Body[] some = new Body[4_096];
        for (int i = 0; i < some.length; i++) {
            some[i] = bodies.apply(i * 7 + 1);
        }
        Path[] paths = new Path[KEYS];
        for (int i = 0; i < KEYS; i++) {
            paths[i] = Path.of("Sensors/device-" + i);
        }
        try (XodusStore store = Stores.open(
                Files.createTempDirectory(directory, what),
                Map.of("cache", "256MB"),
                java.time.InstantSource.system())) {
            store.define(table);
            Semaphore room = new Semaphore(inFlight);
            Random random = new Random(1);
            Start start = Start.now();
            long count = 0;
            for (int run = 0; run < 2; run++) {
                start = Start.now();
                count = 0;
                long syncs = store.syncing().count();
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
                while (System.nanoTime() < end) {
                    room.acquire();
                    store.commit(Write.of(Draft.put(
                                    table,
                                    paths[random.nextInt(KEYS)],
                                    some[random.nextInt(some.length)],
                                    Attributes.NONE,
                                    Expectation.ANYTHING)))
                            .whenComplete((commit, failure) -> room.release());
                    count++;
                }
                room.acquire(inFlight);
                room.release(inFlight);
                start.print(
                        run == 0 ? what + "~" : what,
                        count,
                        count / Math.max(1, store.syncing().count() - syncs) + " a sync");
            }
        }
    }

    private void raw() throws IOException, InterruptedException {
        try (Database database =
                Database.open(Files.createTempDirectory(directory, "raw"), 256L << 20, SafeDataWriter::new)) {
            Store rows = database.environment.computeInExclusiveTransaction(t -> database.store("rows", t));
            BlockingQueue<byte[][]> queue = new ArrayBlockingQueue<>(16_384);
            BlockingQueue<Integer> toSync = new ArrayBlockingQueue<>(8);
            Semaphore room = new Semaphore(inFlight);
            Thread committer = new Thread(() -> commits(database, rows, queue, toSync), "tarn-committer");
            Thread sync = new Thread(() -> syncs(database, toSync, room));
            committer.start();
            sync.start();
            Random random = new Random(1);
            for (int run = 0; run < 2; run++) {
                Start start = Start.now();
                long count = 0;
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
                while (System.nanoTime() < end) {
                    room.acquire();
                    byte[] value = new byte[100];
                    random.nextBytes(value);
                    queue.put(new byte[][] {Keys.id("Sensors/device-" + random.nextInt(KEYS)), value});
                    count++;
                }
                room.acquire(inFlight);
                room.release(inFlight);
                start.print(run == 0 ? "raw~" : "raw", count, "");
            }
            queue.put(new byte[0][]);
            committer.join();
            toSync.put(0);
            sync.join();
        }
    }

    private static void commits(
            Database database, Store rows, BlockingQueue<byte[][]> queue, BlockingQueue<Integer> toSync) {
        List<byte[][]> batch = new ArrayList<>();
        try {
            while (true) {
                batch.clear();
                batch.add(queue.take());
                queue.drainTo(batch, 1_023);
                if (batch.get(batch.size() - 1).length == 0) {
                    return;
                }
                Transaction transaction = database.environment.beginExclusiveTransaction();
                for (byte[][] put : batch) {
                    Database.put(rows, transaction, put[0], put[1]);
                }
                transaction.commit();
                toSync.put(batch.size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void syncs(Database database, BlockingQueue<Integer> toSync, Semaphore room) {
        List<Integer> batches = new ArrayList<>();
        try {
            while (true) {
                batches.clear();
                batches.add(toSync.take());
                toSync.drainTo(batches);
                database.sync();
                int sum = batches.stream().mapToInt(Integer::intValue).sum();
                if (sum == 0) {
                    return;
                }
                room.release(sum);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
