// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Write;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import jetbrains.exodus.log.LogUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes on the disk that change while nobody looks: whatever is read is right, or is refused in words. */
class DamageTest {

    private static final int ROWS = 300;
    private static final long WRITES = 600;
    private static final int BLOCK = 4_096;
    private static final long FILE = 2L << 20;
    private static final int ROUNDS = Integer.getInteger("tarn.damage.rounds", 25);

    @TempDir
    java.nio.file.Path temporary;

    private int right;
    private int refused;
    private int absent;

    @Test
    void what_is_read_from_damaged_files_is_right_or_refused() throws Exception {
        long seed = Long.getLong("tarn.seed", System.nanoTime());
        Random random = new Random(seed);
        java.nio.file.Path whole = temporary.resolve("whole");
        try (XodusStore store = Stores.open(whole)) {
            List<CompletionStage<?>> stages = new ArrayList<>();
            for (int i = 0; i < ROWS; i++) {
                stages.add(store.commit(Write.of(Stores.put("a/" + i, content(i)))));
            }
            stages.forEach(Stores::await);
        }
        int quarantined = 0;
        for (int round = 0; round < ROUNDS; round++) {
            java.nio.file.Path directory = temporary.resolve("damaged" + round);
            copy(whole, directory);
            damage(directory, random);
            try (XodusStore store = Stores.open(directory)) {
                read(store, "round " + round + " of seed " + seed);
            } catch (Failure e) {
                assertThat(e.reason()).as("seed %s", seed).contains("restore");
                quarantined++;
            }
        }
        assertThat(right).isPositive();
        System.out.printf(
                "damage: right=%d refused=%d absent=%d quarantined=%d seed=%d%n",
                right, refused, absent, quarantined, seed);
    }

    @Test
    void a_damaged_block_of_old_data_is_harmless_or_verify_finds_it() throws Exception {
        long seed = Long.getLong("tarn.seed", System.nanoTime());
        Random random = new Random(seed);
        java.nio.file.Path whole = temporary.resolve("whole");
        // The files end in the middle of each of three sessions.
        for (long n = 1; n <= WRITES; ) {
            try (XodusStore store = CrashModel.open(whole)) {
                List<CompletionStage<?>> stages = new ArrayList<>();
                for (long some = n + WRITES / 3; n < some; n++) {
                    stages.add(store.commit(CrashModel.write(n)));
                }
                stages.forEach(Stores::await);
            }
        }
        assertThat(verified(whole)).as("seed %s", seed).isEmpty();
        int found = 0;
        int harmless = 0;
        for (int round = 0; round < ROUNDS; round++) {
            java.nio.file.Path directory = temporary.resolve("damaged" + round);
            copyAll(whole, directory);
            // Each part of each file has its turn.
            String what = "round " + round + " of seed " + seed + ", " + damageOne(directory, round, random);
            String said = verified(directory);
            if (said.isEmpty()) {
                CrashCheck.Found left = CrashCheck.check(directory, WRITES, new CrashModel(), what);
                assertThat(left.written()).as(what).isEqualTo(WRITES);
                harmless++;
            } else {
                found++;
            }
            Restore.delete(directory);
        }
        assertThat(found).isPositive();
        System.out.printf("damage: found=%d harmless=%d seed=%d%n", found, harmless, seed);
    }

    /** The first thing that is wrong, or nothing. */
    private static String verified(java.nio.file.Path directory) {
        try (ClosedStore store = ClosedStore.open(directory)) {
            Inspector.Findings findings = store.inspect();
            return findings.count() == 0 ? "" : findings.problems().get(0);
        } catch (Failure | DamagedException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static void copyAll(java.nio.file.Path from, java.nio.file.Path to) throws IOException {
        List<java.nio.file.Path> all;
        try (Stream<java.nio.file.Path> walk = Files.walk(from)) {
            all = walk.toList();
        }
        for (java.nio.file.Path each : all) {
            Files.copy(each, to.resolve(from.relativize(each).toString()));
        }
    }

    /** One bit, some bytes, or a block of zeros or of what is elsewhere, in this round's part of the files. */
    private static String damageOne(java.nio.file.Path directory, int round, Random random) throws IOException {
        FileSet files = new FileSet(directory.resolve(DirectoryFormat.FILES), FILE);
        long end = files.end();
        long at = end / ROUNDS * round + random.nextInt((int) (end / ROUNDS));
        byte[] bytes = files.read(at - at % FILE);
        int from = (int) (at % FILE);
        int kind = random.nextInt(4);
        switch (kind) {
            case 0 -> bytes[from] ^= (byte) (1 << random.nextInt(8));
            case 1 -> {
                for (int i = from; i < Math.min(bytes.length, from + 1 + random.nextInt(500)); i++) {
                    bytes[i] = (byte) random.nextInt();
                }
            }
            case 2 -> {
                int block = from - from % BLOCK;
                Arrays.fill(bytes, block, Math.min(bytes.length, block + BLOCK), (byte) 0);
            }
            default -> {
                // As when a disk wrote a block to the wrong place.
                int block = from - from % BLOCK;
                int other = random.nextInt(bytes.length / BLOCK) * BLOCK;
                int length = Math.min(BLOCK, bytes.length - Math.max(block, other));
                System.arraycopy(bytes, other, bytes, block, length);
            }
        }
        Files.write(directory.resolve(DirectoryFormat.FILES).resolve(LogUtil.getLogFilename(at - at % FILE)), bytes);
        return "kind " + kind + " at " + at + " of " + end;
    }

    private void read(XodusStore store, String what) {
        try (Snapshot snapshot = store.snapshot()) {
            for (int i = 0; i < ROWS; i++) {
                try {
                    Optional<Row> row = snapshot.get(Stores.TOPICS, Path.of("a/" + i));
                    if (row.isPresent()) {
                        assertThat(row.get().body().bytes()).as(what).isEqualTo(content(i));
                        right++;
                    } else {
                        absent++;
                    }
                } catch (Failure e) {
                    assertThat(e.code()).as(what).isEqualTo(Failure.Code.UNAVAILABLE);
                    refused++;
                }
            }
            try (Snapshot.Rows rows = snapshot.rows(Stores.TOPICS, Snapshot.Range.ALL)) {
                for (Row row = rows.next(); row != null; row = rows.next()) {
                    int number = Integer.parseInt(row.path().text().substring(2));
                    assertThat(row.body().bytes()).as(what).isEqualTo(content(number));
                }
            } catch (Failure e) {
                assertThat(e.code()).as(what).isEqualTo(Failure.Code.UNAVAILABLE);
            }
        }
    }

    private static byte[] content(int number) {
        byte[] bytes = new byte[100 + number];
        Arrays.fill(bytes, (byte) number);
        return bytes;
    }

    private static void copy(java.nio.file.Path from, java.nio.file.Path to) throws IOException {
        String file = LogUtil.getLogFilename(0);
        Files.createDirectories(to.resolve(DirectoryFormat.FILES));
        Files.copy(from.resolve("format"), to.resolve("format"));
        Files.copy(from.resolve("state"), to.resolve("state"));
        Files.copy(
                from.resolve(DirectoryFormat.FILES).resolve(file),
                to.resolve(DirectoryFormat.FILES).resolve(file));
    }

    /** One bit, or some bytes, somewhere. */
    private static void damage(java.nio.file.Path directory, Random random) throws IOException {
        java.nio.file.Path file = directory.resolve(DirectoryFormat.FILES).resolve(LogUtil.getLogFilename(0));
        byte[] bytes = Files.readAllBytes(file);
        int at = random.nextInt(bytes.length);
        if (random.nextBoolean()) {
            bytes[at] ^= (byte) (1 << random.nextInt(8));
        } else {
            for (int i = at; i < Math.min(bytes.length, at + random.nextInt(500)); i++) {
                bytes[i] = (byte) random.nextInt();
            }
        }
        Files.write(file, bytes);
    }
}
