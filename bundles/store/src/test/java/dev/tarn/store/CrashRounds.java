// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Kills a process that writes, again and again, at its work, in the middle of a backup and while it starts, and compares all
 * that is left with what must be there; what was backed up as well. Every other time the start after that believes that the
 * machine was stopped, and goes back to the last seal. Can be run by itself: {@code CrashRounds <directory> <rounds> <seconds>}.
 */
final class CrashRounds {

    /** A fresh directory after so many rounds, so that a round checks thousands of writes and not millions. */
    private static final int ROUNDS_PER_DIRECTORY = 15;

    private static final int MANY = 5_000;

    /** What a process is killed at. */
    private enum When {
        STARTING,
        WRITING,
        BACKING_UP
    }

    private final Path temporary;
    private final SmallJvm jvm;
    private final int longestMillis;
    private final long end;

    private final AtomicLong rounds = new AtomicLong();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong trimmed = new AtomicLong();
    private final AtomicLong collected = new AtomicLong();
    private final AtomicLong files = new AtomicLong();
    private final AtomicLong leavings = new AtomicLong();
    private final AtomicLong backups = new AtomicLong();
    private final AtomicLong unfinished = new AtomicLong();

    /**
     * @param temporary a directory of one's own
     * @param longestMillis between its first acknowledgement and its end, about; ten times that when the machine is slow
     * @param seconds after which no round is begun, for machines with much else to do
     */
    CrashRounds(Path temporary, int longestMillis, long seconds) throws IOException, InterruptedException {
        this.temporary = temporary;
        this.jvm = new SmallJvm(temporary.resolve("jvm"));
        this.longestMillis = longestMillis;
        this.end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        jvm.warm(
                CrashWriter.class,
                temporary.resolve("warm").toString(),
                Files.createDirectories(temporary.resolve("warm-backups")).toString(),
                "500");
        Restore.delete(temporary.resolve("warm"));
        Restore.delete(temporary.resolve("warm-backups"));
    }

    public static void main(String[] arguments) throws Exception {
        long seed = System.nanoTime();
        int wanted = Integer.parseInt(arguments[1]);
        CrashRounds rounds = new CrashRounds(
                Files.createTempDirectory(Path.of(arguments[0]), "crash"), 250, Long.parseLong(arguments[2]));
        Thread progress = new Thread(() -> {
            try {
                while (true) {
                    TimeUnit.SECONDS.sleep(60);
                    System.out.println(rounds.summary());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        progress.setDaemon(true);
        progress.start();
        rounds.run(seed, wanted, 4);
        System.out.println(rounds.summary() + " seed=" + seed + " passed");
    }

    /** Runs them in so many threads. */
    void run(long seed, int wanted, int threads) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        for (int i = 0; i < threads; i++) {
            int number = i;
            int some = wanted * (i + 1) / threads - wanted * i / threads;
            all.add(CompletableFuture.runAsync(() -> rounds(Integer.toString(number), seed + number, some), pool));
        }
        pool.shutdown();
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    }

    long rounds() {
        return rounds.get();
    }

    long writes() {
        return writes.get();
    }

    long trimmed() {
        return trimmed.get();
    }

    long backups() {
        return backups.get();
    }

    String summary() {
        return String.format(
                "crash rounds=%d writes=%d trimmed_in=%d collected_in=%d files_collected=%d leavings=%d backups=%d unfinished=%d",
                rounds.get(),
                writes.get(),
                trimmed.get(),
                collected.get(),
                files.get(),
                leavings.get(),
                backups.get(),
                unfinished.get());
    }

    private void rounds(String name, long seed, int wanted) {
        Random random = new Random(seed);
        Path parent = temporary.resolve(name);
        try {
            Path directory = parent;
            CrashModel model = new CrashModel();
            long written = 0;
            for (int round = 0; round < wanted && System.nanoTime() - end < 0; round++) {
                if (round % ROUNDS_PER_DIRECTORY == 0) {
                    Restore.delete(directory);
                    directory = parent.resolve(Integer.toString(round));
                    Files.createDirectories(directory);
                    CrashFiles.sized(directory, round / ROUNDS_PER_DIRECTORY, random);
                    model = new CrashModel();
                    written = 0;
                }
                Path backedUp = Files.createDirectories(parent.resolve("backups"));
                long before = CrashFiles.missing(directory);
                Killed killed = killed(directory, backedUp, random);
                long gone = CrashFiles.missing(directory) - before;
                if (random.nextBoolean() && Files.exists(directory.resolve("state"))) {
                    long address = StopState.read(directory).address();
                    new StopState(StopState.How.OPEN, "another-boot", address).write(directory);
                }
                String what = "round " + round + " of seed " + seed;
                backups(backedUp, killed.finished(), model, what);
                CrashCheck.Found found =
                        CrashCheck.check(directory, Math.max(written, killed.acknowledged()), model, what);
                trimmed.addAndGet(found.oldest() > 1 ? 1 : 0);
                collected.addAndGet(gone > 0 ? 1 : 0);
                files.addAndGet(Math.max(0, gone));
                leavings.addAndGet(found.leavings());
                writes.addAndGet(found.written() - written);
                written = found.written();
                rounds.incrementAndGet();
                Restore.delete(backedUp);
            }
            Restore.delete(parent);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    /**
     * What a process said before it was killed.
     *
     * @param acknowledged the last write
     * @param finished the last backup
     */
    private record Killed(long acknowledged, Backup finished) {}

    /**
     * A backup that was finished.
     *
     * @param file empty without one
     * @param atLeast so many writes had been acknowledged when it was begun
     */
    private record Backup(String file, long atLeast) {}

    /** Runs a writer, kills it some time after its start, its first acknowledgement or the beginning of a backup. */
    private Killed killed(Path directory, Path backedUp, Random random) throws IOException, InterruptedException {
        Path errors = directory.resolveSibling("stderr");
        When when = When.values()[Math.min(2, random.nextInt(8) / 2)];
        // While a backup is made no file is removed.
        boolean backups = when == When.BACKING_UP || random.nextInt(3) == 0;
        Process process = jvm.process(CrashWriter.class, directory.toString(), backups ? backedUp.toString() : "")
                .redirectError(errors.toFile())
                .start();
        int millis = random.nextInt(longestMillis);
        // Few as often as many, and now and then so many that files are collected.
        boolean many = random.nextInt(12) == 0;
        int enough = many ? MANY : random.nextInt(1 << random.nextInt(12));
        int count = 0;
        List<Thread> killers = new ArrayList<>();
        long last = 0;
        long begun = 0;
        Backup finished = new Backup("", 0);
        try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8)) {
            if (when == When.STARTING) {
                killers.add(kill(process, 150 + millis));
            }
            String line = in.readLine();
            if (when != When.STARTING) {
                assertThat(line).as("%s", Files.readString(errors)).isNotNull();
                // However slow the machine is.
                killers.add(kill(process, (many ? 20 : 10) * longestMillis));
            }
            for (; line != null; line = in.readLine()) {
                // A line may be cut off by the kill; a number that is cut short is a smaller one.
                if (line.equals("begins")) {
                    begun = last;
                    if (when == When.BACKING_UP && count >= enough) {
                        killers.add(kill(process, millis / 5));
                        when = When.STARTING;
                    }
                } else if (line.startsWith("ends ")) {
                    finished = line.endsWith(".zip") ? new Backup(line.substring(5), begun) : finished;
                } else if (line.matches("\\d+")) {
                    last = Math.max(last, Long.parseLong(line));
                    if (++count == enough + 1 && when == When.WRITING) {
                        killers.add(kill(process, millis / 10));
                    }
                }
            }
            for (Thread killer : killers) {
                killer.join();
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        return new Killed(last, finished);
    }

    private static Thread kill(Process process, int millis) {
        Thread killer = new Thread(() -> {
            try {
                process.waitFor(millis, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            // Process.destroyForcibly would close the stream that is being read.
            process.toHandle().destroyForcibly();
        });
        killer.start();
        return killer;
    }

    /** A file with a backup's name is whole, what was finished is there, and what was not is refused or whole. */
    private void backups(Path backedUp, Backup finished, CrashModel model, String what) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(backedUp)) {
            files = all.sorted(Comparator.comparingLong(file -> file.toFile().lastModified()))
                    .toList();
        }
        if (!finished.file().isEmpty()) {
            assertThat(files).as(what).contains(Path.of(finished.file()));
        }
        for (Path file : files) {
            boolean part = file.toString().endsWith(".part");
            Path unpacked = backedUp.resolve("unpacked");
            try (BackupReader backup = BackupReader.open(file)) {
                backup.unpack(unpacked);
            } catch (DamagedException e) {
                assertThat(part).as("%s: %s %s", what, file, e.getMessage()).isTrue();
                unfinished.incrementAndGet();
                continue;
            }
            long atLeast = file.toString().equals(finished.file()) ? finished.atLeast() : 0;
            CrashCheck.check(unpacked, atLeast, model, what + ", " + file.getFileName());
            Restore.delete(unpacked);
            backups.incrementAndGet();
        }
    }
}
