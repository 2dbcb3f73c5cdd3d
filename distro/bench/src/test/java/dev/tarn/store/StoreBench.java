// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import com.sun.management.OperatingSystemMXBean;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The store beside raw Xodus in one process: {@code StoreBench group <directory> <seconds> <rounds> <flight>} writes durably with so
 * many in flight, raw, without and with an index in turn; {@code StoreBench paced <directory> <seconds>} updates 20,000 rows a
 * second while others read, and says how long each waited.
 */
public final class StoreBench {

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

    public static void main(String[] arguments) throws Exception {
        java.nio.file.Path directory =
                Files.createTempDirectory(Files.createDirectories(java.nio.file.Path.of(arguments[1])), "tarn-bench");
        int seconds = Integer.parseInt(arguments[2]);
        try {
            if (arguments[0].equals("paced")) {
                new PacedWrites(directory, seconds).run();
            } else {
                new StoreBench(directory, seconds, Integer.parseInt(arguments[4]))
                        .group(Integer.parseInt(arguments[3]));
            }
        } finally {
            Restore.delete(directory);
        }
    }

    /** What a run has come to. */
    private record Rate(double perSecond, double cpuMicros) {}

    private void group(int rounds) throws Exception {
        System.out.println(
                "round  load   raw/s  opaque/s  indexed/s  opaque:raw  indexed:raw  CPU us raw opaque indexed");
        // The first round is for the just-in-time compiler.
        for (int round = 0; round <= rounds; round++) {
            Rate raw = raw();
            Rate opaque = store(BenchTables.OPAQUE);
            Rate indexed = store(BenchTables.INDEXED);
            System.out.printf(
                    "%-5s %5.1f %7.0f %9.0f %10.0f %11.2f %12.2f  %9.2f %6.2f %7.2f%n",
                    round == 0 ? "warm" : Integer.toString(round),
                    MACHINE.getSystemLoadAverage(),
                    raw.perSecond(),
                    opaque.perSecond(),
                    indexed.perSecond(),
                    opaque.perSecond() / raw.perSecond(),
                    indexed.perSecond() / raw.perSecond(),
                    raw.cpuMicros(),
                    opaque.cpuMicros(),
                    indexed.cpuMicros());
        }
    }

    private interface Writing {
        void write(int key, int body, Runnable done) throws InterruptedException;
    }

    private Rate measure(Writing writing) throws InterruptedException {
        Semaphore room = new Semaphore(inFlight);
        Random random = new Random(1);
        long cpu = MACHINE.getProcessCpuTime();
        long began = System.nanoTime();
        long end = began + TimeUnit.SECONDS.toNanos(seconds);
        long count = 0;
        while (System.nanoTime() < end) {
            room.acquire();
            writing.write(random.nextInt(BenchTables.KEYS), random.nextInt(4_096), room::release);
            count++;
        }
        room.acquire(inFlight);
        return new Rate(count * 1e9 / (System.nanoTime() - began), (MACHINE.getProcessCpuTime() - cpu) / 1e3 / count);
    }

    private Rate store(Table table) throws IOException, InterruptedException {
        Body[] bodies = BenchTables.bodies(table);
        Path[] paths = BenchTables.paths();
        java.nio.file.Path data = Files.createTempDirectory(directory, "store");
        try (XodusStore store = BenchTables.open(data, Map.of())) {
            return measure((key, body, done) -> store.commit(BenchTables.write(table, paths[key], bodies[body]))
                    .whenComplete((commit, failure) -> done.run()));
        } finally {
            Restore.delete(data);
        }
    }

    private Rate raw() throws IOException, InterruptedException {
        Body[] bodies = BenchTables.bodies(BenchTables.OPAQUE);
        java.nio.file.Path data = Files.createTempDirectory(directory, "raw");
        try (RawWriter raw = new RawWriter(data)) {
            return measure((key, body, done) -> raw.put(Keys.id("Sensors/device-" + key), bodies[body].bytes(), done));
        } finally {
            Restore.delete(data);
        }
    }
}
