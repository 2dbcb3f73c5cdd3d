// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.StoreStatistics;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that do not give back what they have: what is refused, in which words, what is served, and that it passes. */
class ReadFaultTest {

    @TempDir
    java.nio.file.Path directory;

    private static boolean served(XodusStore store, String topic) {
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(snapshot.get(Stores.TOPICS, Path.of(topic))
                            .orElseThrow()
                            .body()
                            .bytes())
                    .isEqualTo(FaultyReads.bytes(topic));
            return true;
        } catch (Failure e) {
            assertThat(e.code()).isEqualTo(Failure.Code.UNAVAILABLE);
            assertThat(e.reason()).contains("row at " + topic, "cannot be read from the disk", "directory");
            return false;
        }
    }

    @Test
    void what_one_file_has_is_refused_while_the_disk_does_not_give_it_and_all_else_is_served() throws Exception {
        java.nio.file.Path lost = FaultyReads.fill(directory);
        try (XodusStore store = Stores.open(directory, FaultyReads.SMALL, InstantSource.system())) {
            StoreStatistics statistics = new XodusStatistics(store);
            assertThat(statistics.soundness().failedReads()).isZero();
            java.nio.file.Path aside = FaultyReads.lose(lost);
            List<String> refused = new ArrayList<>(FaultyReads.MIDDLE);
            refused.removeIf(topic -> served(store, topic));
            assertThat(refused).isNotEmpty();
            for (String topic : FaultyReads.LAST) {
                assertThat(served(store, topic)).as(topic).isTrue();
            }
            String first = refused.get(0);
            assertThatThrownBy(() -> Stores.await(store.get(Stores.TOPICS, Path.of(first), Runnable::run)))
                    .isInstanceOfSatisfying(
                            Failure.class, e -> assertThat(e.code()).isEqualTo(Failure.Code.UNAVAILABLE));
            try (Snapshot snapshot = store.snapshot()) {
                assertThatThrownBy(() -> Stores.rows(snapshot, Stores.TOPICS, Snapshot.Range.ALL))
                        .isInstanceOf(Failure.class)
                        .hasMessageContaining("part of table data.topics cannot be read from the disk");
            }
            // A write that needs what cannot be read is refused alone, and others go on.
            assertThat(Stores.refused(store, Stores.put(first, (byte) 1))).isEqualTo(Failure.Code.UNAVAILABLE);
            Stores.commit(store, Stores.put("new", (byte) 1));
            assertThat(statistics.refusing()).isEmpty();
            assertThat(statistics.soundness().failedReads()).isGreaterThanOrEqualTo(refused.size());
            assertThat(statistics.soundness().recent().orElseThrow()).contains("cannot be read from the disk");

            FaultyReads.find(lost, aside);
            for (String topic : FaultyReads.MIDDLE) {
                assertThat(served(store, topic)).as(topic).isTrue();
            }
            Stores.commit(store, Stores.put(first, (byte) 1));
            assertThat(Stores.await(store.get(Stores.TOPICS, Path.of(first), Runnable::run)))
                    .hasValueSatisfying(row -> assertThat(row.body().bytes()).containsExactly(1));
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_process_whose_disk_fails_for_real_says_so_serves_what_it_has_and_goes_on_afterwards() throws Exception {
        assumeTrue(Files.isExecutable(java.nio.file.Path.of("/usr/bin/fiu-run")), "libfiu is there");
        FaultyReads.fill(directory);
        java.nio.file.Path pipe = directory.resolveSibling(directory.getFileName() + "-fiu");
        java.nio.file.Path errors = directory.resolveSibling(directory.getFileName() + "-stderr");
        Process process = reader(pipe).redirectError(errors.toFile()).start();
        try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8)) {
            until(in, line -> line.equals("hot=ok cold=ok"), errors);
            control(pipe, process, "enable name=posix/io/rw/read,failinfo=5");
            String failing = until(in, line -> line.startsWith("hot=ok cold=UNAVAILABLE"), errors);
            assertThat(failing).contains("cannot be read from the disk (Input/output error)");
            control(pipe, process, "disable name=posix/io/rw/read");
            until(in, line -> line.equals("hot=ok cold=ok"), errors);
        } finally {
            process.destroyForcibly().waitFor();
            Files.deleteIfExists(errors);
            Files.deleteIfExists(pipe.resolveSibling(pipe.getFileName() + "-" + process.pid() + ".in"));
            Files.deleteIfExists(pipe.resolveSibling(pipe.getFileName() + "-" + process.pid() + ".out"));
        }
        try (XodusStore store = Stores.open(directory)) {
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    private ProcessBuilder reader(java.nio.file.Path pipe) {
        List<String> command = new ArrayList<>(List.of("/usr/bin/fiu-run", "-x", "-f", pipe.toString()));
        command.add(java.nio.file.Path.of(System.getProperty("java.home"), "bin", "java")
                .toString());
        command.addAll(List.of("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--add-opens"))
                .toList());
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), FaultyReads.class.getName(), directory.toString()));
        return new ProcessBuilder(command);
    }

    private static void control(java.nio.file.Path pipe, Process process, String command)
            throws IOException, InterruptedException {
        int result = new ProcessBuilder("fiu-ctrl", "-f", pipe.toString(), "-c", command, Long.toString(process.pid()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        assertThat(result).as(command).isZero();
    }

    /** Reads lines up to one that is wanted; a row that is in memory is served in each of them. */
    private static String until(BufferedReader in, Predicate<String> wanted, java.nio.file.Path errors)
            throws IOException {
        long end = System.nanoTime() + 60_000_000_000L;
        for (String line = in.readLine(); line != null && System.nanoTime() < end; line = in.readLine()) {
            if (wanted.test(line)) {
                return line;
            }
            if (line.startsWith("hot=")) {
                assertThat(line).startsWith("hot=ok ");
            }
        }
        throw new AssertionError("the process did not say it: " + Files.readString(errors));
    }
}
