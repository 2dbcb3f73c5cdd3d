// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.store.Snapshot;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Schemas that change while there are rows. */
class RedeployTest {
    @TempDir
    private java.nio.file.Path directory;

    private TestDoor door;

    @BeforeEach
    void open() {
        door = new TestDoor(directory);
    }

    @AfterEach
    void close() {
        door.close();
    }

    private static final Attribute N = Attribute.of("n", Attribute.Type.LONG);

    private static Table table(boolean sealed, Attribute... attributes) {
        List<Attribute> all = new ArrayList<>(List.of(Attribute.primaryKey("id", Attribute.Type.LONG)));
        all.addAll(List.of(attributes));
        return new Table(
                Table.DATA,
                "T",
                "T",
                all,
                new Table.Rules(false, sealed, true, Table.Keeping.LOGGED, Duration.ZERO, Duration.ZERO, null));
    }

    private static Table table(Attribute... attributes) {
        return table(false, attributes);
    }

    private void fill(int rows) {
        for (long from = 0; from < rows; from += 1_000) {
            List<Body> bodies = new ArrayList<>();
            for (long id = from; id < Math.min(rows, from + 1_000); id++) {
                bodies.add(door.json("{\"id\":%d,\"n\":%d}".formatted(id, id % 10)));
            }
            TestDoor.done(door.engine.putAll(door.context, "T", bodies, Terms.NONE));
        }
    }

    private int count(String query) {
        return Rows.of(TestDoor.done(door.engine.search(door.context, new Search("T", "", query, false))))
                .size();
    }

    /** Whether the query has this many rows; false while it is refused since something is being built. */
    private boolean finds(String query, int rows) {
        try {
            assertThat(count(query)).isEqualTo(rows);
            return true;
        } catch (Failure failure) {
            assertThat(failure.code()).isEqualTo(Failure.Code.UNAVAILABLE);
            assertThat(failure.reason()).contains("being").contains("%; try again");
            return false;
        }
    }

    private Failure refused(Table table) {
        Failure refusal = catchThrowableOfType(Failure.class, () -> door.deploy(table));
        assertThat(refusal).isNotNull();
        assertThat(refusal.code()).isEqualTo(Failure.Code.CONFLICT);
        return refusal;
    }

    @Test
    void a_new_index_is_built_beside_everything_else_and_also_after_a_restart() {
        door.deploy(table(N));
        fill(12_000);
        assertThat(count("n==3")).isEqualTo(1_200);

        door.deploy(table(N.withIndex()));
        door.put("T/20000", "{\"n\":3}");
        assertThat(count("id==7")).isEqualTo(1);
        Eventually.holds(() -> finds("n==3", 1_201));
        door.deploy(table(N));
        door.deploy(table(N.withIndex()));
        door.close();
        door = new TestDoor(directory);
        door.deploy(table(N.withIndex()));
        door.delete("T/3");
        Eventually.holds(() -> finds("n==3", 1_200));
        Eventually.holds(() -> finds("n=ge=0&sort(-n)&limit(5)", 5));
    }

    @Test
    void what_rows_do_not_keep_is_refused_with_what_to_do_and_the_last_schema_stays() {
        door.deploy(table(Attribute.of("t", Attribute.Type.STRING)));
        door.put("T/1", "{\"t\":\"7\",\"more\":1}");
        door.put("T/2", "{\"t\":\"seven\"}");
        door.put("T/3", "{}");

        assertThat(refused(table(Attribute.of("t", Attribute.Type.INT))).reason())
                .contains("2 of 3 rows break it, such as T/1 (t: must be a whole number of 32 bits, not \"7\")")
                .contains("change or remove these rows first");
        assertThat(refused(table(Attribute.of("t", Attribute.Type.STRING).asRequired()))
                        .reason())
                .contains("1 of 3 rows break it, such as T/3 (t: is required)");
        assertThat(refused(table(true, Attribute.of("t", Attribute.Type.STRING)))
                        .reason())
                .contains("T/1 (more: is not declared)");
        Traits.Bounds length = new Traits.Bounds(null, null, 0, 3, null);
        assertThat(refused(table(Attribute.of("t", Attribute.Type.STRING).with(Traits.NONE.within(length))))
                        .reason())
                .contains("T/2 (t: must have at most 3 characters, not 5)");
        assertThat(refused(table(Attribute.of("t", Attribute.Type.STRING).with(Traits.NONE.oneOf(List.of("7")))))
                        .reason())
                .contains("T/2 (t: must be one of 7, not \"seven\")");
        door.put("T/4", "{\"t\":\"still text\"}");

        door.deploy(table(Attribute.of("t", Attribute.Type.STRING).asRequired().with(Traits.NONE.otherwise("none"))));
        door.put("T/5", "{}");
        assertThat(door.text("T/5")).isEqualTo("{\"id\":5,\"t\":\"none\"}");
        door.deploy(table(Attribute.of("t", Attribute.Type.ANY)));
        door.put("T/6", "{\"t\":[1]}");
    }

    @Test
    void numbers_may_become_wider_and_not_narrower() {
        Traits.Bounds small = new Traits.Bounds(null, BigDecimal.TEN, 0, Integer.MAX_VALUE, null);
        door.deploy(table(Attribute.of("n", Attribute.Type.INT).with(Traits.NONE.within(small))));
        door.put("T/1", "{\"n\":7}");
        door.deploy(table(Attribute.of("n", Attribute.Type.LONG)));
        door.put("T/2", "{\"n\":5000000000}");
        assertThat(refused(table(Attribute.of("n", Attribute.Type.INT))).reason())
                .contains("1 of 2 rows");
        door.deploy(table(Attribute.of("n", Attribute.Type.FLOAT)));
        door.put("T/3", "{\"n\":0.5}");
        assertThat(refused(table(Attribute.of("n", Attribute.Type.LONG))).reason())
                .contains("T/3 (n: must be a whole number");
    }

    @Test
    void the_primary_key_of_rows_does_not_change() {
        door.deploy(table(N));
        fill(3);

        Table text = new Table(
                Table.DATA, "T", "T", List.of(Attribute.primaryKey("id", Attribute.Type.ID)), Table.Rules.DECLARED);
        assertThat(refused(text).reason())
                .contains("3 rows with ids of [id LONG], which cannot become [id ID]")
                .contains("declare a table of another name and copy the rows");
        Table renamed = new Table(
                Table.DATA,
                "T",
                "T",
                List.of(Attribute.primaryKey("number", Attribute.Type.LONG)),
                Table.Rules.DECLARED);
        assertThat(refused(renamed).reason()).contains("cannot become [number LONG]");
        Table two = table(Attribute.primaryKey("second", Attribute.Type.ID));
        assertThat(refused(two).reason()).contains("cannot become [id LONG, second ID]");
        for (long id = 0; id < 3; id++) {
            door.delete("T/" + id);
        }
        door.deploy(text);
        door.put("T/a", "{}");
    }

    @Test
    void an_attribute_becomes_unique_where_its_values_are() {
        door.deploy(table(N.withIndex()));
        fill(20);
        Table unique = table(N.withIndex().with(Traits.NONE.asUnique()));

        assertThat(refused(unique).reason())
                .contains("data.T.n cannot become unique, since these have the same value: T/")
                .contains(" and T/1")
                .contains("change or remove them first");
        for (long id = 10; id < 20; id++) {
            door.delete("T/" + id);
        }
        door.deploy(unique);
        assertThatThrownBy(() -> door.put("T/10", "{\"n\":3}")).hasMessageContaining("n: is unique");
    }

    private static Attribute computed(String expression, String version) {
        return Attribute.of("c", Attribute.Type.LONG).with(Traits.NONE.from(new Origin.Computed(expression, version)));
    }

    @Test
    void what_is_computed_in_another_way_is_computed_anew_in_all_rows() {
        door.deploy(table(N, computed("n + 1", "").withIndex()));
        fill(1_000);
        assertThat(count("c==4")).isEqualTo(100);

        door.deploy(table(N, computed("n * 10", "").withIndex()));
        door.put("T/2000", "{\"n\":3}");
        Eventually.holds(() -> finds("c==30", 101));
        assertThat(count("c==4")).isZero();
        door.deploy(table(N, computed("n * 100", "").withIndex()));
        door.close();
        door = new TestDoor(directory);
        door.deploy(table(N, computed("n * 100", "").withIndex()));
        Eventually.holds(() -> finds("c==300", 101));
        assertThat(door.text("T/13")).isEqualTo("{\"id\":13,\"n\":3,\"c\":300}");
    }

    @Test
    void rows_of_before_get_what_is_computed_from_now_on() {
        door.deploy(table(N));
        fill(500);
        door.deploy(table(N, computed("n + 1", "")));
        Eventually.holds(() -> finds("c==4", 50));
    }

    @Test
    void a_declaration_that_is_refused_after_a_restart_drops_no_index() {
        door.deploy(table(N.withIndex()));
        door.put("T/1", "{\"n\":-1}");
        door.close();
        door = new TestDoor(directory);
        Attribute bounded =
                N.with(Traits.NONE.within(new Traits.Bounds(BigDecimal.ZERO, null, 0, Integer.MAX_VALUE, null)));
        assertThatThrownBy(() -> door.deploy(table(bounded))).hasMessageContaining("1 of 1 rows break it");
        // The store was told nothing of the table, so its index is as it was.
        try (Snapshot snapshot = door.store.snapshot()) {
            assertThat(snapshot.count(table(N))).isOne();
            assertThatThrownBy(() -> snapshot.built(table(N.withIndex()), "n")).hasMessageContaining("not defined");
        }
        door.deploy(table(N.withIndex()));
        assertThat(door.text("T/1")).contains("-1");
    }
}
