// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Terms;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a schema declares beyond types, through the door and the real store. */
class TraitsTest {
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

    private static Traits stamped(Origin.Moment moment) {
        return Traits.NONE.from(new Origin.Stamped(moment));
    }

    private static Attribute computed(String name, Attribute.Type type, String expression) {
        return Attribute.of(name, type).with(Traits.NONE.from(new Origin.Computed(expression, "")));
    }

    private void deploy(Attribute... attributes) {
        List<Attribute> all = new ArrayList<>(List.of(Attribute.primaryKey("id", Attribute.Type.ID)));
        all.addAll(List.of(attributes));
        door.deploy(new Table(Table.DATA, "T", "T", all, Table.Rules.DECLARED));
    }

    private Map<?, ?> row(String path) {
        return (Map<?, ?>) door.get(path).orElseThrow().body().value();
    }

    private Failure refused(String path, String body) {
        return catchThrowableOfType(Failure.class, () -> door.put(path, body));
    }

    private List<Row> search(String query) {
        return Rows.of(TestDoor.done(door.engine.search(door.context, new Search("T", "", query, false))));
    }

    @Test
    void every_rule_that_a_body_breaks_is_told_at_once() {
        Traits.Bounds range = new Traits.Bounds(BigDecimal.ONE, BigDecimal.TEN, 0, Integer.MAX_VALUE, null);
        Traits.Bounds length = new Traits.Bounds(null, null, 2, 3, "[a-z]+");
        deploy(
                Attribute.of("n", Attribute.Type.INT).with(Traits.NONE.within(range)),
                Attribute.of("t", Attribute.Type.STRING).with(Traits.NONE.within(length)),
                Attribute.of("e", Attribute.Type.STRING).with(Traits.NONE.oneOf(List.of("A", "B"))),
                Attribute.of("must", Attribute.Type.STRING).asRequired(),
                new Attribute("list", Attribute.Type.INT, true, false, false, false, false, List.of())
                        .with(Traits.NONE.within(new Traits.Bounds(BigDecimal.ZERO, null, 0, 2, null))));

        Failure refusal = refused("T/1", "{\"n\":11,\"t\":\"LONG\",\"e\":\"C\",\"list\":[1,-1,2]}");

        assertThat(refusal.code()).isEqualTo(Failure.Code.INVALID);
        assertThat(refusal.violations())
                .containsExactly(
                        "n: must be at most 10, not 11",
                        "t: must have at most 3 characters, not 4",
                        "t: must match [a-z]+, and \"LONG\" does not",
                        "e: must be one of A, B, not \"C\"",
                        "must: is required",
                        "list: must have at most 2 elements, not 3",
                        "list[1]: must be at least 0, not -1");
        door.put("T/1", "{\"n\":10,\"t\":\"abc\",\"e\":\"B\",\"must\":\"\",\"list\":[0]}");
        assertThatThrownBy(() -> door.patch("T/1", "{\"n\":0}")).hasMessageContaining("at least 1");
    }

    @Test
    void defaults_are_for_what_is_missing_and_not_for_null() {
        deploy(
                Attribute.of("a", Attribute.Type.INT).with(Traits.NONE.otherwise(5L)),
                Attribute.of("b", Attribute.Type.STRING)
                        .with(Traits.NONE.otherwise("x"))
                        .asRequired());

        door.put("T/1", "{\"a\":null}");
        door.put("T/2", "{\"a\":1,\"b\":\"y\"}");

        assertThat(door.text("T/1")).isEqualTo("{\"id\":\"1\",\"a\":null,\"b\":\"x\"}");
        assertThat(door.text("T/2")).isEqualTo("{\"id\":\"2\",\"a\":1,\"b\":\"y\"}");
        assertThat(refused("T/3", "{\"b\":null}").violations()).containsExactly("b: is required");
    }

    @Test
    void the_server_stamps_when_a_row_was_created_and_written_whatever_is_sent() {
        deploy(
                Attribute.of("born", Attribute.Type.LONG).with(stamped(Origin.Moment.CREATED)),
                Attribute.of("seen", Attribute.Type.DATE).with(stamped(Origin.Moment.UPDATED)));
        long before = System.currentTimeMillis();

        door.put("T/1", "{\"born\":1,\"seen\":\"2001-01-01T00:00:00Z\"}");
        Object born = row("T/1").get("born");
        assertThat((Long) born).isBetween(before, System.currentTimeMillis());
        Instant seen = (Instant) row("T/1").get("seen");
        door.put("T/1", "{\"born\":2}");
        door.patch("T/1", "{\"born\":3,\"x\":1}");

        assertThat(row("T/1").get("born")).isEqualTo(born);
        assertThat((Instant) row("T/1").get("seen")).isAfterOrEqualTo(seen);
        door.delete("T/1");
        door.put("T/1", "{}");
        assertThat((Long) row("T/1").get("born")).isGreaterThanOrEqualTo((Long) born);
    }

    @Test
    void a_row_says_itself_when_it_expires() {
        deploy(Attribute.of("until", Attribute.Type.DATE).with(stamped(Origin.Moment.EXPIRES)));

        door.put("T/1", "{\"until\":\"2001-01-01T00:00:00Z\"}");
        door.put("T/2", "{\"until\":\"2901-01-01T00:00:00Z\"}");
        door.put("T/3", "{}");

        assertThat(door.get("T/1")).isEmpty();
        assertThat(door.get("T/2").orElseThrow().attributes().expiresAt())
                .isEqualTo(Instant.parse("2901-01-01T00:00:00Z").toEpochMilli());
        assertThat(door.get("T/3").orElseThrow().attributes().expiresAt()).isZero();
        door.patch("T/2", "{\"until\":\"2001-01-01T00:00:00Z\"}");
        assertThat(door.get("T/2")).isEmpty();
    }

    @Test
    void computed_attributes_follow_what_they_are_computed_from_and_are_found_by_their_index() {
        deploy(
                Attribute.of("price", Attribute.Type.FLOAT),
                computed("total", Attribute.Type.FLOAT, "price * 2").withIndex(),
                computed("label", Attribute.Type.STRING, "id + ': ' + total"));

        door.put("T/1", "{\"price\":10,\"total\":99}");
        assertThat(door.text("T/1")).isEqualTo("{\"id\":\"1\",\"price\":10,\"total\":20,\"label\":\"1: 20\"}");
        door.patch("T/1", "{\"price\":{\"__op__\":\"add\",\"value\":1}}");
        assertThat(row("T/1").get("label")).isEqualTo("1: 22");
        door.put("T/2", "{}");
        assertThat(door.text("T/2")).isEqualTo("{\"id\":\"2\"}");

        assertThat(search("total==22")).hasSize(1);
        assertThat(search("total==20")).isEmpty();
    }

    @Test
    void what_is_hidden_reaches_no_reader() {
        deploy(
                Attribute.of("secret", Attribute.Type.STRING)
                        .with(Traits.NONE.asHidden())
                        .withIndex(),
                Attribute.of("open", Attribute.Type.STRING));
        TestLoop loop = new TestLoop();
        TestSubscriber subscriber = new TestSubscriber(door, loop).open();
        subscriber.subscribe("T/#", Start.LIVE);

        door.put("T/1", "{\"secret\":\"s\",\"open\":\"o\"}");

        assertThat(door.text("T/1")).isEqualTo("{\"id\":\"1\",\"open\":\"o\"}");
        assertThat(subscriber.awaitEvents(1)).containsExactly("T/1={\"id\":\"1\",\"open\":\"o\"}");
        assertThat(search("").get(0).body().value().toString()).doesNotContain("secret");
        for (String query :
                List.of("secret==s", "sort(secret)", "select(secret)", "aggregate(max(secret))", "secret.x=1")) {
            assertThatThrownBy(() -> search(query)).hasMessageContaining("does not show");
        }
        assertThat(TestDoor.done(door.engine.describe(door.context, "T")).toString())
                .doesNotContain("secret");
        door.patch("T/1", "{\"open\":\"p\"}");
        assertThatThrownBy(() -> door.patch("T/1", "{\"secret\":{\"__op__\":\"add\",\"value\":1}}"))
                .hasMessageContaining("add needs a number in the row");
        loop.close();
    }

    @Test
    void two_rows_cannot_have_the_same_value_of_a_unique_attribute() {
        deploy(Attribute.of("mail", Attribute.Type.STRING)
                .with(Traits.NONE.asUnique())
                .withIndex());

        door.put("T/1", "{\"mail\":\"a\"}");
        Failure refusal = refused("T/2", "{\"mail\":\"a\"}");
        assertThat(refusal.code()).isEqualTo(Failure.Code.CONFLICT);
        assertThat(refusal.violations()).containsExactly("mail: is unique, and another row has this value");
        door.put("T/1", "{\"mail\":\"a\",\"x\":1}");
        door.put("T/2", "{\"mail\":\"b\"}");
        assertThatThrownBy(() -> door.patch("T/2", "{\"mail\":\"a\"}")).hasMessageContaining("is unique");
        door.put("T/3", "{}");
        door.put("T/4", "{\"mail\":null}");
        door.patch("T/1", "{\"mail\":\"c\"}");
        door.put("T/2", "{\"mail\":\"a\"}");
        door.delete("T/2");
        door.put("T/5", "{\"mail\":\"a\"}");
    }

    @Test
    void of_many_writers_of_one_value_one_wins() {
        deploy(Attribute.of("mail", Attribute.Type.STRING)
                .with(Traits.NONE.asUnique())
                .withIndex());

        List<CompletionStage<Commit>> writes = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            String body = "{\"mail\":\"m" + i % 20 + "\"}";
            writes.add(door.engine.put(door.context("w" + i % 7), Path.of("T/" + i), door.bytes(body), Terms.NONE));
        }
        int won = 0;
        for (CompletionStage<Commit> write : writes) {
            Throwable failure =
                    write.handle((commit, why) -> why).toCompletableFuture().join();
            won += failure == null ? 1 : 0;
        }
        assertThat(won).isEqualTo(20);
        assertThat(search("")).hasSize(20);
    }

    @Test
    void rows_of_one_write_do_not_clash_either_and_may_swap_in_order() {
        deploy(Attribute.of("mail", Attribute.Type.STRING)
                .with(Traits.NONE.asUnique())
                .withIndex());

        assertThatThrownBy(() -> putAll("{\"id\":\"1\",\"mail\":\"a\"}", "{\"id\":\"2\",\"mail\":\"a\"}"))
                .hasMessageContaining("is unique");
        assertThat(search("")).isEmpty();
        putAll("{\"id\":\"1\",\"mail\":\"a\"}", "{\"id\":\"2\",\"mail\":\"b\"}");
        putAll("{\"id\":\"1\",\"mail\":\"c\"}", "{\"id\":\"2\",\"mail\":\"a\"}");
        assertThat(row("T/2").get("mail")).isEqualTo("a");
        assertThatThrownBy(() -> putAll("{\"id\":\"1\",\"mail\":\"a\"}", "{\"id\":\"2\",\"mail\":\"c\"}"))
                .hasMessageContaining("is unique");
    }

    private Commit putAll(String... bodies) {
        return TestDoor.done(door.engine.putAll(
                door.context,
                "T",
                java.util.Arrays.stream(bodies).map(door::json).toList(),
                Terms.NONE));
    }

    @Test
    void several_attributes_are_one_id() {
        door.deploy(new Table(
                Table.DATA,
                "T",
                "T",
                List.of(
                        Attribute.primaryKey("tenant", Attribute.Type.ID),
                        Attribute.primaryKey("number", Attribute.Type.INT),
                        Attribute.of("x", Attribute.Type.INT)),
                Table.Rules.DECLARED));

        door.put("T/a/7", "{\"x\":1,\"number\":99}");
        assertThat(door.text("T/a/7")).isEqualTo("{\"tenant\":\"a\",\"number\":7,\"x\":1}");
        Commit created = TestDoor.done(door.engine.create(
                door.context, "T", door.json("{\"tenant\":\"b\",\"number\":8,\"x\":2}"), Terms.NONE));
        assertThat(created.changes().get(0).path().text()).isEqualTo("T/b/8");
        putAll("{\"tenant\":\"a\",\"number\":10,\"x\":3}", "{\"tenant\":\"ab\",\"number\":10,\"x\":4}");
        door.patch("T/a/7", "{\"x\":5}");

        assertThat(search("tenant==a&number==7")).hasSize(1);
        assertThat(search("tenant==a")).hasSize(2);
        assertThat(search("number==10")).hasSize(2);
        assertThat(refused("T/a", "{}").reason()).contains("ids of T are tenant/number");
        assertThat(refused("T/a/x", "{}").reason()).contains("number is part of the ids");
        assertThat(refused("T/a/07", "{}").reason()).contains("a whole number, not \"07\"");
        assertThatThrownBy(() -> TestDoor.done(
                        door.engine.create(door.context, "T", door.json("{\"tenant\":\"a/b\"}"), Terms.NONE)))
                .isInstanceOfSatisfying(
                        Failure.class,
                        failure -> assertThat(failure.violations())
                                .containsExactly(
                                        "tenant: has a slash, which only the last part of an id may have",
                                        "number: is required to say which row it is"));
    }

    @Test
    void a_table_can_be_withheld_from_a_protocol() {
        Table.Rules rules = new Table.Rules(
                false, false, true, Table.Keeping.LOGGED, Duration.ZERO, Table.Lifetime.ENDLESS, null, Set.of("test"));
        door.deploy(new Table(Table.DATA, "T", "T", List.of(Attribute.primaryKey("id", Attribute.Type.ID)), rules));

        assertThat(refused("T/1", "{}").code()).isEqualTo(Failure.Code.FORBIDDEN);
        var other = door.engine.context(door.user, "other", "o", null);
        TestDoor.done(door.engine.put(other, Path.of("T/1"), door.json("{}"), Terms.NONE));
        assertThatThrownBy(() -> door.get("T/1")).isInstanceOf(Failure.class);
        TestLoop loop = new TestLoop();
        assertThatThrownBy(() -> new TestSubscriber(door, loop, door.context).subscribe("T/#", Start.LIVE))
                .isInstanceOf(Failure.class);
        loop.close();
    }

    @Test
    void what_makes_no_sense_is_refused_when_it_is_deployed_all_at_once() {
        Failure refusal = catchThrowableOfType(
                Failure.class,
                () -> deploy(
                        computed("a", Attribute.Type.INT, "1 +"),
                        computed("b", Attribute.Type.INT, "zz"),
                        computed("c", Attribute.Type.INT, "d"),
                        computed("d", Attribute.Type.INT, "1"),
                        Attribute.of("p", Attribute.Type.STRING)
                                .with(Traits.NONE.within(new Traits.Bounds(null, null, 0, 9, "(a"))),
                        Attribute.of("r", Attribute.Type.OBJECT)
                                .with(Traits.NONE.from(new Origin.Related("data.X", "id", null)))));

        assertThat(refusal.code()).isEqualTo(Failure.Code.INVALID);
        assertThat(refusal.violations())
                .containsExactly(
                        "data.T.a: at 3 in the expression: expected a value, an attribute or a function, found the end",
                        "data.T.b: it is computed from zz, which is not declared",
                        "data.T.c: it is computed from d, which has to be declared before it",
                        "data.T.p: at 2 in the pattern: expected ) for the group that begins at 0",
                        "data.T.r: there is no table data.X");
    }
}
