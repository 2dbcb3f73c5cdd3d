// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values that are kept in chunks. */
class LargeValuesTest {

    private static final int MEGABYTE = 1 << 20;

    @TempDir
    Path directory;

    private static byte[] content(int length, int seed) {
        byte[] content = new byte[length];
        new java.util.Random(seed).nextBytes(content);
        return content;
    }

    private static byte[] get(XodusStore store, String path) {
        Optional<Row> row = Stores.await(store.get(Stores.TOPICS, dev.tarn.api.data.Path.of(path), Runnable::run));
        return row.orElseThrow().body().bytes();
    }

    private static long chunks(XodusStore store) {
        return store.read(transaction -> store.core().database().chunks.count(transaction));
    }

    @Test
    void every_length_around_the_borders_comes_back_as_it_was() {
        try (XodusStore store = Stores.open(directory)) {
            for (int border : List.of(ChunkStore.CHUNK, PayloadFormat.WHOLE, 3 * ChunkStore.CHUNK)) {
                for (int length = border - 1; length <= border + 1; length++) {
                    byte[] content = content(length, length);
                    Stores.commit(store, Stores.put("t/" + length, content));
                    assertThat(get(store, "t/" + length)).isEqualTo(content);
                }
            }
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void chunks_go_with_the_last_who_refers_to_them() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochMilli(1_800_000_000_000L));
        InstantSource time = now::get;
        try (XodusStore store = Stores.open(directory, Map.of("logAge", "1h"), time)) {
            Stores.commit(store, Stores.put("a", content(MEGABYTE, 1)));
            long one = chunks(store);
            assertThat(one).isEqualTo(MEGABYTE / ChunkStore.CHUNK + 1);
            // The log still has the first one.
            Stores.commit(store, Stores.put("a", content(MEGABYTE, 2)));
            assertThat(chunks(store)).isEqualTo(2 * one);
            Stores.commit(store, Stores.put("b", content(MEGABYTE, 3)), Stores.delete(Stores.TOPICS, "a"));
            assertThat(chunks(store)).isEqualTo(3 * one);
            now.set(now.get().plusSeconds(7_200));
            // The log is empty; the row b has the last ones.
            Eventually.holds(() -> chunks(store) == one);
            assertThat(get(store, "b")).isEqualTo(content(MEGABYTE, 3));
            assertThat(store.inspect().problems()).isEmpty();
            Stores.commit(store, Stores.delete(Stores.TOPICS, "b"));
            assertThat(chunks(store)).isZero();
        }
    }

    @Test
    void the_row_cache_counts_what_is_in_chunks() {
        try (XodusStore store = Stores.open(directory, Map.of("rowCache", "16MB"), InstantSource.system())) {
            for (int i = 0; i < 60; i++) {
                // Read, so that the cache has it, and written again, so that the committer puts the new one there.
                Stores.commit(store, Stores.put("t/" + i, content(200_000, i)));
                assertThat(get(store, "t/" + i)).hasSize(200_000);
                Stores.commit(store, Stores.put("t/" + i, content(300_000, i)));
                assertThat(get(store, "t/" + i)).hasSize(300_000);
            }
            assertThat(store.core().cache().rows()).isBetween(1, 20);
            assertThat(store.core().cache().bytes()).isLessThanOrEqualTo(16 * MEGABYTE);
        }
    }

    @Test
    void sixty_four_megabytes_fit_into_a_small_heap() throws Exception {
        Path said = directory.resolve("said");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(Large.class.getName(), directory.resolve("data").toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
        try (ClosedStore store = ClosedStore.open(directory.resolve("data"))) {
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    /** Writes a value of 64 MB twice, reads it, reads it again after a restart, and is refused one that is larger. */
    static final class Large {

        private Large() {}

        /** Given a directory. */
        public static void main(String[] arguments) throws IOException {
            Path directory = Path.of(arguments[0]);
            Map<String, String> small = Map.of("cache", "16MB", "rowCache", "4MB");
            byte[] expected;
            try (XodusStore store = Stores.open(directory, small, InstantSource.system())) {
                for (int i = 0; i < 2; i++) {
                    Stores.commit(store, Stores.put("large", content(64 * MEGABYTE, i)));
                }
                expected = Manifest.digest().digest(get(store, "large"));
                if (Stores.refused(store, Stores.put("larger", new byte[64 * MEGABYTE + 1]))
                        != Failure.Code.TOO_LARGE) {
                    throw new IllegalStateException("a larger one was not refused as too large");
                }
            }
            try (XodusStore store = Stores.open(directory, small, InstantSource.system())) {
                if (!Arrays.equals(expected, Manifest.digest().digest(get(store, "large")))
                        || !Arrays.equals(expected, Manifest.digest().digest(content(64 * MEGABYTE, 1)))) {
                    throw new IllegalStateException("another value came back");
                }
            }
        }
    }
}
