// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.api.resource.Query;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Terms;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A primary key of type Any: whole numbers and texts, counted where none is given. */
class AnyKeyTest {
    private static final Table THINGS = new Table(
            "data",
            "Things",
            "Things",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ANY),
                    Attribute.of("parentId", Attribute.Type.ANY).withIndex(),
                    Attribute.of("parent", Attribute.Type.OBJECT)
                            .with(Traits.NONE.from(new Origin.Related("data.Things", "parentId", null))),
                    Attribute.of("text", Attribute.Type.STRING),
                    Attribute.of("number", Attribute.Type.FLOAT)),
            Table.Rules.DECLARED);

    @TempDir
    java.nio.file.Path directory;

    private TestDoor door;

    @BeforeEach
    void open() {
        door = new TestDoor(directory);
        door.deploy(THINGS);
    }

    @AfterEach
    void close() {
        door.close();
    }

    private String created(String body) {
        Commit commit = TestDoor.done(door.engine.create(door.context, "Things", door.json(body), Terms.NONE));
        return String.valueOf(commit.changes().get(0).path());
    }

    private List<String> found(String query) {
        var found = TestDoor.done(door.engine.search(door.context, new Search("Things", "", query, false)));
        return Rows.of(found).stream().map(Row::path).map(Path::toString).toList();
    }

    @Test
    void ids_are_counted_past_the_greatest_number_and_texts_do_not_matter() {
        assertThat(created("{}")).isEqualTo("Things/1");
        door.put("Things/zebra", "{}");
        door.put("Things/41", "{}");
        assertThat(created("{}")).isEqualTo("Things/2");
        door.close();
        door = new TestDoor(directory);
        door.deploy(THINGS);
        assertThat(created("{}")).isEqualTo("Things/42");
        assertThat(created("{\"id\":\"named\"}")).isEqualTo("Things/named");
        assertThat(created("{\"id\":100}")).isEqualTo("Things/100");
    }

    @Test
    void a_whole_number_is_one_and_all_else_is_text() {
        for (String id : List.of("10", "9", "010", "b/c", "-3")) {
            door.put("Things/" + id, "{}");
        }
        assertThat(door.text("Things/10")).isEqualTo("{\"id\":10}");
        assertThat(door.text("Things/010")).isEqualTo("{\"id\":\"010\"}");
        assertThat(door.find(Query.all("Things")))
                .extracting(row -> row.path().text())
                .containsExactly("Things/-3", "Things/9", "Things/10", "Things/010", "Things/b/c");
        assertThat(found("id=9")).containsExactly("Things/9");
        assertThat(found("id==010")).containsExactly("Things/10");
        assertThat(found("id=010")).containsExactly("Things/010");
        assertThat(found("id=gt=-1&sort(-id)")).containsExactly("Things/10", "Things/9");
        assertThat(found("id==b*")).containsExactly("Things/b/c");
        assertThat(found("sort(-id)&limit(2)")).containsExactly("Things/b/c", "Things/010");
    }

    @Test
    void rows_are_joined_by_numbers_and_by_texts() {
        door.put("Things/1", "{\"text\":\"one\"}");
        door.put("Things/x", "{\"text\":\"ex\"}");
        door.put("Things/2", "{\"parentId\":1}");
        door.put("Things/3", "{\"parentId\":\"x\"}");
        assertThat(found("parent.text=one")).containsExactly("Things/2");
        assertThat(found("parent.text=ex")).containsExactly("Things/3");
    }

    @Test
    void rows_without_a_value_are_found_by_the_index() {
        for (int i = 1; i <= 20; i++) {
            door.put(
                    "Things/" + i, i % 5 == 0 ? i % 2 == 0 ? "{}" : "{\"parentId\":null}" : "{\"parentId\":" + i + "}");
        }
        assertThat(found("parentId==null")).containsExactly("Things/5", "Things/10", "Things/15", "Things/20");
        assertThat(found("parentId=in=(null,3)&sort(-id)"))
                .containsExactly("Things/20", "Things/15", "Things/10", "Things/5", "Things/3");
        assertThat(found("parentId==null&sort(parentId,-id)&limit(2)")).containsExactly("Things/20", "Things/15");
        var explained = TestDoor.done(
                door.engine.search(door.context, new Search("Things", "", "parentId==null&explain()", false)));
        assertThat(TestDoor.text(Rows.of(explained).get(0).body())).contains("index parentId");
        door.put("Things/5", "{\"parentId\":7}");
        door.put("Things/7", "{}");
        assertThat(found("parentId==null")).containsExactly("Things/7", "Things/10", "Things/15", "Things/20");
    }

    @Test
    void null_asks_for_rows_without_a_value_also_strictly() {
        door.put("Things/1", "{\"text\":\"null\"}");
        door.put("Things/2", "{\"text\":null,\"number\":null}");
        door.put("Things/3", "{\"text\":\"x\",\"number\":1}");
        assertThat(found("text=null")).containsExactly("Things/1", "Things/2");
        assertThat(found("text==null")).containsExactly("Things/2");
        assertThat(found("number=null")).containsExactly("Things/1", "Things/2");
        assertThat(found("number!==null")).containsExactly("Things/3");
        assertThat(found("text==string:null")).containsExactly("Things/1");
    }
}
