// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Upload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows with contents that come, go, stay, move and are read meanwhile, in any order, against a map of what must be there. */
class ContentsPropertyTest {

    private static final int SEEDS = Integer.getInteger("tarn.contents.seeds", 8);
    private static final int STEPS = 40;
    private static final String[] NAMES = {"photo", "voice", "video"};

    @TempDir
    Path directory;

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Reading(Content.Reader reader, byte[] expected) {}

    /** One run: the store, what its rows must have by path and name, and who reads. */
    private static final class Run {
        private final Cases cases;
        private final Map<String, Map<String, byte[]>> model = new TreeMap<>();
        private final List<Reading> readings = new ArrayList<>();
        private XodusStore store;
        private long seed;

        Run(Cases cases, Path place) {
            this.cases = cases;
            this.store = Stores.open(place);
        }

        void step(Path place) {
            switch (cases.below(10)) {
                case 0 -> giveUp();
                case 1 -> remove();
                case 2, 3 -> changePart();
                case 4 -> move();
                case 5, 6 -> read();
                case 7 -> stopReading();
                case 8 -> {
                    if (cases.oneIn(6)) {
                        readings.forEach(each -> each.reader().close());
                        readings.clear();
                        store.close();
                        store = Stores.open(place);
                    }
                }
                default -> replace();
            }
        }

        private String path() {
            return "Sensors/" + cases.below(4);
        }

        private byte[] bytes() {
            int length = cases.oneIn(3) ? cases.below(200) : cases.below(300_000);
            return Contents.bytes(++seed, length);
        }

        private void giveUp() {
            try (Upload upload = store.receive(-1)) {
                Contents.upload(upload, bytes());
            }
        }

        private void remove() {
            String path = path();
            Stores.commit(store, Stores.delete(Stores.SENSORS, path));
            model.remove(path);
        }

        /** A row with some contents that were taken in and some that come along. */
        private void replace() {
            String path = path();
            List<Upload> uploads = new ArrayList<>();
            Map<String, Content> contents = new HashMap<>();
            Map<String, byte[]> expected = new HashMap<>();
            for (String name : NAMES) {
                if (cases.oneIn(2)) {
                    byte[] bytes = bytes();
                    expected.put(name, bytes);
                    if (cases.oneIn(2)) {
                        contents.put(name, Content.of(Contents.TYPE, bytes));
                    } else {
                        Upload upload = store.receive(-1);
                        uploads.add(upload);
                        contents.put(name, Contents.upload(upload, bytes));
                    }
                }
            }
            Stores.commit(store, draft(path, contents));
            uploads.forEach(Upload::close);
            model.put(path, expected);
        }

        private Draft draft(String path, Map<String, Content> contents) {
            Map<String, Object> object = new HashMap<>();
            object.put("id", path);
            contents.forEach((name, content) -> object.put(name, content.reference()));
            Body body = Stores.BODIES.of(object).with(contents);
            return Contents.put(Stores.SENSORS, path, body);
        }

        /** Keeps what the row has but for one. */
        private void changePart() {
            String path = path();
            Map<String, byte[]> expected = model.get(path);
            if (expected == null) {
                return;
            }
            Map<String, Content> contents = new HashMap<>(
                    Contents.row(store, Stores.SENSORS, path).body().contents());
            String name = NAMES[cases.below(NAMES.length)];
            byte[] bytes = bytes();
            contents.put(name, Content.of(Contents.TYPE, bytes));
            Stores.commit(store, draft(path, contents));
            expected.put(name, bytes);
        }

        /** Gives the contents of one row to another, which both have for a while or not. */
        private void move() {
            String from = path();
            String to = path();
            Map<String, byte[]> expected = model.get(from);
            if (expected == null || from.equals(to)) {
                return;
            }
            Draft copy =
                    draft(to, Contents.row(store, Stores.SENSORS, from).body().contents());
            boolean stays = cases.oneIn(2);
            if (stays) {
                Stores.commit(store, copy);
            } else if (cases.oneIn(2)) {
                Stores.commit(store, Stores.delete(Stores.SENSORS, from), copy);
            } else {
                Stores.commit(store, copy, Stores.delete(Stores.SENSORS, from));
            }
            model.put(to, new HashMap<>(expected));
            if (!stays) {
                model.remove(from);
            }
        }

        private void read() {
            String path = path();
            Map<String, byte[]> expected = model.get(path);
            if (expected != null && readings.size() < 8) {
                Row row = Contents.row(store, Stores.SENSORS, path);
                expected.forEach((name, bytes) ->
                        readings.add(new Reading(Contents.content(row, name).open(), bytes)));
            }
        }

        private void stopReading() {
            readings.forEach(each -> {
                assertThat(Contents.read(each.reader(), each.expected().length)).isEqualTo(each.expected());
                each.reader().close();
            });
            readings.clear();
        }

        void check() {
            stopReading();
            long chunks = 0;
            try (Snapshot snapshot = store.snapshot()) {
                List<Row> rows = Stores.rows(snapshot, Stores.SENSORS, Snapshot.Range.ALL);
                assertThat(Stores.ids(rows)).containsExactlyElementsOf(model.keySet());
                Map<Content, Long> counted = new HashMap<>();
                for (Row row : rows) {
                    Map<String, byte[]> expected = model.getOrDefault(row.path().text(), Map.of());
                    assertThat(row.body().contents()).containsOnlyKeys(expected.keySet());
                    expected.forEach((name, bytes) -> assertThat(Contents.read(Contents.content(row, name)))
                            .isEqualTo(bytes));
                    for (Content content : row.body().contents().values()) {
                        counted.put(content, (content.length() + ChunkStore.CHUNK - 1) / ChunkStore.CHUNK + 1);
                    }
                }
                for (long each : counted.values()) {
                    chunks += each;
                }
            }
            assertThat(store.inspect().problems()).isEmpty();
            Contents.collected(store, chunks);
            Eventually.holds(() -> store.core().reader().shelf().pinned() == 0);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void every_row_has_its_contents_and_nothing_else_is_left() {
        Cases.each(SEEDS, cases -> {
            try {
                Path place = Files.createTempDirectory(directory, "run");
                Run run = new Run(cases, place);
                try {
                    for (int i = 0; i < STEPS; i++) {
                        run.step(place);
                    }
                    run.check();
                } finally {
                    run.store.close();
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }
}
