// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that writes, again and again, at its work and while it starts, and compares all that is left with what must
 * be there. Every other time the start after that believes that the machine was stopped, and goes back to the last seal.
 */
class CrashTest {

    private static final int ROUNDS = Integer.getInteger("tarn.crash.rounds", 50);

    /** A fresh directory after so many rounds, so that a round checks thousands of writes and not millions. */
    private static final int ROUNDS_PER_DIRECTORY = 10;

    private static final int LONGEST_MILLIS = Integer.getInteger("tarn.crash.millis", 300);

    /** No round is begun after so many seconds, for machines with much else to do. */
    private static final long SECONDS = Long.getLong("tarn.crash.seconds", 40);

    private static final long SEED = Long.getLong("tarn.seed", System.nanoTime());

    @TempDir
    Path temporary;

    private final AtomicLong trimmed = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    private final AtomicLong kept = new AtomicLong();

    @Test
    void what_was_acknowledged_is_there_whole_and_nothing_else_is_by_halves() {
        int half = ROUNDS / 2;
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> rounds(temporary.resolve("a"), SEED, half));
        rounds(temporary.resolve("b"), SEED + 1, ROUNDS - half);
        other.join();
        assertThat(kept).hasPositiveValue();
        assertThat(trimmed).as("rounds with a trimmed log").hasPositiveValue();
        System.out.printf(
                "crash rounds=%d writes=%d trimmed_in=%d seed=%d%n", done.get(), kept.get(), trimmed.get(), SEED);
    }

    private void rounds(Path parent, long seed, int rounds) {
        Random random = new Random(seed);
        try {
            Path directory = parent;
            long written = 0;
            for (int round = 0; round < rounds && System.nanoTime() - end < 0; round++) {
                if (round % ROUNDS_PER_DIRECTORY == 0) {
                    delete(directory);
                    directory = parent.resolve(Integer.toString(round));
                    Files.createDirectories(directory);
                    written = 0;
                }
                long acknowledged = Math.max(written, killed(directory, random));
                boolean machine = random.nextBoolean() && Files.exists(directory.resolve("state"));
                if (machine) {
                    long address = StopState.read(directory).address();
                    new StopState(StopState.How.OPEN, "another-boot", address).write(directory);
                }
                String what = "round " + round + " of seed " + seed;
                CrashCheck.Found found = CrashCheck.check(directory, acknowledged, what);
                trimmed.addAndGet(found.oldest() > 1 ? 1 : 0);
                kept.addAndGet(found.written() - written);
                written = found.written();
                done.incrementAndGet();
            }
            delete(directory);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    /** Runs a writer, kills it some time after its start or its first acknowledgement, returns the last one. */
    private long killed(Path directory, Random random) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(
                "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dexodus.gc.startIn=100"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--add-opens"))
                .toList());
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), CrashWriter.class.getName(), directory.toString()));
        Path errors = directory.resolveSibling("stderr");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        boolean starting = random.nextInt(5) == 0;
        int millis = random.nextInt(LONGEST_MILLIS);
        long last = 0;
        try (BufferedReader in = process.inputReader(StandardCharsets.US_ASCII)) {
            if (starting) {
                kill(process, 250 + 2 * millis);
            }
            String line = in.readLine();
            if (!starting) {
                assertThat(line).as("%s", Files.readString(errors)).isNotNull();
            }
            Thread killer = new Thread(() -> kill(process, millis));
            killer.start();
            for (; line != null; line = in.readLine()) {
                // A line may be cut off by the kill; a number that is cut short is a smaller one.
                last = line.isEmpty() ? last : Math.max(last, Long.parseLong(line));
            }
            killer.join();
        } finally {
            process.destroyForcibly().waitFor();
        }
        return last;
    }

    private static void kill(Process process, int millis) {
        try {
            process.waitFor(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // Process.destroyForcibly would close the stream that is being read.
        process.toHandle().destroyForcibly();
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted(java.util.Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
