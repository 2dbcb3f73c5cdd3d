// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.store.StoreStatistics.Scrub;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that change by themselves while a store is open. */
class ScrubberTest {

    private static final int ROWS = 80;

    @TempDir
    Path directory;

    private static Scrubber of(XodusStore store) {
        Database database = store.core().database();
        return new Scrubber(
                database.files(), database.mark(), database.opened(), InstantSource.system(), Duration.ofDays(1));
    }

    private static Scrub round(XodusStore store, Scrubber scrubber) throws IOException {
        long rounds = scrubber.told().rounds();
        int files = store.core().database().files().addresses().size();
        // It begins anywhere, so that two rounds have all.
        for (int i = 0; i <= 3 * files && scrubber.told().rounds() < rounds + 2; i++) {
            assertThat(scrubber.step()).isPositive();
        }
        assertThat(scrubber.told().rounds()).isEqualTo(rounds + 2);
        return scrubber.told();
    }

    /** Flips a bit in the middle of a file, or flips it back. */
    private static void flip(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            long place = bytes.length() / 2;
            bytes.seek(place);
            int there = bytes.read();
            bytes.seek(place);
            bytes.write(there ^ 1);
        }
    }

    @Test
    void damage_is_found_named_and_forgotten_when_it_is_gone() throws Exception {
        try (XodusStore store = Stores.open(directory)) {
            for (int i = 0; i < ROWS; i++) {
                Stores.commit(store, Stores.put("t/" + i, FaultyReads.bytes("t/" + i)));
            }
            Scrubber scrubber = of(store);
            Scrub sound = round(store, scrubber);
            assertThat(sound.damaged()).isEmpty();
            assertThat(sound.bytes()).isPositive();
            assertThat(sound.completed()).isPositive();
            FileSet files = store.core().database().files();
            List<Long> addresses = files.addresses();
            assertThat(addresses).hasSizeGreaterThan(4);
            long second = addresses.get(1);
            Path file = directory
                    .resolve(DirectoryFormat.FILES)
                    .resolve(jetbrains.exodus.log.LogUtil.getLogFilename(second));
            flip(file);
            List<String> damaged = round(store, scrubber).damaged();
            assertThat(damaged).isNotEmpty().allMatch(what -> what.endsWith("are not what was written"));
            flip(file);
            assertThat(round(store, scrubber).damaged()).isEmpty();
            Files.move(file, file.resolveSibling("aside"));
            Files.createDirectory(file);
            assertThat(round(store, scrubber).damaged()).anyMatch(what -> what.contains("cannot be read"));
            Files.delete(file);
            Files.move(file.resolveSibling("aside"), file);
            assertThat(round(store, scrubber).damaged()).isEmpty();
        }
    }

    @Test
    void the_file_that_was_written_last_is_looked_at_first_as_far_as_it_was_there() throws Exception {
        try (XodusStore store = Stores.open(directory)) {
            for (int i = 0; i < 20; i++) {
                Stores.commit(store, Stores.put("t/" + i, new byte[100]));
            }
        }
        Path file = directory.resolve(DirectoryFormat.FILES).resolve(jetbrains.exodus.log.LogUtil.getLogFilename(0));
        byte[] content = Files.readAllBytes(file);
        // Inside the value of a row, which Xodus does not look at when it opens.
        content[placeOfZeros(content)] ^= 1;
        Files.write(file, content);
        try (XodusStore store = Stores.open(directory)) {
            assertThat(store.core().database().files().addresses()).hasSize(1);
            Scrubber scrubber = of(store);
            scrubber.step();
            assertThat(scrubber.told().damaged()).singleElement().asString().endsWith("are not what was written");
            // What is written from now on is on its way to the disk and is left alone.
            scrubber.step();
            assertThat(scrubber.told().damaged()).hasSize(1);
        }
    }

    /** The middle of the first eighty zeros. */
    private static int placeOfZeros(byte[] content) {
        for (int at = 0, zeros = 0; at < content.length; at++) {
            zeros = content[at] == 0 ? zeros + 1 : 0;
            if (zeros == 80) {
                return at - 40;
            }
        }
        throw new AssertionError("no zeros");
    }
}
