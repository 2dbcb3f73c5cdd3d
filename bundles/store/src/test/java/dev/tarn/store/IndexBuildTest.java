// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Indexes over tables that have rows already. */
class IndexBuildTest {
    private static final int ROWS = 4 * Catalog.AT_ONCE;

    @TempDir
    private java.nio.file.Path directory;

    private static Table table(Attribute attribute) {
        return new Table(
                Table.DATA,
                "T",
                "T",
                List.of(Attribute.primaryKey("id", Attribute.Type.LONG), attribute),
                Table.Rules.DECLARED);
    }

    private static final Table PLAIN = table(Attribute.of("n", Attribute.Type.LONG));
    private static final Table INDEXED =
            table(Attribute.of("n", Attribute.Type.LONG).withIndex());
    private static final Table UNIQUE =
            table(Attribute.of("n", Attribute.Type.LONG).withIndex().with(Traits.NONE.asUnique()));

    private static Draft put(Table table, long id, long n) {
        return Draft.put(
                table,
                Path.of("T/" + id),
                Stores.BODIES.of(Map.of("id", id, "n", n)),
                Attributes.NONE,
                Expectation.ANYTHING);
    }

    private static void fill(XodusStore store, int rows, int values) {
        store.define(PLAIN);
        for (int from = 0; from < rows; from += 1_000) {
            List<Draft> drafts = new ArrayList<>();
            for (int id = from; id < Math.min(rows, from + 1_000); id++) {
                drafts.add(put(PLAIN, id, id % values));
            }
            Stores.await(store.commit(new Write(drafts, List.of())));
        }
    }

    private static double built(XodusStore store, Table table) {
        try (Snapshot snapshot = store.snapshot()) {
            return snapshot.built(table, "n");
        }
    }

    /** Ids of the rows with this value, by the index. */
    private static Set<Long> found(XodusStore store, Table table, long n) {
        Set<Long> ids = new HashSet<>();
        try (Snapshot snapshot = store.snapshot()) {
            for (Row row : Stores.index(snapshot, table, "n", n, n)) {
                assertThat(ids.add(Long.valueOf(String.valueOf(row.path().rest()))))
                        .isTrue();
            }
        }
        return ids;
    }

    private static Set<Long> expected(int rows, int values, int n) {
        Set<Long> ids = new HashSet<>();
        for (long id = n; id < rows; id += values) {
            ids.add(id);
        }
        return ids;
    }

    @Test
    void an_index_is_built_beside_writers_and_refuses_to_be_read_until_it_is_whole() {
        try (XodusStore store = Stores.open(directory)) {
            fill(store, ROWS, 10);

            store.define(INDEXED);
            try {
                assertThat(found(store, INDEXED, 3)).isEqualTo(expected(ROWS, 10, 3));
            } catch (Failure failure) {
                assertThat(failure.code()).isEqualTo(Failure.Code.UNAVAILABLE);
                assertThat(failure.reason()).contains("the index over n is being built and at ");
            }
            Set<Long> threes = expected(ROWS, 10, 3);
            for (long id : new long[] {3, ROWS - 7, 1_003, ROWS + 5}) {
                Stores.await(store.commit(Write.of(put(INDEXED, id, 77))));
                threes.remove(id);
            }
            Stores.await(store.commit(Write.of(put(INDEXED, 0, 3))));
            threes.add(0L);
            Stores.await(store.commit(
                    Write.of(Draft.delete(INDEXED, Path.of("T/13"), Attributes.NONE, Expectation.ANYTHING))));
            threes.remove(13L);
            Eventually.holds(() -> built(store, INDEXED) == 1);

            assertThat(found(store, INDEXED, 3)).isEqualTo(threes);
            assertThat(found(store, INDEXED, 77)).containsExactlyInAnyOrder(3L, ROWS - 7L, 1_003L, ROWS + 5L);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void a_build_that_was_cut_off_goes_on_after_a_restart() {
        try (XodusStore store = Stores.open(directory)) {
            fill(store, ROWS, 10);
            store.define(INDEXED);
        }
        try (XodusStore store = Stores.open(directory)) {
            store.define(INDEXED);
            Stores.await(store.commit(Write.of(put(INDEXED, 4, 3))));
            Eventually.holds(() -> built(store, INDEXED) == 1);

            Set<Long> threes = expected(ROWS, 10, 3);
            threes.add(4L);
            assertThat(found(store, INDEXED, 3)).isEqualTo(threes);
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void an_index_that_is_not_declared_any_more_is_dropped_and_built_again_when_it_is() {
        try (XodusStore store = Stores.open(directory)) {
            fill(store, ROWS, 10);
            store.define(INDEXED);
            store.define(PLAIN);
            assertThatThrownBy(() -> found(store, PLAIN, 3)).hasMessageContaining("no index over n");
            Stores.await(store.commit(Write.of(put(PLAIN, 3, 5))));
            store.define(INDEXED);
            Eventually.holds(() -> built(store, INDEXED) == 1);

            Set<Long> threes = expected(ROWS, 10, 3);
            threes.remove(3L);
            assertThat(found(store, INDEXED, 3)).isEqualTo(threes);
        }
    }

    @Test
    void few_rows_with_the_same_value_keep_an_attribute_from_becoming_unique() {
        try (XodusStore store = Stores.open(directory)) {
            fill(store, 20, 10);

            assertThatThrownBy(() -> store.define(UNIQUE))
                    .isInstanceOfSatisfying(
                            Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.CONFLICT))
                    .hasMessageContaining("T/0 and T/10")
                    .hasMessageContaining("change or remove them first");
            Stores.await(store.commit(Write.of(put(PLAIN, 3, 5))));
            assertThat(store.inspect().problems()).isEmpty();
        }
    }

    @Test
    void while_a_unique_index_is_built_its_values_wait_and_then_are_unique() {
        try (XodusStore store = Stores.open(directory)) {
            fill(store, ROWS, ROWS);
            store.define(UNIQUE);
            Eventually.holds(() -> {
                try {
                    Stores.await(store.commit(Write.of(put(UNIQUE, ROWS, 1_000_000))));
                    return true;
                } catch (Failure failure) {
                    assertThat(failure.code()).isEqualTo(Failure.Code.UNAVAILABLE);
                    return false;
                }
            });
            assertThatThrownBy(() -> Stores.await(store.commit(Write.of(put(UNIQUE, ROWS + 1, ROWS - 1)))))
                    .hasMessageContaining("n: is unique");
        }
    }
}
