// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static dev.tarn.store.Stores.commit;
import static dev.tarn.store.Stores.put;
import static dev.tarn.store.Stores.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Write;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that are full, broken or not ours: what is refused, what goes on, what is there afterwards. */
class DiskTest {

    private static final int BALLAST = 4 << 20;

    @TempDir
    java.nio.file.Path directory;

    private final FaultyDisk.Switch faults = new FaultyDisk.Switch();
    private java.nio.file.Path mounted;

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        if (mounted != null) {
            assertThat(run("umount", "-l", mounted.toString())).isZero();
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** A file system of so many megabytes; only root may have one. */
    private java.nio.file.Path tmpfs(int megabytes) throws IOException, InterruptedException {
        java.nio.file.Path place = Files.createDirectories(directory.resolve("small"));
        int result;
        try {
            result = run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tarn-test", place.toString());
        } catch (IOException e) {
            result = -1;
        }
        assumeTrue(result == 0, "file systems may be mounted");
        mounted = place;
        return place;
    }

    private XodusStore faulty() {
        XodusStore store =
                new XodusStore(Stores.BODIES, Stores.config(directory, Map.of()), InstantSource.system(), faults::of);
        store.define(Stores.TOPICS);
        store.define(Stores.SENSORS);
        return store;
    }

    private static void readable(XodusStore store, String topic, byte... expected) {
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(snapshot.get(Stores.TOPICS, Path.of(topic))
                            .orElseThrow()
                            .body()
                            .bytes())
                    .isEqualTo(expected);
        }
        assertThat(Stores.await(store.get(Stores.TOPICS, Path.of(topic), Runnable::run)))
                .isPresent();
    }

    /** Writes until one is refused, some at a time; returns how many were not. */
    private static int fill(XodusStore store, Failure.Code expected) {
        int accepted = 0;
        while (true) {
            List<CompletionStage<?>> stages = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                stages.add(store.commit(Write.of(put("fill/" + (accepted + i), new byte[50_000]))));
            }
            for (CompletionStage<?> stage : stages) {
                try {
                    Stores.await(stage);
                } catch (Failure e) {
                    assertThat(e.code()).as(e.reason()).isEqualTo(expected);
                    return accepted;
                }
                accepted++;
            }
        }
    }

    private static boolean accepts(XodusStore store) {
        try {
            commit(store, put("again", (byte) 7));
            return true;
        } catch (Failure e) {
            return false;
        }
    }

    @Test
    void a_full_disk_refuses_writes_reads_go_on_and_writes_resume_when_there_is_room() throws Exception {
        java.nio.file.Path small = tmpfs(16);
        java.nio.file.Path ballast = small.resolve("ballast");
        Files.write(ballast, new byte[BALLAST]);
        java.nio.file.Path data = small.resolve("data");
        int accepted;
        try (XodusStore store = Stores.open(data)) {
            commit(store, put("first", (byte) 1));
            accepted = fill(store, Failure.Code.FULL);
            assertThat(accepted).isPositive();
            assertThat(refused(store, put("one more", new byte[50_000]))).isEqualTo(Failure.Code.FULL);
            readable(store, "first", (byte) 1);
            readable(store, "fill/" + (accepted - 1), new byte[50_000]);
            Files.delete(ballast);
            Eventually.holds(() -> accepts(store));
            int more = fill(store, Failure.Code.FULL);
            assertThat(more).isPositive();
            readable(store, "again", (byte) 7);
            // It is closed while the disk is full.
        }
        java.nio.file.Path copy = directory.resolve("copy");
        assertThat(run("cp", "-r", data.toString(), copy.toString())).isZero();
        // As after a loss of power, as well.
        new StopState(StopState.How.OPEN, "another-boot", StopState.read(copy).address()).write(copy);
        try (XodusStore store = Stores.open(copy)) {
            readable(store, "first", (byte) 1);
            readable(store, "again", (byte) 7);
            for (int i = 0; i < accepted; i++) {
                readable(store, "fill/" + i, new byte[50_000]);
            }
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_store_that_is_opened_on_a_full_disk_is_read_and_is_written_when_there_is_room() throws Exception {
        java.nio.file.Path small = tmpfs(8);
        java.nio.file.Path data = small.resolve("data");
        java.nio.file.Path ballast = small.resolve("ballast");
        try (XodusStore store = Stores.open(data)) {
            commit(store, put("first", (byte) 1));
        }
        for (StopState.How left : List.of(StopState.How.CLOSED, StopState.How.OPEN, StopState.How.FENCED)) {
            StopState state = StopState.read(data);
            new StopState(left, left == StopState.How.OPEN ? "another-boot" : state.boot(), state.address())
                    .write(data);
            int accepted = fill(small, ballast);
            assertThat(accepted).isPositive();
            assertThat(small.toFile().getUsableSpace()).isZero();
            try (XodusStore store = Stores.open(data)) {
                readable(store, "first", (byte) 1);
                assertThat(refused(store, put("first", (byte) 2))).isEqualTo(Failure.Code.FULL);
                assertThat(refused(store, put("second", (byte) 2))).isEqualTo(Failure.Code.FULL);
                // A table that is new has to be written, and one that is known has not.
                assertThatThrownBy(() -> store.define(CrashModel.READINGS))
                        .isInstanceOfSatisfying(
                                Failure.class, e -> assertThat(e.code()).isEqualTo(Failure.Code.FULL));
                store.define(Stores.SENSORS);
                readable(store, "first", (byte) 1);
            }
            // Closed and opened once more, still without room.
            try (XodusStore store = Stores.open(data)) {
                readable(store, "first", (byte) 1);
                assertThat(refused(store, put("second", (byte) 2))).isEqualTo(Failure.Code.FULL);
                Files.delete(ballast);
                Eventually.holds(() -> accepts(store));
                readable(store, "again", (byte) 7);
            }
            try (XodusStore store = Stores.open(data)) {
                readable(store, "first", (byte) 1);
                readable(store, "again", (byte) 7);
                assertThat(store.inspect().problems()).isEmpty();
            }
        }
    }

    /** Writes a file until the disk is full to the last byte; returns how much it took. */
    private static int fill(java.nio.file.Path small, java.nio.file.Path file) throws IOException {
        int written = 0;
        for (int part : List.of(1 << 20, 1 << 12, 1)) {
            try (java.io.OutputStream out = Files.newOutputStream(
                    file, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.APPEND)) {
                while (small.toFile().getUsableSpace() >= part) {
                    out.write(new byte[part]);
                    written += part;
                }
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("No space");
            }
        }
        return written;
    }

    @Test
    void a_disk_that_refuses_to_be_written_is_tried_again_and_half_writes_leave_nothing() {
        for (String fault : List.of("Input/output error", "Read-only file system", "No space left on device")) {
            Failure.Code code = fault.startsWith("No space") ? Failure.Code.FULL : Failure.Code.UNAVAILABLE;
            try (XodusStore store = faulty()) {
                commit(store, put("a", (byte) 1), put("b", (byte) 1));
                long sequence = store.sequence();
                faults.append.set(fault);
                assertThat(refused(store, put("a", (byte) 2))).isEqualTo(code);
                assertThatThrownBy(() -> commit(store, put("a", new byte[100_000])))
                        .isInstanceOf(Failure.class)
                        .hasMessageContaining(code == Failure.Code.FULL ? "no space" : fault);
                readable(store, "a", (byte) 1);
                faults.append.set("");
                Eventually.holds(() -> accepts(store));
                assertThat(store.sequence()).isEqualTo(sequence + 1);
                readable(store, "a", (byte) 1);
            }
            try (XodusStore store = faulty()) {
                readable(store, "a", (byte) 1);
                readable(store, "again", (byte) 7);
                assertThat(store.inspect().problems()).isEmpty();
            }
        }
    }

    /** Reads once on a thread of its own, and waits a moment for it to end or to wait in its turn. */
    private static <T> CompletableFuture<T> meanwhile(Supplier<T> read) {
        CompletableFuture<T> result = CompletableFuture.supplyAsync(read, command -> new Thread(command).start());
        try {
            result.handle((value, failure) -> true).get(100, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // It waits until the transaction has been taken back.
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
        return result;
    }

    @Test
    void who_reads_while_a_transaction_is_taken_back_never_notices() throws Exception {
        try (XodusStore store = faulty()) {
            for (int i = 10; i < 40; i++) {
                commit(store, put(Stores.SENSORS, "Sensors/" + i, "{'id':'" + i + "','location':'x" + i + "'}"));
            }
            long sequence = store.sequence();
            List<CompletableFuture<?>> reads = new ArrayList<>();
            try (Snapshot snapshot = store.snapshot();
                    Snapshot.Rows rows = snapshot.rows(Stores.SENSORS, Snapshot.Range.ALL)) {
                Row first = rows.next();
                assertThat(first).isNotNull();
                faults.truncating.set(() -> {
                    faults.truncating.set(() -> {});
                    reads.add(meanwhile(() -> {
                        List<Row> rest = new ArrayList<>();
                        for (Row row = rows.next(); row != null; row = rows.next()) {
                            rest.add(row);
                        }
                        assertThat(rest).hasSize(29);
                        return rest;
                    }));
                    reads.add(meanwhile(() -> {
                                try (Snapshot another = store.snapshot()) {
                                    assertThat(another.get(Stores.SENSORS, Path.of("Sensors/39")))
                                            .isPresent();
                                    assertThat(another.count(Stores.SENSORS)).isEqualTo(30);
                                    assertThat(another.sequence()).isEqualTo(sequence);
                                    return Stores.index(another, "location", "x10", "x39");
                                }
                            })
                            .thenAccept(found -> assertThat(found).hasSize(30)));
                    reads.add(meanwhile(() -> {
                                try (Snapshot another = store.snapshot()) {
                                    return another.log(0, 100);
                                }
                            })
                            .thenAccept(changes -> assertThat(changes).hasSize(30)));
                });
                faults.append.set("Input/output error");
                assertThat(refused(store, put("b", new byte[300_000]))).isEqualTo(Failure.Code.UNAVAILABLE);
                faults.append.set("");
                assertThat(reads).hasSize(3);
                for (CompletableFuture<?> read : reads) {
                    read.get(20, TimeUnit.SECONDS);
                }
            }
        }
    }

    @Test
    void a_sync_that_fails_ends_writing_until_a_restart_which_goes_back_to_what_was_durable() {
        try (XodusStore store = faulty()) {
            commit(store, put("a", (byte) 1));
            faults.force.set("Input/output error");
            assertThat(refused(store, put("a", (byte) 2))).isEqualTo(Failure.Code.UNAVAILABLE);
            faults.force.set("");
            assertThatThrownBy(() -> commit(store, put("b", (byte) 1)))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("until a restart");
            try (Snapshot snapshot = store.snapshot()) {
                assertThat(snapshot.get(Stores.TOPICS, Path.of("a"))).isPresent();
            }
        }
        try (XodusStore store = faulty()) {
            readable(store, "a", (byte) 1);
            assertThat(store.sequence()).isEqualTo(1);
            commit(store, put("b", (byte) 1));
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_sync_that_fails_while_a_file_becomes_full_is_noticed_too() {
        int accepted = 0;
        try (XodusStore store = faulty()) {
            commit(store, put("a", (byte) 1));
            faults.force.set("Input/output error");
            accepted = fill(store, Failure.Code.UNAVAILABLE);
            readable(store, "a", (byte) 1);
        }
        faults.force.set("");
        assertThat(accepted).isZero();
        try (XodusStore store = faulty()) {
            readable(store, "a", (byte) 1);
            assertThat(store.sequence()).isEqualTo(1);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_directory_that_cannot_be_written_is_refused_by_name() throws Exception {
        java.nio.file.Path small = tmpfs(8);
        java.nio.file.Path data = small.resolve("data");
        try (XodusStore store = Stores.open(data)) {
            commit(store, put("a", (byte) 1));
        }
        assertThat(run("mount", "-o", "remount,ro", small.toString())).isZero();
        assertThatThrownBy(() -> Stores.open(data))
                .isInstanceOfSatisfying(Failure.class, e -> assertThat(e.code()).isEqualTo(Failure.Code.UNAVAILABLE))
                .hasMessageContaining(data.toString());
        assertThat(run("mount", "-o", "remount,rw", small.toString())).isZero();
        try (XodusStore store = Stores.open(data)) {
            readable(store, "a", (byte) 1);
        }
    }

    /** A process of its own that writes {@link CrashModel} to the directory. */
    private ProcessBuilder writer(List<String> before) {
        List<String> command = new ArrayList<>(before);
        command.add(java.nio.file.Path.of(System.getProperty("java.home"), "bin", "java")
                .toString());
        command.addAll(List.of("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("--add-opens"))
                .toList());
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), CrashWriter.class.getName(), directory.toString()));
        return new ProcessBuilder(command);
    }

    @Test
    void a_process_whose_disk_fails_for_real_acknowledges_nothing_more() throws Exception {
        assumeTrue(Files.isExecutable(java.nio.file.Path.of("/usr/bin/fiu-run")), "libfiu is there");
        java.nio.file.Path pipe = directory.resolveSibling(directory.getFileName() + "-fiu");
        java.nio.file.Path errors = directory.resolveSibling(directory.getFileName() + "-stderr");
        Process process = writer(List.of("/usr/bin/fiu-run", "-x", "-f", pipe.toString()))
                .redirectError(errors.toFile())
                .start();
        long last = 0;
        try (BufferedReader in = process.inputReader(StandardCharsets.US_ASCII)) {
            for (int i = 0; i < 50; i++) {
                last = number(in.readLine(), last);
            }
            String pid = Long.toString(process.pid());
            assertThat(run("fiu-ctrl", "-f", pipe.toString(), "-c", "enable name=posix/io/sync/*,failinfo=5", pid))
                    .isZero();
            for (String line = in.readLine(); line != null && !line.contains("store=fenced"); line = in.readLine()) {
                last = number(line, last);
            }
        } finally {
            process.destroyForcibly().waitFor();
            Files.deleteIfExists(errors);
            Files.deleteIfExists(pipe.resolveSibling(pipe.getFileName() + "-" + process.pid() + ".in"));
            Files.deleteIfExists(pipe.resolveSibling(pipe.getFileName() + "-" + process.pid() + ".out"));
        }
        assertThat(last).isPositive();
        CrashCheck.check(directory, last, "after failing syncs");
    }

    private static long number(String line, long otherwise) {
        assertThat(line).isNotNull();
        return line.matches("\\d+") ? Long.parseLong(line) : otherwise;
    }

    @Test
    void a_second_process_on_the_directory_is_refused_and_says_who_has_it() throws Exception {
        try (XodusStore store = Stores.open(directory)) {
            commit(store, put("a", (byte) 1));
            Process other = writer(List.of()).redirectErrorStream(true).start();
            String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(other.exitValue()).isNotZero();
            assertThat(said)
                    .contains("in use by another process ("
                            + ProcessHandle.current().pid() + ")");
            commit(store, put("b", (byte) 1));
            readable(store, "a", (byte) 1);
        }
        try (XodusStore store = Stores.open(directory)) {
            readable(store, "b", (byte) 1);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_directory_of_another_format_is_refused_with_the_reason_and_left_as_it_is() throws Exception {
        try (XodusStore store = Stores.open(directory)) {
            commit(store, put("a", (byte) 1));
        }
        java.nio.file.Path format = directory.resolve(DirectoryFormat.FILE);
        String ours = Files.readString(format);
        for (String other : List.of("format=1", "format=99", "format=")) {
            Files.writeString(format, ours.replaceAll("format=\\d+", other));
            assertThatThrownBy(() -> Stores.open(directory))
                    .isInstanceOfSatisfying(
                            Failure.class, e -> assertThat(e.code()).isEqualTo(Failure.Code.UNAVAILABLE))
                    .hasMessageContaining("says format " + other.substring(7))
                    .hasMessageContaining("use the version that wrote it");
            assertThat(directory.resolve(Quarantine.FILE)).doesNotExist();
        }
        Files.writeString(format, ours);
        try (XodusStore store = Stores.open(directory)) {
            readable(store, "a", (byte) 1);
        }
    }

    @Test
    void a_clock_that_is_set_back_costs_nothing_that_was_acknowledged() {
        AtomicLong now = new AtomicLong(1_900_000_000_000L);
        InstantSource clock = () -> Instant.ofEpochMilli(now.get());
        Map<String, String> overrides = Map.of("logAge", "1d");
        long version = 0;
        for (long moved : List.of(0L, -3_600_000L, -86_400_000L, 7_200_000L)) {
            now.addAndGet(moved);
            try (XodusStore store = Stores.open(directory, overrides, clock)) {
                Draft expiring = Draft.put(
                        Stores.TOPICS,
                        Path.of("moved/" + moved),
                        Stores.bytes((byte) 1),
                        Attributes.builder().expiresAt(now.get() + 100_000_000).build(),
                        Expectation.ANYTHING);
                long next = commit(store, expiring).changes().get(0).version();
                assertThat(next).isGreaterThan(version);
                version = next;
                // Also while the store runs.
                now.addAndGet(-1_000_000);
                next = commit(store, put("a", (byte) 1)).changes().get(0).version();
                assertThat(next).isGreaterThan(version);
                version = next;
                readable(store, "moved/" + moved, (byte) 1);
                assertThat(store.oldest()).isEqualTo(1);
            }
        }
        try (XodusStore store = Stores.open(directory, overrides, clock)) {
            readable(store, "moved/0", (byte) 1);
            assertThat(store.sequence()).isEqualTo(8);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }
}
