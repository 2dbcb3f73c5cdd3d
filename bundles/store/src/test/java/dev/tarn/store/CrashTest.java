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
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process that writes, again and again, and compares all that is left with what must be there. */
class CrashTest {

    private static final int ROUNDS = Integer.getInteger("tarn.crash.rounds", 3);

    /** A fresh directory after so many rounds, so that a round checks thousands of writes and not millions. */
    private static final int ROUNDS_PER_DIRECTORY = 10;

    @TempDir
    Path temporary;

    @Test
    void what_was_acknowledged_is_there_whole_and_nothing_else_is_by_halves() throws Exception {
        long seed = Long.getLong("tarn.seed", System.nanoTime());
        Random random = new Random(seed);
        Path directory = temporary.resolve("0");
        long written = 0;
        for (int round = 1; round <= ROUNDS; round++) {
            if (round % ROUNDS_PER_DIRECTORY == 0) {
                delete(directory);
                directory = temporary.resolve(Integer.toString(round));
                written = 0;
            }
            long acknowledged = Math.max(written, killed(directory, random.nextInt(1_500)));
            written = CrashCheck.check(directory, acknowledged, "round " + round + " of seed " + seed);
        }
    }

    /** Runs a writer, kills it so many milliseconds after its first acknowledgement, returns the last one. */
    private long killed(Path directory, int millis) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dexodus.gc.startIn=200"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--add-opens"))
                .toList());
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), CrashWriter.class.getName(), directory.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(temporary.resolve("stderr").toFile())
                .start();
        long last = 0;
        try (BufferedReader in = process.inputReader(StandardCharsets.US_ASCII)) {
            String line = in.readLine();
            assertThat(line)
                    .as("%s", Files.readString(temporary.resolve("stderr")))
                    .isNotNull();
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
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted(java.util.Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
