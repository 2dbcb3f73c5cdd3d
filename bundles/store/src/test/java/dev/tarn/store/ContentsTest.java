// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Upload;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentsTest {

    private static final int LENGTH = 1_000_003;
    private static final long CHUNKS = LENGTH / ChunkStore.CHUNK + 2;

    @TempDir
    Path directory;

    @Test
    void a_content_comes_back_in_parts_and_after_a_restart() {
        byte[] bytes = Contents.bytes(1, LENGTH);
        try (XodusStore store = Stores.open(directory)) {
            Contents.put(store, "a", bytes);
            assertThat(Contents.read(Contents.content(store, "a"))).isEqualTo(bytes);
        }
        try (XodusStore store = Stores.open(directory)) {
            Content content = Contents.content(store, "a");
            assertThat(content.mediaType()).isEqualTo(Contents.TYPE);
            assertThat(content.length()).isEqualTo(LENGTH);
            assertThat(Contents.read(content)).isEqualTo(bytes);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_row_and_the_log_have_a_reference_in_its_place() {
        try (XodusStore store = Stores.open(directory)) {
            Contents.put(store, "a", Contents.bytes(1, LENGTH));
            Row row = Contents.row(store, Stores.TOPICS, "a");
            assertThat(row.body().mediaType()).isEqualTo(Content.REFERENCE);
            assertThat(row.body().bytes()).asString().isEqualTo("{\"contentType\":\"video/mp4\",\"length\":1000003}");
            assertThat(row.body().size()).isLessThan(1_000);
            try (Snapshot snapshot = store.snapshot()) {
                Change change = snapshot.log(0, 10).get(0);
                assertThat(change.body()).isNotNull();
                assertThat(change.body().mediaType()).isEqualTo(Content.REFERENCE);
                assertThat(change.body().bytes()).isEqualTo(row.body().bytes());
            }
        }
    }

    @Test
    void nothing_is_left_of_an_upload_that_is_given_up() {
        try (XodusStore store = Stores.open(directory)) {
            try (Upload upload = store.receive(-1)) {
                Contents.upload(upload, Contents.bytes(1, LENGTH));
                assertThat(Contents.chunks(store)).isEqualTo(CHUNKS - 1);
                assertThat(store.inspect().problems()).isEmpty();
            }
            Contents.collected(store, 0);
            assertThat(store.inspect().problems()).isEmpty();
            assertThat(store.intake().uploads()).isZero();
        }
    }

    @Test
    void nothing_is_left_of_an_upload_that_the_end_of_the_store_cut_off() {
        try (XodusStore store = Stores.open(directory)) {
            Upload upload = store.receive(-1);
            Contents.upload(upload, Contents.bytes(1, LENGTH));
        }
        try (XodusStore store = Stores.open(directory)) {
            Contents.collected(store, 0);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void whoever_reads_it_gets_it_to_the_end_although_it_is_overwritten_and_removed() {
        byte[] first = Contents.bytes(1, LENGTH);
        byte[] second = Contents.bytes(2, LENGTH);
        try (XodusStore store = Stores.open(directory)) {
            Contents.put(store, "a", first);
            Content old = Contents.content(store, "a");
            try (Content.Reader reader = old.open()) {
                assertThat(reader.read(0, 10)).hasSize(10);
                Contents.put(store, "a", second);
                try (Content.Reader other = Contents.content(store, "a").open()) {
                    Stores.commit(store, Stores.delete(Stores.TOPICS, "a"));
                    assertThat(Contents.read(reader, LENGTH)).isEqualTo(first);
                    assertThat(Contents.read(other, LENGTH)).isEqualTo(second);
                    assertThat(store.inspect().problems()).isEmpty();
                }
            }
            Contents.collected(store, 0);
            assertThatThrownBy(() -> Contents.read(old))
                    .isInstanceOfSatisfying(
                            Failure.class, refused -> assertThat(refused.code()).isEqualTo(Failure.Code.NOT_FOUND));
        }
    }

    @Test
    void a_reader_does_not_keep_for_ever_what_no_row_has() {
        Map<String, String> impatient = Map.of("contentPatience", "0s");
        try (XodusStore store = Stores.open(directory, impatient, InstantSource.system())) {
            Contents.put(store, "a", Contents.bytes(1, LENGTH));
            try (Content.Reader reader = Contents.content(store, "a").open()) {
                Stores.commit(store, Stores.delete(Stores.TOPICS, "a"));
                Contents.collected(store, 0);
                assertThatThrownBy(() -> reader.read(0, 10)).isInstanceOf(Failure.class);
            }
            // Nor does it stand in the way of those to come.
            Contents.put(store, "a", Contents.bytes(2, LENGTH));
            assertThat(Contents.read(Contents.content(store, "a"))).isEqualTo(Contents.bytes(2, LENGTH));
        }
    }

    @Test
    void damaged_bytes_are_not_given_out() {
        try (XodusStore store = Stores.open(directory)) {
            Contents.put(store, "a", Contents.bytes(1, LENGTH));
            Database database = store.core().database();
            store.committer()
                    .queue()
                    .run(() -> database.environment.executeInExclusiveTransaction(transaction -> {
                        byte[] key = ChunkStore.key(ContentShelf.greatest(database, transaction), 3);
                        byte[] value = Database.get(database.chunks, transaction, key);
                        assertThat(value).isNotNull();
                        byte[] damaged = value.clone();
                        damaged[1_000] ^= 1;
                        Database.put(database.chunks, transaction, key, damaged);
                    }))
                    .join();
            try (Content.Reader reader = Contents.content(store, "a").open()) {
                assertThat(reader.read(0, 3 * ChunkStore.CHUNK)).hasSize(3 * ChunkStore.CHUNK);
                assertThatThrownBy(() -> reader.read(3L * ChunkStore.CHUNK + 5, 10))
                        .isInstanceOfSatisfying(
                                Failure.class,
                                refused -> assertThat(refused.code()).isEqualTo(Failure.Code.UNAVAILABLE));
            }
            assertThat(store.inspect().problems()).hasSizeGreaterThan(0);
        }
    }

    @Test
    void a_row_may_have_several_and_keep_some_of_them() {
        try (XodusStore store = Stores.open(directory)) {
            byte[] small = Contents.bytes(3, 100);
            Content held = Content.of("image/png", small);
            try (Upload upload = store.receive(LENGTH)) {
                Content video = Contents.upload(upload, Contents.bytes(1, LENGTH));
                Stores.commit(
                        store,
                        Contents.put(
                                Stores.SENSORS,
                                "Sensors/1",
                                Stores.BODIES
                                        .of(Map.of("id", "1", "video", video.reference(), "photo", held.reference()))
                                        .with(Map.of("video", video, "photo", held))));
            }
            Row row = Contents.row(store, Stores.SENSORS, "Sensors/1");
            assertThat(Contents.read(Contents.content(row, "photo"))).isEqualTo(small);
            // The row is written again with one of them, in a write that moves the other to another row.
            Content video = Contents.content(row, "video");
            Commit commit = Stores.commit(
                    store,
                    Contents.put(Stores.SENSORS, "Sensors/1", Stores.BODIES.of(Map.of("id", "1"))),
                    Contents.put(
                            Stores.SENSORS,
                            "Sensors/2",
                            Stores.BODIES
                                    .of(Map.of("id", "2", "video", video.reference()))
                                    .with(Map.of("video", video))));
            assertThat(commit.changes()).hasSize(2);
            Contents.collected(store, CHUNKS);
            Row moved = Contents.row(store, Stores.SENSORS, "Sensors/2");
            assertThat(Contents.read(Contents.content(moved, "video"))).isEqualTo(Contents.bytes(1, LENGTH));
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void what_is_gone_cannot_be_put_into_a_row_again() {
        try (XodusStore store = Stores.open(directory)) {
            Contents.put(store, "a", Contents.bytes(1, LENGTH));
            Content content = Contents.content(store, "a");
            Stores.commit(store, Stores.delete(Stores.TOPICS, "a"));
            Contents.collected(store, 0);
            assertThat(Stores.refused(store, Contents.put(Stores.TOPICS, "b", Contents.whole(content))))
                    .isEqualTo(Failure.Code.CONFLICT);
        }
    }

    @Test
    void too_many_bytes_and_too_many_at_once_are_refused() {
        Map<String, ?> small = Map.of("contentLimit", "100KB", "uploads", 2);
        try (XodusStore store = Stores.open(directory, small, InstantSource.system())) {
            assertThat(refused(() -> store.receive(102_401))).isEqualTo(Failure.Code.TOO_LARGE);
            try (Upload first = store.receive(-1);
                    Upload second = store.receive(102_400)) {
                assertThat(refused(() -> store.receive(1))).isEqualTo(Failure.Code.BUSY);
                Stores.await(first.add(ByteBuffer.allocate(102_400)));
                assertThat(refused(() -> Stores.await(first.add(ByteBuffer.allocate(1)))))
                        .isEqualTo(Failure.Code.TOO_LARGE);
                assertThat(Contents.upload(second, new byte[102_400]).length()).isEqualTo(102_400);
            }
            Eventually.holds(() -> store.intake().uploads() == 0);
            store.receive(1).close();
            Contents.collected(store, 0);
        }
    }

    @Test
    void an_empty_content_is_one_too() {
        try (XodusStore store = Stores.open(directory)) {
            Contents.put(store, "a", new byte[0]);
            assertThat(Contents.read(Contents.content(store, "a"))).isEmpty();
            assertThat(store.inspect().problems()).isEmpty();
            Stores.commit(store, Stores.delete(Stores.TOPICS, "a"));
            Contents.collected(store, 0);
        }
    }

    @Test
    void many_uploads_at_once_share_what_there_is() {
        try (XodusStore store = Stores.open(directory)) {
            List<Integer> numbers =
                    java.util.stream.IntStream.range(0, 24).boxed().toList();
            numbers.parallelStream().forEach(i -> Contents.put(store, "t/" + i, Contents.bytes(i, 300_000 + i)));
            for (int i : numbers) {
                assertThat(Contents.read(Contents.content(store, "t/" + i))).isEqualTo(Contents.bytes(i, 300_000 + i));
            }
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    private static Failure.Code refused(Runnable attempt) {
        try {
            attempt.run();
        } catch (Failure refused) {
            return refused.code();
        }
        throw new AssertionError("it was accepted");
    }
}
