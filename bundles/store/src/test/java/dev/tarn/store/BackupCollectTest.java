// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.store.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import jetbrains.exodus.env.EnvironmentImpl;
import jetbrains.exodus.log.LogUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups while the garbage collector empties files. */
class BackupCollectTest {

    private static final int ROWS = 60;

    @TempDir
    Path temporary;

    @Test
    void what_is_collected_after_a_backup_has_begun_is_in_it_and_goes_afterwards() throws Exception {
        Path file = temporary.resolve("backup.zip");
        try (XodusStore store = Stores.open(temporary.resolve("data"))) {
            Database database = store.core().database();
            EnvironmentImpl environment = database.environment;
            environment.getEnvironmentConfig().setGcFilesDeletionDelay(0);
            for (int i = 0; i < ROWS; i++) {
                Stores.commit(store, Stores.put("t/" + i, FaultyReads.bytes("t/" + i)));
            }
            database.keepFiles(true);
            BackupPoint point = BackupPoint.of(database);
            long second = point.addresses().get(1);
            Path emptied =
                    temporary.resolve("data").resolve(DirectoryFormat.FILES).resolve(LogUtil.getLogFilename(second));
            AtomicBoolean collected = new AtomicBoolean();
            new BackupWriter(file, () -> {
                        if (!collected.getAndSet(true)) {
                            environment.getGC().doCleanFile(second);
                            Eventually.holds(() -> forgotten(database, second));
                            // With its seal, after which the file would go.
                            Stores.commit(store, Stores.put("later", (byte) 1));
                        }
                    })
                    .write(point);
            assertThat(collected).isTrue();
            assertThat(emptied).exists();
            database.keepFiles(false);
            Eventually.holds(() -> {
                Stores.commit(store, Stores.put("later", (byte) 2));
                return !Files.exists(emptied);
            });
        }
        try (BackupReader backup = BackupReader.open(file)) {
            backup.unpack(temporary.resolve("unpacked"));
        }
        try (XodusStore store = Stores.open(temporary.resolve("unpacked"));
                Snapshot snapshot = store.snapshot()) {
            for (int i = 0; i < ROWS; i++) {
                assertThat(snapshot.get(Stores.TOPICS, dev.tarn.api.data.Path.of("t/" + i))
                                .orElseThrow()
                                .body()
                                .bytes())
                        .isEqualTo(FaultyReads.bytes("t/" + i));
            }
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    private static boolean forgotten(Database database, long address) {
        for (long there : database.environment.getLog().getAllFileAddresses()) {
            if (there == address) {
                return false;
            }
        }
        return true;
    }
}
