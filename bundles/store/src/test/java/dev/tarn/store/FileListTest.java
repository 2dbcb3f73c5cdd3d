// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jetbrains.exodus.log.LogUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that somebody has removed from a data directory. */
class FileListTest {

    private static final int ROWS = 80;

    @TempDir
    Path temporary;

    private Path directory() {
        return temporary.resolve("store");
    }

    private Path file(long address) {
        return directory().resolve(DirectoryFormat.FILES).resolve(LogUtil.getLogFilename(address));
    }

    private Path list() {
        return directory().resolve("files");
    }

    /** Fills a few files and returns where they begin. */
    private static List<Long> fill(XodusStore store) throws IOException {
        for (int i = 0; i < ROWS; i++) {
            Stores.commit(store, Stores.put("t/" + i, FaultyReads.bytes("t/" + i)));
        }
        List<Long> addresses = store.core().database().files().addresses();
        assertThat(addresses).hasSizeGreaterThan(4);
        return addresses;
    }

    @Test
    void one_that_was_there_at_the_end_has_to_be_there_again() throws Exception {
        List<Long> addresses;
        try (XodusStore store = Stores.open(directory())) {
            addresses = fill(store);
        }
        Path gone = file(addresses.get(2));
        Files.move(gone, temporary.resolve("aside"));
        assertThatThrownBy(() -> Stores.open(directory()))
                .isInstanceOfSatisfying(Failure.class, e -> assertThat(e.code()).isEqualTo(Failure.Code.UNAVAILABLE))
                .hasMessageContaining("1 of its files are missing, the first is " + gone.getFileName())
                .hasMessageContaining("restore a backup");
        Files.move(temporary.resolve("aside"), gone);
        Files.delete(directory().resolve(Quarantine.FILE));
        try (XodusStore store = Stores.open(directory())) {
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void one_that_was_there_at_the_start_has_to_be_there_after_a_kill_but_what_was_taken_from_the_list()
            throws Exception {
        List<Long> addresses;
        try (XodusStore store = Stores.open(directory())) {
            addresses = fill(store);
        }
        FileSet files = new FileSet(
                directory().resolve(DirectoryFormat.FILES),
                DirectoryFormat.of(directory()).fileBytes());
        FileList list = new FileList(directory());
        list.check(files);
        list.removing(addresses.get(1));
        Files.delete(file(addresses.get(1)));
        list.check(files);
        Files.delete(file(addresses.get(2)));
        assertThatThrownBy(() -> list.check(files)).isInstanceOf(DamagedException.class);
        // Another boot: the disk may have the removal without the line.
        new StopState(StopState.How.OPEN, "another-boot", 0).write(directory());
        try (XodusStore store = Stores.open(directory())) {
            assertThat(store.core().database().files().addresses()).doesNotContain(addresses.get(2));
        }
    }

    @Test
    void what_the_collector_removes_is_taken_from_the_list_first() throws Exception {
        try (XodusStore store = Stores.open(directory())) {
            fill(store);
        }
        try (XodusStore store = Stores.open(directory())) {
            FileSet files = store.core().database().files();
            long second = files.addresses().get(1);
            store.core().database().environment.getGC().doCleanFile(second);
            Eventually.holds(() -> {
                Stores.commit(store, Stores.put("later", (byte) 1));
                return !Files.exists(file(second));
            });
            new FileList(directory()).check(files);
            assertThat(Files.readAllLines(list())).contains("-" + second);
        }
        assertThat(Files.readString(list())).doesNotContain("-");
    }

    @Test
    void a_list_that_says_nothing_keeps_nobody_from_opening() throws Exception {
        try (XodusStore store = Stores.open(directory())) {
            fill(store);
        }
        Files.writeString(list(), "12x\n");
        Stores.open(directory()).close();
        Files.delete(list());
        Stores.open(directory()).close();
        assertThat(Files.readAllLines(list())).isNotEmpty();
    }
}
