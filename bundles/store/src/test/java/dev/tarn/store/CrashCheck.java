// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Compares a directory with what {@link CrashModel} says must be in it. */
final class CrashCheck {

    private CrashCheck() {}

    /**
     * What was found.
     *
     * @param written so many writes are in it
     * @param oldest the log's first sequence
     * @param leavings contents without a row that were left and had to go
     */
    record Found(long written, long oldest, long leavings) {}

    /** Opens the directory and compares with a model of its own. */
    static Found check(Path directory, long acknowledged, String what) {
        return check(directory, acknowledged, new CrashModel(), what);
    }

    /** Opens the directory and compares with a model, which goes where it must. */
    static Found check(Path directory, long acknowledged, CrashModel model, String what) {
        try (XodusStore store = CrashModel.open(directory, Map.of("cache", "16MB"), InstantSource.system());
                XodusSnapshot snapshot = (XodusSnapshot) store.snapshot()) {
            long written = CrashWriter.last(snapshot);
            assertThat(written).as(what).isGreaterThanOrEqualTo(acknowledged);
            model.advance(written);
            List<String> paths = new ArrayList<>();
            for (Table table : CrashModel.TABLES) {
                for (Row row : Stores.rows(snapshot, table, Snapshot.Range.ALL)) {
                    paths.add(row.path().text());
                    Long n = model.rows.get(row.path().text());
                    assertThat(n).as("%s, %s", what, row.path()).isNotNull();
                    content(table, row, n, what);
                }
            }
            assertThat(paths).as(what).containsExactlyInAnyOrderElementsOf(model.rows.keySet());
            long oldest = log(store, snapshot, model, what);
            // Nothing was trimmed that the session is still owed.
            assertThat(oldest).as(what).isLessThanOrEqualTo(model.sequence(written - CrashModel.BEHIND) + 1);
            assertThat(store.inspect().problems()).as(what).isEmpty();
            Eventually.holds(() -> Contents.leavings(store) == 0);
            long leavings = store.core().collector().collected();
            if (leavings > 0) {
                assertThat(store.inspect().problems())
                        .as("%s, without what was left", what)
                        .isEmpty();
            }
            return new Found(written, oldest, leavings);
        }
    }

    /** Checks that the log is what the model says, without a gap; returns its first sequence. */
    private static long log(XodusStore store, XodusSnapshot snapshot, CrashModel model, String what) {
        long oldest = snapshot.oldest();
        List<Change> log = snapshot.log(oldest - 1, Integer.MAX_VALUE);
        assertThat(log).as(what).hasSize(model.log.size() - (int) (oldest - 1));
        long history = 0;
        for (int i = 0; i < log.size(); i++) {
            assertThat(log.get(i).sequence()).as(what).isEqualTo(oldest + i);
            assertThat(log.get(i).kind()).as(what).isEqualTo(model.log.get((int) (oldest - 1 + i)));
            history += log.get(i).table().equals(CrashModel.READINGS.qualifiedName()) ? 1 : 0;
        }
        Database database = store.core().database();
        long byPath = store.read(database.logByPath::count);
        assertThat(byPath).as("%s, the log's index by path", what).isEqualTo(history);
        return oldest;
    }

    private static void content(Table table, Row row, long n, String what) {
        Content streamed =
                row.body().contents().get(table.equals(CrashModel.PHOTOS) ? CrashModel.PHOTO : Content.WHOLE);
        if (streamed != null) {
            assertThat(Contents.read(streamed)).as("%s, %s", what, row.path()).isEqualTo(CrashModel.contentOf(n));
        } else if (table.equals(Stores.TOPICS)) {
            assertThat(row.path().text()).as(what).doesNotStartWith("c/");
            assertThat(row.body().bytes()).as(what).isEqualTo(CrashModel.bytes(n));
        } else if (table.equals(Stores.SENSORS)) {
            assertThat(Stores.json(row.body())).as(what).isEqualTo(CrashModel.sensor(n));
        } else if (table.equals(CrashModel.READINGS)) {
            assertThat(Stores.json(row.body())).as(what).isEqualTo(CrashModel.reading(n));
        } else {
            long expected = row.path().equals(CrashModel.CURSOR) ? n - CrashModel.BEHIND : n;
            assertThat(row.body().value()).as(what).isEqualTo(Map.of("n", expected));
        }
    }
}
