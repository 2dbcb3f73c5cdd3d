// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Snapshot;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTest {

    private static final Context ADMINISTRATOR = context(new User("a", Set.of(), true));

    @TempDir
    Path temporary;

    /** Nothing but a user. */
    private static Context context(User user) {
        return (Context) Proxy.newProxyInstance(
                Context.class.getClassLoader(), new Class<?>[] {Context.class}, (proxy, method, arguments) -> user);
    }

    private Path data() {
        return temporary.resolve("data");
    }

    private Path backup(XodusStore store, String name) {
        Path file = temporary.resolve(name);
        Map<String, Object> made =
                Stores.await(new BackupOperation(store).run(ADMINISTRATOR, Map.of("file", file.toString())));
        assertThat(made).containsEntry("file", file.toString());
        assertThat(file).hasSize((Long) made.get("size"));
        return file;
    }

    /** What is in a store, as text. */
    private static Map<String, String> content(XodusStore store) {
        Map<String, String> content = new TreeMap<>();
        try (Snapshot snapshot = store.snapshot()) {
            for (var table : List.of(Stores.SENSORS, Stores.TOPICS, Stores.SESSIONS)) {
                Stores.rows(snapshot, table, Snapshot.Range.ALL)
                        .forEach(row -> content.put(
                                row.path().text(),
                                row.version() + " " + Manifest.hash(row.body().bytes())));
            }
            snapshot.log(store.oldest() - 1, Integer.MAX_VALUE)
                    .forEach(change -> content.put("log " + change.sequence(), change.path() + " " + change.version()));
        }
        return content;
    }

    private static Restore.Restored restore(Path file, Path directory) throws IOException {
        try (DirectoryLock lock = DirectoryLock.take(directory)) {
            assertThat(lock).isNotNull();
            return new Restore(directory).restore(file);
        }
    }

    private static Map<String, String> contentOf(Path directory) {
        try (XodusStore store = CrashModel.open(directory)) {
            assertThat(store.inspect().problems()).isEmpty();
            return content(store);
        }
    }

    private static void fill(XodusStore store, int from, int to) {
        for (int i = from; i < to; i += 50) {
            CompletableFuture<?>[] writes = new CompletableFuture<?>[50];
            for (int j = 0; j < 50; j++) {
                writes[j] = store.commit(CrashModel.write(i + j)).toCompletableFuture();
            }
            Stores.await(CompletableFuture.allOf(writes));
        }
    }

    @Test
    void what_is_restored_is_what_was_backed_up() throws IOException {
        Map<String, String> expected;
        Path file;
        try (XodusStore store = CrashModel.open(data())) {
            fill(store, 1, 1_001);
            expected = content(store);
            file = backup(store, "b.zip");
            fill(store, 1_001, 1_051);
        }
        Path other = temporary.resolve("other");
        Restore.Restored restored = restore(file, other);
        assertThat(restored.replaced()).isNull();
        assertThat(restored.findings().problems()).isEmpty();
        assertThat(contentOf(other)).isEqualTo(expected);
    }

    @Test
    void a_backup_while_there_are_writes_is_one_moment_of_them() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        AtomicLong written = new AtomicLong();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Path[] files = new Path[3];
        long[] before = new long[3];
        try (XodusStore store = CrashModel.open(data())) {
            Thread writer = new Thread(() -> {
                Semaphore room = new Semaphore(64);
                for (long n = 1; !enough.get(); n++) {
                    long number = n;
                    room.acquireUninterruptibly();
                    store.commit(CrashModel.write(n)).whenComplete((commit, thrown) -> {
                        room.release();
                        written.accumulateAndGet(number, Math::max);
                        failure.compareAndSet(null, thrown);
                    });
                }
                room.acquireUninterruptibly(64);
            });
            writer.start();
            try {
                for (int i = 0; i < files.length; i++) {
                    long some = written.get() + 500;
                    Eventually.holds(() -> written.get() > some);
                    before[i] = written.get();
                    files[i] = backup(store, i + ".zip");
                }
            } finally {
                enough.set(true);
                writer.join();
            }
            assertThat(failure.get()).isNull();
        }
        for (int i = 0; i < files.length; i++) {
            Path other = temporary.resolve("other" + i);
            restore(files[i], other);
            CrashCheck.check(other, before[i], "backup " + i);
        }
    }

    @Test
    void what_was_there_stays_aside_and_the_restored_store_goes_on() throws IOException {
        Path file;
        try (XodusStore store = CrashModel.open(data())) {
            Stores.commit(store, Stores.put("a", (byte) 1));
            file = backup(store, "b.zip");
            Stores.commit(store, Stores.put("a", (byte) 2));
        }
        Path replaced = restore(file, data()).replaced();
        assertThat(replaced).isNotNull().hasParentRaw(data());
        try (XodusStore store = CrashModel.open(data())) {
            assertThat(content(store)).containsOnlyKeys("a", "log 1");
            Stores.commit(store, Stores.put("b", (byte) 3));
        }
        assertThat(contentOf(data())).containsOnlyKeys("a", "b", "log 1", "log 2");
        assertThat(contentOf(replaced)).containsOnlyKeys("a", "log 1", "log 2");
    }

    @Test
    void a_directory_in_quarantine_can_be_restored() throws IOException {
        Path file;
        try (XodusStore store = CrashModel.open(data())) {
            Stores.commit(store, Stores.put("a", (byte) 1));
            file = backup(store, "b.zip");
        }
        Quarantine.mark(data(), "a test");
        assertThatThrownBy(() -> CrashModel.open(data())).isInstanceOf(Failure.class);
        restore(file, data());
        assertThat(contentOf(data())).containsOnlyKeys("a", "log 1");
    }

    /** Everything below a directory but the lock, with its content. */
    private static Map<String, String> files(Path directory) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                if (!file.endsWith(DirectoryLock.FILE)) {
                    files.put(directory.relativize(file).toString(), Manifest.hash(Files.readAllBytes(file)));
                }
            }
        }
        return files;
    }

    @Test
    void a_broken_backup_is_refused_and_changes_nothing() throws IOException {
        Map<String, String> expected;
        Path file;
        try (XodusStore store = CrashModel.open(data())) {
            fill(store, 1, 101);
            expected = content(store);
            file = backup(store, "b.zip");
        }
        int refused = 0;
        byte[] good = Files.readAllBytes(file);
        Map<String, String> before = files(data());
        Map<String, byte[]> broken = new LinkedHashMap<>();
        broken.put("empty", new byte[0]);
        broken.put("cut off", java.util.Arrays.copyOf(good, good.length / 2));
        broken.put("end cut off", java.util.Arrays.copyOf(good, good.length - 1));
        for (int i = 1; i < 20; i++) {
            byte[] bytes = good.clone();
            bytes[(int) ((long) good.length * i / 20)] ^= 0x10;
            broken.put("a bit at " + i + "/20", bytes);
        }
        for (Map.Entry<String, byte[]> each : broken.entrySet()) {
            Path bad = temporary.resolve("bad.zip");
            Files.write(bad, each.getValue());
            try {
                restore(bad, data());
            } catch (DamagedException e) {
                assertThat(files(data())).as(each.getKey()).isEqualTo(before);
                refused++;
                continue;
            }
            // What was hit means nothing, such as a date in the zip.
            assertThat(contentOf(data())).as(each.getKey()).isEqualTo(expected);
            before = files(data());
        }
        assertThat(refused).isGreaterThan(broken.size() / 2);
    }

    /** Copies a backup, entry by entry. */
    private Path rewritten(Path file, java.util.function.Function<Map<String, byte[]>, Map<String, byte[]>> change)
            throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : java.util.Collections.list(zip.entries())) {
                entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
            }
        }
        Path target = temporary.resolve("rewritten.zip");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(target))) {
            for (Map.Entry<String, byte[]> entry : change.apply(entries).entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
                zip.closeEntry();
            }
        }
        return target;
    }

    private static byte[] signed(String text) {
        String body = text.substring(0, text.lastIndexOf("sha256="));
        return (body + "sha256=" + Manifest.hash(body.getBytes(StandardCharsets.US_ASCII)) + "\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private Path manifest(Path file, String from, String to) throws IOException {
        return rewritten(file, entries -> {
            String text = new String(entries.get(Manifest.NAME), StandardCharsets.US_ASCII);
            assertThat(text).containsPattern(from);
            entries.put(Manifest.NAME, signed(text.replaceFirst(from, to)));
            return entries;
        });
    }

    @Test
    void a_backup_that_lies_is_refused() throws IOException {
        Path file;
        try (XodusStore store = CrashModel.open(data())) {
            Stores.commit(store, Stores.put("a", (byte) 1));
            file = backup(store, "b.zip");
        }
        Path other = temporary.resolve("other");
        assertThatThrownBy(() -> restore(manifest(file, "xodus/", "../evil/"), other))
                .isInstanceOf(DamagedException.class)
                .hasMessageContaining("makes no sense");
        assertThatThrownBy(() ->
                        restore(manifest(file, "file=.* xodus/", "file=" + "0".repeat(64) + " 5 xodus/"), other))
                .isInstanceOf(DamagedException.class);
        assertThatThrownBy(() -> restore(manifest(file, "sequence=", "file=.* format\nsequence="), other))
                .isInstanceOf(DamagedException.class);
        assertThatThrownBy(() -> restore(
                        rewritten(file, entries -> {
                            entries.remove(Manifest.NAME);
                            return entries;
                        }),
                        other))
                .hasMessageContaining("no manifest");
        assertThatThrownBy(() -> restore(
                        rewritten(file, entries -> {
                            entries.keySet().removeIf(name -> name.startsWith("xodus/"));
                            return entries;
                        }),
                        other))
                .hasMessageContaining("is not in it");
        assertThat(files(other)).isEmpty();
    }

    @Test
    void a_backup_of_another_format_says_which_version_reads_it() throws IOException {
        Path file;
        try (XodusStore store = CrashModel.open(data())) {
            file = backup(store, "b.zip");
        }
        for (String what : List.of("backup", "format")) {
            assertThatThrownBy(() -> restore(manifest(file, what + "=\\d+", what + "=99"), temporary.resolve("other")))
                    .isInstanceOfSatisfying(Failure.class, failure -> {
                        assertThat(failure.code()).isEqualTo(Failure.Code.UNSUPPORTED);
                        assertThat(failure.reason()).contains(what + " 99");
                    });
        }
    }

    @Test
    void a_restore_that_was_cut_off_after_its_decision_is_completed_by_the_next_start() throws IOException {
        Path file;
        try (XodusStore store = CrashModel.open(data())) {
            Stores.commit(store, Stores.put("a", (byte) 1));
            file = backup(store, "b.zip");
            Stores.commit(store, Stores.put("b", (byte) 1));
        }
        // Just decided.
        try (BackupReader backup = BackupReader.open(file)) {
            backup.unpack(data().resolve("restored"));
        }
        assertThat(contentOf(data())).containsOnlyKeys("a", "log 1");
        // Half of it has arrived.
        Path other = temporary.resolve("other");
        Files.createDirectory(other);
        try (BackupReader backup = BackupReader.open(file)) {
            backup.unpack(other.resolve("arriving"));
        }
        Files.move(other.resolve("arriving/xodus"), other.resolve("xodus"));
        assertThat(contentOf(other)).containsOnlyKeys("a", "log 1");
        assertThat(other.resolve("arriving")).doesNotExist();
        // Cut off before: nothing counts.
        try (BackupReader backup = BackupReader.open(file)) {
            backup.unpack(other.resolve("restoring"));
        }
        Files.writeString(other.resolve("restoring/format"), "nonsense", StandardOpenOption.WRITE);
        assertThat(contentOf(other)).containsOnlyKeys("a", "log 1");
        assertThat(other.resolve("restoring")).doesNotExist();
    }

    @Test
    void a_backup_replaces_nothing_and_leaves_nothing_behind_when_it_fails() throws IOException {
        try (XodusStore store = CrashModel.open(data())) {
            BackupOperation operation = new BackupOperation(store);
            Path there = Files.writeString(temporary.resolve("there"), "mine");
            refused(operation, there.toString(), Failure.Code.CONFLICT);
            assertThat(there).hasContent("mine");
            refused(operation, temporary.resolve("no/folder/b.zip").toString(), Failure.Code.NOT_FOUND);
            refused(operation, "\0", Failure.Code.MALFORMED);
            assertThatThrownBy(() -> Stores.await(operation.run(context(new User("u", Set.of(), false)), Map.of())))
                    .isInstanceOfSatisfying(
                            Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.FORBIDDEN));
            operation.close();
            refused(operation, "b.zip", Failure.Code.UNAVAILABLE);
            Path cancelled = temporary.resolve("cancelled.zip");
            assertThatThrownBy(() -> new BackupWriter(cancelled, () -> {
                                throw new Failure(Failure.Code.UNAVAILABLE, "cancelled");
                            })
                            .write(BackupPoint.of(store.core().database())))
                    .isInstanceOf(Failure.class);
        }
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("data", "there");
        }
    }

    private static void refused(BackupOperation operation, String file, Failure.Code code) {
        CompletionStage<Map<String, Object>> stage = operation.run(ADMINISTRATOR, Map.of("file", file));
        assertThatThrownBy(() -> Stores.await(stage))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(code));
    }

    @Test
    void without_a_name_a_backup_goes_into_a_folder_beside_the_data() {
        try (XodusStore store = CrashModel.open(data())) {
            Map<String, Object> made = Stores.await(new BackupOperation(store).run(ADMINISTRATOR, Map.of()));
            assertThat(Path.of((String) made.get("file"))).exists().hasParentRaw(temporary.resolve("backups"));
        }
    }

    @Test
    void a_stopped_store_is_backed_up_as_well() throws IOException {
        try (XodusStore store = CrashModel.open(data())) {
            fill(store, 1, 101);
        }
        Path file = temporary.resolve("b.zip");
        try (ClosedStore store = ClosedStore.open(data())) {
            assertThat(store.inspect().problems()).isEmpty();
            new BackupWriter(file, () -> {}).write(store.point());
        }
        Path other = temporary.resolve("other");
        restore(file, other);
        assertThat(contentOf(other)).isEqualTo(contentOf(data()));
    }

    @Test
    void a_full_disk_can_be_backed_up_to_another_and_one_that_lost_something_cannot() throws IOException {
        FaultyDisk.Switch faults = new FaultyDisk.Switch();
        Map<String, String> expected;
        Path file;
        try (XodusStore store =
                new XodusStore(Stores.BODIES, Stores.config(data(), Map.of()), InstantSource.system(), faults::of)) {
            CrashModel.TABLES.forEach(store::define);
            fill(store, 1, 101);
            expected = content(store);
            faults.append.set("No space left on device");
            assertThat(Stores.refused(store, Stores.put("a", (byte) 1))).isEqualTo(Failure.Code.FULL);
            file = backup(store, "full.zip");
            faults.append.set("");
            store.core().fence().close("the disk did not take what was written", new IOException("EIO"));
            refused(new BackupOperation(store), temporary.resolve("lost.zip").toString(), Failure.Code.UNAVAILABLE);
        }
        assertThat(temporary.resolve("lost.zip")).doesNotExist();
        Path other = temporary.resolve("other");
        restore(file, other);
        assertThat(contentOf(other)).isEqualTo(expected);
    }
}
