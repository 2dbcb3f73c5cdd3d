// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.store.Upload;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contents in backups, and in what is verified. */
class ContentsBackupTest {

    private static final int LENGTH = 700_001;

    @TempDir
    Path temporary;

    @Test
    void a_backup_has_the_contents_of_its_rows_and_nothing_of_uploads_under_way() throws Exception {
        Path data = temporary.resolve("data");
        Path file = temporary.resolve("b.zip");
        byte[] kept = Contents.bytes(1, LENGTH);
        try (XodusStore store = Stores.open(data)) {
            Contents.put(store, "kept", kept);
            Contents.put(store, "gone", Contents.bytes(2, LENGTH));
            try (Upload upload = store.receive(-1)) {
                Stores.await(upload.add(ByteBuffer.wrap(Contents.bytes(3, LENGTH))));
                new BackupWriter(file, () -> {})
                        .write(BackupPoint.of(store.core().database()));
            }
            // What happens afterwards is not in it.
            Stores.commit(store, Stores.delete(Stores.TOPICS, "gone"));
            Contents.put(store, "kept", Contents.bytes(4, LENGTH));
        }
        assertThat(verify(file)).isZero();
        assertThat(verify(data)).isZero();
        Path other = temporary.resolve("other");
        try (DirectoryLock lock = DirectoryLock.take(other)) {
            assertThat(lock).isNotNull();
            assertThat(new Restore(other).restore(file).findings().problems()).isEmpty();
        }
        try (XodusStore store = Stores.open(other)) {
            assertThat(Contents.read(Contents.content(store, "kept"))).isEqualTo(kept);
            assertThat(Contents.read(Contents.content(store, "gone"))).isEqualTo(Contents.bytes(2, LENGTH));
            Contents.collected(store, 2 * (LENGTH / ChunkStore.CHUNK + 2));
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void verification_finds_a_missing_chunk_and_one_that_nobody_has() {
        try (XodusStore store = Stores.open(temporary)) {
            Contents.put(store, "a", Contents.bytes(1, LENGTH));
            Database database = store.core().database();
            store.committer()
                    .queue()
                    .run(() -> database.environment.executeInExclusiveTransaction(transaction -> {
                        long number = ContentShelf.greatest(database, transaction);
                        Database.delete(database.chunks, transaction, ChunkStore.key(number, 2));
                        byte[] stray = ChunkStore.key(number + 1, 0);
                        Database.put(database.chunks, transaction, stray, ChunkStore.chunk(stray, new byte[10], 0, 10));
                    }))
                    .join();
            assertThat(String.join("\n", store.inspect().problems()))
                    .contains("one is missing", "nothing refers to chunk 0");
        }
    }

    private static int verify(Path what) {
        StringWriter said = new StringWriter();
        try (PrintWriter out = new PrintWriter(said)) {
            int result = new StoreTool().run(out, out, "verify", what.toString());
            out.flush();
            assertThat(result).as(said.toString()).isZero();
            return result;
        }
    }
}
