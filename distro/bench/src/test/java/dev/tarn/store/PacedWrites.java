// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.store.Snapshot;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import jetbrains.exodus.io.FileDataReader;
import jetbrains.exodus.io.RemoveBlockType;

/**
 * 20,000 updates a second of 100,000 rows, with a log that is small enough to be trimmed all the time, files that are
 * collected, and a thread that reads rows at random, each in a snapshot of its own. A thread that only sleeps tells what the
 * machine itself makes threads wait. What the store's threads did while no write was answered for long is printed.
 */
final class PacedWrites {

    private static final int PER_SECOND = 20_000;
    private static final int PER_MILLISECOND = PER_SECOND / 1_000;
    private static final long WARM_SECONDS = 5;

    /** Reached after some ten seconds. */
    private static final String LOG_SIZE = "64MB";

    private static final long STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Methods of the store and of Xodus by which a stack is told. */
    private static final List<String> KNOWN = List.of(
            "acquireExclusiveTransaction",
            "flushAndSync",
            "forceFlush",
            "cleanSingleFile",
            "removeFiles",
            "accept",
            "seal",
            "trim",
            "await",
            "transaction",
            "chores",
            "poll",
            "sync",
            "tell",
            "give",
            "durable",
            "take",
            "waitForJobs");

    private final java.nio.file.Path directory;
    private final int seconds;
    private final Times writes = new Times();
    private final Times reads = new Times();
    private final Times naps = new Times();

    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong submitted = new AtomicLong();
    private final AtomicLong files = new AtomicLong();
    private volatile long latest = System.nanoTime();
    private volatile boolean measuring;
    private volatile boolean over;

    PacedWrites(java.nio.file.Path directory, int seconds) {
        this.directory = directory;
        this.seconds = seconds;
    }

    /** Counts the files that were collected. */
    private final class Disk extends SafeDataWriter {
        Disk(FileDataReader reader) {
            super(reader);
        }

        @Override
        public void removeBlock(long address, RemoveBlockType type) {
            files.incrementAndGet();
            super.removeBlock(address, type);
        }
    }

    /** Nanoseconds, as they come from one thread. */
    private static final class Times {
        private long[] all = new long[1 << 16];
        private int size;

        void add(long nanos) {
            if (size == all.length) {
                all = Arrays.copyOf(all, 2 * size);
            }
            all[size++] = nanos;
        }

        String summary() {
            Arrays.sort(all, 0, size);
            return String.format(
                    "%d: p50 %.3f ms, p99 %.3f, p99.9 %.3f, most %.1f",
                    size, part(0.5), part(0.99), part(0.999), all[Math.max(0, size - 1)] / 1e6);
        }

        private double part(double part) {
            return all[(int) Math.min(size - 1.0, size * part)] / 1e6;
        }
    }

    void run() throws IOException, InterruptedException {
        try (XodusStore store = BenchTables.open(directory.resolve("store"), Map.of("logSize", LOG_SIZE), Disk::new)) {
            List<Thread> threads = new ArrayList<>();
            threads.add(new Thread(() -> read(store), "reads"));
            threads.add(new Thread(this::nap, "naps"));
            threads.add(new Thread(this::watch, "watch"));
            threads.forEach(Thread::start);
            write(store);
            over = true;
            for (Thread thread : threads) {
                thread.join();
            }
            report(store);
        }
    }

    private void write(XodusStore store) throws InterruptedException {
        Path[] paths = BenchTables.paths();
        Body[] bodies = BenchTables.bodies(BenchTables.OPAQUE);
        SplittableRandom random = new SplittableRandom(2);
        long began = System.nanoTime();
        long tick = began;
        for (long i = 0; i < (WARM_SECONDS + seconds) * 1_000L; i++) {
            measuring = i >= WARM_SECONDS * 1_000;
            tick += TimeUnit.MILLISECONDS.toNanos(1);
            while (System.nanoTime() < tick) {
                LockSupport.parkNanos(tick - System.nanoTime());
            }
            for (int j = 0; j < PER_MILLISECOND; j++) {
                // From when it should have been sent, so that a stall is not hidden by what was not sent meanwhile.
                long sent = tick;
                boolean counts = measuring;
                submitted.incrementAndGet();
                Path path = paths[random.nextInt(paths.length)];
                store.commit(BenchTables.write(BenchTables.OPAQUE, path, bodies[random.nextInt(bodies.length)]))
                        .whenComplete((commit, failure) -> answered(sent, counts));
            }
        }
        while (answered.get() < submitted.get()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    /** On the sync thread. */
    private void answered(long sent, boolean counts) {
        long now = System.nanoTime();
        latest = now;
        answered.incrementAndGet();
        if (counts) {
            writes.add(now - sent);
        }
    }

    private void read(XodusStore store) {
        Path[] paths = BenchTables.paths();
        SplittableRandom random = new SplittableRandom(3);
        while (!over) {
            LockSupport.parkNanos(200_000);
            Path path = paths[random.nextInt(paths.length)];
            long began = System.nanoTime();
            try (Snapshot snapshot = store.snapshot()) {
                snapshot.get(BenchTables.OPAQUE, path);
            }
            if (measuring) {
                reads.add(System.nanoTime() - began);
            }
        }
    }

    private void nap() {
        while (!over) {
            long began = System.nanoTime();
            LockSupport.parkNanos(1_000_000);
            if (measuring) {
                naps.add(Math.max(0, System.nanoTime() - began - 1_000_000));
            }
        }
    }

    /** Looks every few milliseconds, while no write is answered for long, what the committer does, and sums it up. */
    private void watch() {
        Map<String, Long> doing = new TreeMap<>();
        long before = System.nanoTime();
        while (!over) {
            LockSupport.parkNanos(5_000_000);
            long now = System.nanoTime();
            long passed = now - before;
            before = now;
            if (measuring && submitted.get() > answered.get() && now - latest > STALL_NANOS) {
                Thread.getAllStackTraces().forEach((thread, stack) -> {
                    if (thread.getName().startsWith("tarn-") || thread.getName().contains("cleaner")) {
                        doing.merge(thread.getName() + " " + doing(stack), passed, Long::sum);
                    }
                });
            }
        }
        doing.forEach((what, nanos) -> System.out.printf("  in stalls %6d ms %s%n", nanos / 1_000_000, what));
    }

    /** The first frame that says something. */
    private static String doing(StackTraceElement[] stack) {
        for (StackTraceElement frame : stack) {
            for (String known : KNOWN) {
                if (frame.getMethodName().equals(known)) {
                    return known;
                }
            }
        }
        return stack.length == 0 ? "nothing" : stack[0].toString();
    }

    private void report(XodusStore store) throws IOException {
        XodusStatistics statistics = new XodusStatistics(store);
        long live = statistics.log().bytes() + BenchTables.KEYS * 150L;
        long cpu = 0;
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().contains("cleaner")) {
                cpu += threads.getThreadCpuTime(thread.getThreadId());
            }
        }
        System.out.printf(
                "files  %d collected, each with %.1f ms of processor%n",
                files.get(), cpu / 1e6 / Math.max(1, files.get()));
        System.out.println("writes " + writes.summary());
        System.out.println("reads  " + reads.summary());
        System.out.println("naps   " + naps.summary() + " (what the machine makes a thread wait)");
        System.out.printf(
                "disk %.2f of what is alive (%d MB of %d MB), utilisation %.2f, collected %d MB, log %d MB from %d to %d, load %.1f%n",
                (double) statistics.space().bytes() / live,
                statistics.space().bytes() >> 20,
                live >> 20,
                statistics.space().utilisation(),
                statistics.space().collected() >> 20,
                statistics.log().bytes() >> 20,
                statistics.log().oldest(),
                statistics.log().latest(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }
}
