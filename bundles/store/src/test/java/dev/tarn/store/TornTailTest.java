// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import jetbrains.exodus.log.LogUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a loss of power leaves: of the blocks written after the last sync, some are there and some are not. Images of a store
 * at work are damaged in that way and opened.
 */
class TornTailTest {

    private static final int ROUNDS = Integer.getInteger("tarn.torn.rounds", 8);
    private static final int ROUNDS_PER_STORE = 10;
    private static final int BLOCK = 4_096;
    private static final long FILE = 2L << 20;

    @TempDir
    Path temporary;

    @Test
    void what_was_acknowledged_survives_lost_blocks_and_nothing_is_there_by_halves() throws Exception {
        long seed = Long.getLong("tarn.seed", System.nanoTime());
        Random random = new Random(seed);
        int damaged = 0;
        int images = 0;
        // Chance may leave all of them as they are.
        while (images < ROUNDS || (damaged == 0 && images < 20 * ROUNDS)) {
            Path live = temporary.resolve("live" + images);
            int some = Math.min(ROUNDS, ROUNDS_PER_STORE);
            damaged += rounds(live, some, random, "seed " + seed);
            images += some;
            delete(live);
        }
        assertThat(damaged).isPositive();
        System.out.printf("torn images=%d damaged=%d seed=%d%n", images, damaged, seed);
    }

    /** Damages images of one store at work; returns how many were. */
    private int rounds(Path live, int rounds, Random random, String what) throws Exception {
        AtomicLong acknowledged = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        int damaged = 0;
        try (XodusStore store = CrashModel.open(live)) {
            // Nothing is written while an image is looked at: where that takes long the store would grow, and take
            // longer.
            Semaphore turn = new Semaphore(1);
            Thread writer = new Thread(() -> write(store, acknowledged, turn, stop));
            writer.start();
            try {
                for (int round = 1; round <= rounds; round++) {
                    long before = acknowledged.get();
                    Eventually.holds(() -> acknowledged.get() > before + random.nextInt(200));
                    long safe = acknowledged.get();
                    // In this order: no seal in the image knows of a later sync than this one.
                    long[] place = new long[2];
                    Eventually.holds(() -> {
                        place[0] = store.end();
                        place[1] = store.synced();
                        return place[0] > place[1];
                    });
                    long end = place[0];
                    long synced = place[1];
                    Path image = temporary.resolve("image");
                    copy(live, image, end);
                    turn.acquireUninterruptibly();
                    try {
                        damaged += damage(image, synced, random) ? 1 : 0;
                        CrashCheck.check(image, safe, "round " + round + " of " + what);
                        delete(image);
                    } finally {
                        turn.release();
                    }
                }
            } finally {
                stop.set(true);
                writer.join();
            }
        }
        return damaged;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> assertThat(file.toFile().delete()).isTrue());
        }
    }

    private static void write(XodusStore store, AtomicLong acknowledged, Semaphore turn, AtomicBoolean stop) {
        Semaphore room = new Semaphore(64);
        for (long n = 1; !stop.get(); n++) {
            long number = n;
            room.acquireUninterruptibly();
            turn.acquireUninterruptibly();
            turn.release();
            store.commit(CrashModel.write(n)).thenRun(() -> {
                acknowledged.set(number);
                room.release();
            });
        }
        room.acquireUninterruptibly(64);
    }

    /** Links first, since a file may be removed any moment, then copies. */
    private static void copy(Path live, Path image, long end) throws IOException {
        Path files = Files.createDirectories(image.resolve(DirectoryFormat.FILES));
        Path links = Files.createDirectories(image.resolveSibling("links"));
        try (Stream<Path> all = Files.list(live.resolve(DirectoryFormat.FILES))) {
            for (Path file : all.sorted().toList()) {
                Files.createLink(links.resolve(file.getFileName()), file);
            }
        }
        try (Stream<Path> all = Files.list(links)) {
            for (Path file : all.sorted().toList()) {
                Files.copy(file, files.resolve(file.getFileName()));
                Files.delete(file);
            }
        }
        new FileSet(files, FILE).truncate(end);
        Files.copy(live.resolve("format"), image.resolve("format"));
        Files.copy(live.resolve("state"), image.resolve("state"));
        powerLost(image);
    }

    /** The directory looks as if another boot of the machine had written it. */
    private static void powerLost(Path directory) throws IOException {
        new StopState(
                        StopState.How.OPEN,
                        "another-boot",
                        StopState.read(directory).address())
                .write(directory);
    }

    /** The same for a store that was closed, as if it had not been. */
    private static void neverClosed(Path directory) throws IOException {
        new StopState(StopState.How.OPEN, "another-boot", 0).write(directory);
    }

    /** Loses some of what was written after this address; false when nothing was. */
    private static boolean damage(Path image, long synced, Random random) throws IOException {
        boolean any = false;
        List<Path> files;
        try (Stream<Path> all = Files.list(image.resolve(DirectoryFormat.FILES))) {
            files = all.sorted().toList();
        }
        for (Path path : files) {
            long address = LogUtil.getAddress(path.getFileName().toString());
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
                for (long at = 0; at < file.length(); at += BLOCK) {
                    long from = Math.max(at, synced - address);
                    long to = Math.min(at + BLOCK, file.length());
                    if (from < to && random.nextInt(3) == 0) {
                        file.seek(from);
                        file.write(new byte[(int) (to - from)]);
                        any = true;
                    }
                }
                if (file.length() > synced - address && random.nextInt(3) == 0) {
                    long kept = Math.max(0, synced - address);
                    file.setLength(kept + random.nextInt((int) (file.length() - kept) + 1));
                    any = true;
                }
            }
        }
        return any;
    }

    @Test
    void a_store_that_has_lost_what_was_on_the_disk_is_refused_and_left_as_it_is() throws Exception {
        Path directory = temporary.resolve("store");
        try (XodusStore store = Stores.open(directory)) {
            for (int i = 0; i < 200; i++) {
                Stores.commit(store, Stores.put("a" + i, new byte[100]));
            }
        }
        Path file = directory.resolve(DirectoryFormat.FILES).resolve(LogUtil.getLogFilename(0));
        byte[] content = Files.readAllBytes(file);
        List<Seal> seals = Seal.find(content, DirectoryFormat.of(directory).mark());
        // The last one alone could be what was being written; the one before it was on the disk by then.
        for (Seal seal : seals.subList(seals.size() - 2, seals.size())) {
            content[(int) seal.to() - 1] ^= 1;
        }
        Files.write(file, content);
        neverClosed(directory);
        assertThatThrownBy(() -> Stores.open(directory))
                .isInstanceOfSatisfying(Failure.class, e -> assertThat(e.code()).isEqualTo(Failure.Code.UNAVAILABLE))
                .hasMessageContaining("restore a backup")
                .hasMessageContaining(directory.toString());
        assertThat(Files.readAllBytes(file)).isEqualTo(content);
        // Not even when it is tried again by a process of the same boot.
        assertThatThrownBy(() -> Stores.open(directory)).hasMessageContaining("in quarantine");
        assertThat(Files.readAllBytes(file)).isEqualTo(content);
    }

    @Test
    void a_last_batch_that_is_damaged_is_cut_off() throws Exception {
        Path directory = temporary.resolve("store");
        try (XodusStore store = Stores.open(directory)) {
            for (int i = 0; i < 20; i++) {
                Stores.commit(store, Stores.put("a" + i, new byte[100]));
            }
        }
        Path file = directory.resolve(DirectoryFormat.FILES).resolve(LogUtil.getLogFilename(0));
        byte[] content = Files.readAllBytes(file);
        List<Seal> seals = Seal.find(content, DirectoryFormat.of(directory).mark());
        content[(int) seals.get(seals.size() - 1).to() - 1] ^= 1;
        Files.write(file, content);
        neverClosed(directory);
        try (XodusStore store = Stores.open(directory)) {
            assertThat(store.sequence()).isEqualTo(19);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_fenced_store_comes_back_at_what_was_durable() throws Exception {
        Path directory = temporary.resolve("store");
        long sealed;
        try (XodusStore store = Stores.open(directory)) {
            Stores.commit(store, Stores.put("a", (byte) 1));
            sealed = store.sealed();
            Stores.commit(store, Stores.put("a", (byte) 2));
        }
        new StopState(StopState.How.FENCED, StopState.thisBoot(), sealed).write(directory);
        try (XodusStore store = Stores.open(directory)) {
            assertThat(store.sequence()).isEqualTo(1);
            assertThat(Stores.commit(store, Stores.put("b", (byte) 1)).sequence())
                    .isEqualTo(2);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void power_that_is_lost_again_right_after_a_repair_costs_nothing_more() throws Exception {
        Path directory = temporary.resolve("store");
        try (XodusStore store = Stores.open(directory)) {
            for (int i = 0; i < 20; i++) {
                Stores.commit(store, Stores.put("a" + i, new byte[100]));
            }
        }
        neverClosed(directory);
        Path image = temporary.resolve("image");
        try (XodusStore store = Stores.open(directory)) {
            assertThat(store.sequence()).isEqualTo(20);
            // All that this store has written so far is lost.
            StopState state = StopState.read(directory);
            copy(directory, image, state.address());
        }
        try (XodusStore store = Stores.open(image)) {
            assertThat(store.sequence()).isEqualTo(20);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_new_store_whose_power_is_lost_at_once_begins_again() throws Exception {
        Path directory = temporary.resolve("store");
        Stores.open(directory).close();
        Path files = directory.resolve(DirectoryFormat.FILES);
        new FileSet(files, FILE).truncate(700);
        Path file = files.resolve(LogUtil.getLogFilename(0));
        byte[] torn = Files.readAllBytes(file);
        Arrays.fill(torn, 100, 400, (byte) 0);
        Files.write(file, torn);
        neverClosed(directory);
        try (XodusStore store = Stores.open(directory)) {
            assertThat(Stores.commit(store, Stores.put("a", (byte) 1)).sequence())
                    .isEqualTo(1);
        }
    }

    @Test
    void a_store_without_its_files_is_not_taken_for_a_new_one() throws Exception {
        Path directory = temporary.resolve("store");
        try (XodusStore store = Stores.open(directory)) {
            Stores.commit(store, Stores.put("a", (byte) 1));
        }
        Files.delete(directory.resolve(DirectoryFormat.FILES).resolve(LogUtil.getLogFilename(0)));
        assertThatThrownBy(() -> Stores.open(directory)).hasMessageContaining("restore a backup");
    }

    @Test
    void a_store_without_the_file_that_says_how_it_was_left_is_checked() throws Exception {
        Path directory = temporary.resolve("store");
        try (XodusStore store = Stores.open(directory)) {
            for (int i = 0; i < 200; i++) {
                Stores.commit(store, Stores.put("a" + i, new byte[100]));
            }
        }
        Files.delete(directory.resolve("state"));
        new FileSet(directory.resolve(DirectoryFormat.FILES), FILE)
                .truncate(new FileSet(directory.resolve(DirectoryFormat.FILES), FILE).end() - 300);
        try (XodusStore store = Stores.open(directory)) {
            assertThat(store.sequence()).isIn(199L, 200L);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_store_whose_trees_are_damaged_is_not_taken_back_to_some_older_state() throws Exception {
        for (boolean closed : List.of(true, false)) {
            Path directory = temporary.resolve("store" + closed);
            try (XodusStore store = Stores.open(directory)) {
                for (int i = 0; i < 30; i++) {
                    Stores.commit(store, Stores.put("a" + i, new byte[100]));
                }
            }
            Path file = directory.resolve(DirectoryFormat.FILES).resolve(LogUtil.getLogFilename(0));
            byte[] content = Files.readAllBytes(file);
            List<Seal> seals = Seal.find(content, DirectoryFormat.of(directory).mark());
            int last = (int) seals.get(seals.size() - 1).segments().get(0).from();
            Arrays.fill(content, 3_000, last, (byte) 0);
            Files.write(file, content);
            if (!closed) {
                neverClosed(directory);
            }
            refusedOrTheNewest(directory);
            // But for what came after the last seal.
            assertThat(Files.readAllBytes(file)).startsWith(Arrays.copyOf(content, last));
        }
    }

    /**
     * Xodus walks over all of its last file when it opens. What it takes the damaged part for depends on the directory's random
     * mark: now and then it gets over it to the newest root, which is whole. Then the store opens, and says by itself that it is
     * damaged.
     */
    private static void refusedOrTheNewest(Path directory) {
        XodusStore open;
        try {
            open = Stores.open(directory);
        } catch (Failure e) {
            assertThat(e).hasMessageContaining("restore a backup");
            return;
        }
        try (open) {
            assertThat(open.sequence()).isEqualTo(30);
            assertThat(open.inspect().problems()).isNotEmpty();
            Scrubber scrubber = open.scrubber().orElseThrow();
            Eventually.holds(() -> !scrubber.told().damaged().isEmpty());
        }
    }

    @Test
    void a_file_that_looks_like_a_seal_is_none_without_the_mark() {
        byte[] mark = new byte[Seal.MARK];
        new Random(1).nextBytes(mark);
        Seal seal = new Seal(List.of(new Seal.Segment(0, 10, 1), new Seal.Segment(10, 1L << 40, 2)));
        byte[] file = new byte[500];
        byte[] bytes = seal.write(mark);
        System.arraycopy(bytes, 0, file, 100, bytes.length);
        assertThat(Seal.find(file, mark)).containsExactly(seal);
        file[130] ^= 1;
        assertThat(Seal.find(file, mark)).isEmpty();
        file[130] ^= 1;
        mark[3] ^= 1;
        assertThat(Seal.find(file, mark)).isEmpty();
    }
}
