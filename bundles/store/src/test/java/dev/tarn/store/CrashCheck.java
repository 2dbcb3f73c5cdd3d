// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.nio.file.Path;
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
     */
    record Found(long written, long oldest) {}

    /** Opens the directory and compares. */
    static Found check(Path directory, long acknowledged, String what) {
        try (XodusStore store = Stores.open(directory);
                XodusSnapshot snapshot = (XodusSnapshot) store.snapshot()) {
            long written = CrashWriter.last(snapshot);
            assertThat(written).as(what).isGreaterThanOrEqualTo(acknowledged);
            CrashModel model = CrashModel.after(written);
            List<String> paths = new ArrayList<>();
            for (Table table : List.of(Stores.SENSORS, Stores.TOPICS, Stores.SESSIONS)) {
                for (Row row : Stores.rows(snapshot, table, Snapshot.Range.ALL)) {
                    paths.add(row.path().text());
                    Long n = model.rows.get(row.path().text());
                    assertThat(n).as("%s, %s", what, row.path()).isNotNull();
                    content(table, row, n);
                }
            }
            assertThat(paths).as(what).containsExactlyInAnyOrderElementsOf(model.rows.keySet());
            long oldest = snapshot.oldest();
            List<Change> log = snapshot.log(oldest - 1, Integer.MAX_VALUE);
            assertThat(log).as(what).hasSize(model.log.size() - (int) (oldest - 1));
            for (int i = 0; i < log.size(); i++) {
                assertThat(log.get(i).sequence()).as(what).isEqualTo(oldest + i);
                assertThat(log.get(i).kind()).as(what).isEqualTo(model.log.get((int) (oldest - 1 + i)));
            }
            assertThat(store.inspect().problems()).as(what).isEmpty();
            return new Found(written, oldest);
        }
    }

    private static void content(Table table, Row row, long n) {
        if (table.equals(Stores.TOPICS)) {
            assertThat(row.body().bytes()).isEqualTo(CrashModel.bytes(n));
        } else if (table.equals(Stores.SENSORS)) {
            assertThat(Stores.json(row.body())).isEqualTo(CrashModel.sensor(n));
        } else {
            assertThat(row.body().value()).isEqualTo(Map.of("n", n));
        }
    }
}
