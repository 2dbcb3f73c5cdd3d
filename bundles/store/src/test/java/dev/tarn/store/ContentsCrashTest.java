// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Content;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that takes contents in: what was acknowledged is there to the last byte, a row has all of its content or is as it
 * was, and nothing is left of uploads that were under way. Every other time the start after that believes that the machine was
 * stopped.
 */
class ContentsCrashTest {

    private static final int ROUNDS = Integer.getInteger("tarn.crash.contents", 10);
    private static final int LONGEST_MILLIS = Integer.getInteger("tarn.crash.millis", 300);

    /** No round is begun after so many seconds, for machines with much else to do. */
    private static final long SECONDS = Long.getLong("tarn.crash.seconds", 40);

    private static final long SEED = Long.getLong("tarn.seed", System.nanoTime());

    @TempDir
    Path temporary;

    @Test
    void contents_are_there_whole_or_not_at_all() throws Exception {
        Random random = new Random(SEED);
        Path directory = Files.createDirectories(temporary.resolve("data"));
        SmallJvm jvm = new SmallJvm(temporary.resolve("jvm"));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        long[] acknowledged = new long[ContentsWriter.THREADS];
        long steps = 0;
        int round = 0;
        for (; round < ROUNDS && (round == 0 || System.nanoTime() - end < 0); round++) {
            long[] first = new long[acknowledged.length];
            for (int i = 0; i < first.length; i++) {
                // Past the step that may have been under way.
                first[i] = acknowledged[i] + 2;
            }
            killed(jvm, directory, random.nextInt(LONGEST_MILLIS), first, acknowledged);
            if (random.nextBoolean()) {
                long address = StopState.read(directory).address();
                new StopState(StopState.How.OPEN, "another-boot", address).write(directory);
            }
            check(directory, first, acknowledged, "round " + round + " of seed " + SEED);
            for (int i = 0; i < first.length; i++) {
                steps += Math.max(0, acknowledged[i] - first[i] + 1);
                acknowledged[i] = Math.max(acknowledged[i], first[i]);
            }
        }
        assertThat(steps).isPositive();
        System.out.printf("contents crash rounds=%d acknowledged=%d seed=%d%n", round, steps, SEED);
    }

    private static void check(Path directory, long[] first, long[] acknowledged, String what) {
        try (XodusStore store = Stores.open(directory)) {
            for (int i = 0; i < acknowledged.length; i++) {
                Optional<Row> row;
                try (Snapshot snapshot = store.snapshot()) {
                    row = snapshot.get(Stores.TOPICS, dev.tarn.api.data.Path.of(ContentsWriter.topic(i)));
                }
                String where = what + ", " + ContentsWriter.topic(i) + " after " + acknowledged[i];
                if (row.isEmpty()) {
                    boolean removed = ContentsWriter.removes(acknowledged[i])
                            || ContentsWriter.removes(acknowledged[i] + 1)
                            || acknowledged[i] < first[i];
                    assertThat(removed).as(where).isTrue();
                    continue;
                }
                Content content = Contents.content(row.get(), Content.WHOLE);
                long step = Long.parseLong(content.mediaType().substring("video/".length()));
                if (acknowledged[i] >= first[i]) {
                    assertThat(step).as(where).isBetween(acknowledged[i], acknowledged[i] + 1);
                }
                assertThat(Contents.read(content)).as(where).isEqualTo(ContentsWriter.bytes(i, step));
            }
            assertThat(store.inspect().problems()).as(what).isEmpty();
            Eventually.holds(() -> Contents.leavings(store) == 0);
            assertThat(store.inspect().problems()).as(what).isEmpty();
        }
    }

    /** Runs a writer and kills it some time after its first acknowledgement. */
    private void killed(SmallJvm jvm, Path directory, int millis, long[] first, long[] acknowledged)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(directory.toString()));
        for (long each : first) {
            arguments.add(Long.toString(each));
        }
        Path errors = temporary.resolve("stderr");
        Process process = jvm.process(ContentsWriter.class, arguments.toArray(String[]::new))
                .redirectError(errors.toFile())
                .start();
        try (BufferedReader in = process.inputReader(StandardCharsets.US_ASCII)) {
            String line = in.readLine();
            assertThat(line).as("%s", Files.readString(errors)).isNotNull();
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
            for (; line != null; line = in.readLine()) {
                if (line.endsWith(";")) {
                    int space = line.indexOf(' ');
                    acknowledged[Integer.parseInt(line.substring(0, space))] =
                            Long.parseLong(line.substring(space + 1, line.length() - 1));
                }
            }
            killer.join();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
