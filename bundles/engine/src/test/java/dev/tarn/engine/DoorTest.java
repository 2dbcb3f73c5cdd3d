// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Query;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import dev.tarn.engine.query.Limits;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DoorTest {

    static final Table SENSORS = new Table(
            Table.DATA,
            "Sensors",
            "Sensors",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("location", Attribute.Type.STRING),
                    Attribute.of("temp", Attribute.Type.FLOAT)),
            Table.Rules.DECLARED);

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

    private static void assertRefused(Failure.Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(code));
    }

    private static <T> void assertRefused(Failure.Code code, CompletionStage<T> stage) {
        assertRefused(code, () -> TestDoor.done(stage));
    }

    @Test
    void what_is_put_is_what_a_get_returns() {
        door.deploy(SENSORS);
        Commit created = door.put("sensors/101", "{\"temp\":\"70.1\",\"extra\":[1]}");
        assertThat(created.changes().get(0).previous()).isZero();
        assertThat(created.changes().get(0).path()).isEqualTo(Path.of("Sensors/101"));
        assertThat(door.text("Sensors/101")).isEqualTo("{\"id\":\"101\",\"temp\":70.1,\"extra\":[1]}");
        assertThat(door.text("sENSORS/101")).isEqualTo("{\"id\":\"101\",\"temp\":70.1,\"extra\":[1]}");
        Commit replaced = door.put("Sensors/101", "{\"temp\":1}");
        assertThat(replaced.changes().get(0).previous())
                .isEqualTo(created.changes().get(0).version());
        assertThat(door.text("Sensors/101")).isEqualTo("{\"id\":\"101\",\"temp\":1}");
        door.delete("Sensors/101");
        assertThat(door.get("Sensors/101")).isEmpty();
        assertThat(door.delete("Sensors/101").changes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "//", "/a", "a/", "a", "a b/ c", "$x/y", "$", "\uD83D\uDE00/ü", "a/b/c/d/e/f", "Sensors/x"})
    void every_topic_is_a_path_of_the_catch_all_and_keeps_its_bytes(String topic) {
        byte[] bytes = {0, (byte) 0xFF, '{', 0};
        Body body = door.bodies.opaque("image/x-test", bytes);
        TestDoor.done(door.engine.put(door.context, Path.of(topic), body, Terms.NONE));
        Row row = door.get(topic).orElseThrow();
        assertThat(row.body().bytes()).isEqualTo(bytes);
        assertThat(row.body().mediaType()).isEqualTo("image/x-test");
        assertThat(row.path().text()).isEqualTo(topic);
    }

    @Test
    void the_longest_topic_is_a_path_too() {
        String topic = "a".repeat(Path.LONGEST);
        door.put(topic, "x");
        assertThat(door.text(topic)).isEqualTo("x");
        String slashes = "/".repeat(Path.LONGEST);
        door.put(slashes, "y");
        assertThat(door.text(slashes)).isEqualTo("y");
    }

    @Test
    void a_row_needs_an_id_but_a_message_does_not() {
        door.deploy(SENSORS);
        for (String bare : List.of("Sensors", "sensors/", "Sensors/")) {
            assertRefused(Failure.Code.MALFORMED, () -> door.put(bare, "{}"));
            assertRefused(Failure.Code.MALFORMED, () -> door.patch(bare, "{}"));
            assertRefused(Failure.Code.MALFORMED, () -> door.delete(bare));
            assertThat(door.publish(bare, "hello", 1).sequence()).isZero();
        }
    }

    @Test
    void nobody_but_the_server_writes_to_sys_and_nobody_reaches_database_system() {
        assertRefused(Failure.Code.FORBIDDEN, () -> door.put("$SYS/x", "1"));
        assertRefused(Failure.Code.FORBIDDEN, () -> door.publish("$SYS", "1", 0));
        assertRefused(Failure.Code.FORBIDDEN, () -> door.delete("$SYS/broker"));
        assertThat(door.publish("$other/x", "1", 0).sequence()).isZero();
        Table system = new Table(Table.SYSTEM, "mine", "mine", List.of(), Table.Rules.DECLARED);
        assertRefused(Failure.Code.INVALID, () -> door.deploy(system));
        door.put("rejected/1", "a topic like any other");
        assertThat(door.text("rejected/1")).isEqualTo("a topic like any other");
    }

    @Test
    void a_body_that_breaks_the_schema_is_refused_with_every_violation() {
        door.deploy(SENSORS);
        assertThatThrownBy(() -> door.put("Sensors/1", "{\"temp\":\"hot\",\"location\":{}}"))
                .isInstanceOfSatisfying(Failure.class, failure -> {
                    assertThat(failure.code()).isEqualTo(Failure.Code.INVALID);
                    assertThat(failure.violations()).hasSize(2);
                });
        assertThat(door.get("Sensors/1")).isEmpty();
    }

    @Test
    void opaque_bytes_in_a_declared_table_come_back_raw_also_after_a_restart() {
        door.deploy(SENSORS);
        byte[] bytes = {1, 0, (byte) 200};
        Body body = door.bodies.opaque("image/png", bytes);
        TestDoor.done(door.engine.put(door.context, Path.of("Sensors/1"), body, Terms.NONE));
        door.close();
        door = new TestDoor(directory);
        door.deploy(SENSORS);
        Row row = door.get("Sensors/1").orElseThrow();
        assertThat(row.body().bytes()).isEqualTo(bytes);
        assertThat(row.body().mediaType()).isEqualTo("image/png");
        assertThat(row.body().structured()).isFalse();
        assertThat(((Map<?, ?>) row.body().value()).get("data")).isEqualTo(bytes);
        assertThat(door.find(Query.all("Sensors")).get(0).body().bytes()).isEqualTo(bytes);
        door.patch("Sensors/1", "{\"contentType\":null,\"data\":null,\"temp\":2}");
        assertThat(door.text("Sensors/1")).isEqualTo("{\"id\":\"1\",\"contentType\":null,\"data\":null,\"temp\":2}");
    }

    @Test
    void a_patch_merges_checks_again_and_needs_a_row() {
        door.deploy(SENSORS);
        assertRefused(Failure.Code.NOT_FOUND, () -> door.patch("Sensors/1", "{\"temp\":1}"));
        door.put("Sensors/1", "{\"temp\":1,\"location\":\"x\"}");
        door.patch("Sensors/1", "{\"temp\":\"2.5\",\"id\":\"other\"}");
        assertThat(door.text("Sensors/1")).isEqualTo("{\"id\":\"1\",\"temp\":2.5,\"location\":\"x\"}");
        assertRefused(Failure.Code.INVALID, () -> door.patch("Sensors/1", "{\"temp\":\"hot\"}"));
        assertThat(door.text("Sensors/1")).isEqualTo("{\"id\":\"1\",\"temp\":2.5,\"location\":\"x\"}");
    }

    @Test
    void concurrent_additions_are_all_counted() {
        door.deploy(SENSORS);
        door.put("Sensors/1", "{\"temp\":0}");
        List<CompletionStage<Commit>> all = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            all.add(door.engine.patch(
                    door.context("c" + i % 7),
                    Path.of("Sensors/1"),
                    door.json("{\"temp\":{\"__op__\":\"add\",\"value\":1}}"),
                    Terms.NONE));
        }
        all.forEach(TestDoor::done);
        assertThat(door.text("Sensors/1")).isEqualTo("{\"id\":\"1\",\"temp\":500}");
    }

    @Test
    void opaque_rows_can_be_patched_only_where_they_are_objects() {
        TestDoor.done(door.engine.put(
                door.context,
                Path.of("a/json"),
                door.bodies.opaque("application/json", "{\"x\":1}".getBytes(StandardCharsets.UTF_8)),
                Terms.NONE));
        door.patch("a/json", "{\"y\":2}");
        assertThat(door.text("a/json")).isEqualTo("{\"x\":1,\"y\":2}");
        assertThat(door.get("a/json").orElseThrow().body().mediaType()).isEqualTo("application/json");
        door.put("a/bytes", "21.5");
        assertRefused(Failure.Code.UNSUPPORTED, () -> door.patch("a/bytes", "{\"y\":2}"));
    }

    @Test
    void conditions_are_checked_by_the_writer() {
        door.deploy(SENSORS);
        Path path = Path.of("Sensors/1");
        Terms absent = Terms.NONE.expecting(Expectation.ABSENT);
        Commit first = TestDoor.done(door.engine.put(door.context, path, door.json("{}"), absent));
        assertRefused(Failure.Code.CONFLICT, door.engine.put(door.context, path, door.json("{}"), absent));
        long version = first.changes().get(0).version();
        Terms same = Terms.NONE.expecting(Expectation.at(Set.of(version)));
        TestDoor.done(door.engine.put(door.context, path, door.json("{\"temp\":1}"), same));
        assertRefused(Failure.Code.PRECONDITION, door.engine.put(door.context, path, door.json("{}"), same));
        assertRefused(Failure.Code.PRECONDITION, door.engine.delete(door.context, path, same));
    }

    @Test
    void a_created_row_gets_an_id() {
        door.deploy(SENSORS, ExportsTest.COUNTS);
        Commit text = TestDoor.done(door.engine.create(door.context, "sensors", door.json("{\"temp\":1}"), Terms.NONE));
        String id = text.changes().get(0).path().rest();
        assertThat(id).matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
        Commit given =
                TestDoor.done(door.engine.create(door.context, "Sensors", door.json("{\"id\":\"x/y\"}"), Terms.NONE));
        assertThat(given.changes().get(0).path()).isEqualTo(Path.of("Sensors/x/y"));
        assertRefused(
                Failure.Code.CONFLICT,
                door.engine.create(door.context, "Sensors", door.json("{\"id\":\"x/y\"}"), Terms.NONE));
        assertRefused(
                Failure.Code.MALFORMED,
                door.engine.create(door.context, "Sensors", door.json("{\"id\":\"a#\"}"), Terms.NONE));
        Commit topic = TestDoor.done(door.engine.create(door.context, "a/b", door.bytes("x"), Terms.NONE));
        assertThat(topic.changes().get(0).path().text()).startsWith("a/b/");
    }

    @Test
    void numeric_ids_count_up_past_those_that_others_chose() {
        door.deploy(ExportsTest.COUNTS);
        door.put("counts/41", "{}");
        TestDoor.done(door.engine.create(door.context, "counts", door.json("{}"), Terms.NONE));
        assertThat(door.text("counts/0042")).isEqualTo("{\"id\":42}");
        List<CompletionStage<Commit>> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(door.engine.create(door.context, "counts", door.json("{}"), Terms.NONE));
            if (i % 10 == 5) {
                all.add(door.engine.create(door.context, "counts", door.json("{\"id\":" + (60 + i) + "}"), Terms.NONE));
            }
        }
        all.forEach(TestDoor::done);
        List<Row> rows = door.find(Query.all("counts"));
        assertThat(rows).hasSize(57);
        assertThat(rows.get(0).path()).isEqualTo(Path.of("counts/41"));
        assertRefused(Failure.Code.MALFORMED, () -> door.put("counts/x", "{}"));
    }

    @Test
    void several_rows_are_written_in_one_transaction_or_none() {
        door.deploy(SENSORS);
        List<Body> good = List.of(door.json("{\"id\":\"1\",\"temp\":1}"), door.json("{\"id\":\"2\",\"temp\":\"2\"}"));
        Commit commit = TestDoor.done(door.engine.putAll(door.context, "Sensors", good, Terms.NONE));
        assertThat(commit.changes()).hasSize(2);
        List<Body> bad = List.of(
                door.json("{\"id\":\"3\"}"), door.json("{\"id\":\"4\",\"temp\":\"x\"}"), door.json("{\"temp\":1}"));
        assertThatThrownBy(() -> TestDoor.done(door.engine.putAll(door.context, "Sensors", bad, Terms.NONE)))
                .isInstanceOfSatisfying(
                        Failure.class,
                        failure -> assertThat(failure.violations())
                                .containsExactly(
                                        "[1].temp: must be a number, not \"x\"",
                                        "[2].id: is required to say which row it is"));
        assertThat(door.find(Query.all("Sensors"))).hasSize(2);
    }

    @Test
    void rows_are_found_in_key_order_with_prefix_offset_limit_and_after() {
        door.deploy(SENSORS);
        for (int i = 0; i < 1_200; i++) {
            door.engine.put(door.context, Path.of("Sensors/a/%04d".formatted(i)), door.json("{}"), Terms.NONE);
        }
        door.put("Sensors/b", "{}");
        assertThat(door.find(Query.all("sensors")))
                .hasSize(1_201)
                .isSortedAccordingTo((x, y) -> x.path().compareTo(y.path()));
        assertThat(door.find(new Query("Sensors", "a/", null, 0, Long.MAX_VALUE)))
                .hasSize(1_200);
        List<Row> page = door.find(new Query("Sensors", "", Path.of("sensors/a/0009"), 10, 5));
        assertThat(page.stream().map(row -> row.path().text()))
                .containsExactly(
                        "Sensors/a/0020", "Sensors/a/0021", "Sensors/a/0022", "Sensors/a/0023", "Sensors/a/0024");
        assertThat(door.find(new Query("Sensors", "", null, 0, 0))).isEmpty();
        door.put("a/b/1", "x");
        door.put("a/bc", "x");
        assertThat(door.find(Query.all("a/b")).stream().map(row -> row.path().text()))
                .containsExactly("a/b/1");
        assertThat(door.find(Query.all(""))).hasSize(2);
    }

    @Test
    void a_table_is_described_with_its_attributes_and_count() {
        door.deploy(SENSORS);
        door.put("Sensors/1", "{}");
        Map<String, Object> described = TestDoor.done(door.engine.describe(door.context, "sensors"));
        assertThat(described)
                .containsEntry("name", "Sensors")
                .containsEntry("path", "/Sensors")
                .containsEntry("primaryKey", "id")
                .containsEntry("count", 1L);
        assertThat((List<?>) described.get("attributes")).hasSize(3);
    }

    @Test
    void deployments_are_checked_as_a_whole() {
        door.deploy(SENSORS);
        Table again = new Table(Table.DATA, "Other", "SENSORS", List.of(), Table.Rules.DECLARED);
        assertRefused(Failure.Code.CONFLICT, () -> door.engine.deploy("second", List.of(again)));
        Table same = new Table(Table.DATA, "Sensors", "x", List.of(), Table.Rules.DECLARED);
        assertRefused(Failure.Code.CONFLICT, () -> door.engine.deploy("second", List.of(same)));
        for (String export : List.of("a/b", "a+", "$SYS", "x\u0000")) {
            Table odd = new Table(Table.DATA, "Odd", export, List.of(), Table.Rules.DECLARED);
            assertThatThrownBy(() -> door.engine.deploy("second", List.of(odd))).isInstanceOf(Failure.class);
        }
        door.engine.deploy("test", List.of(again));
        door.put("sensors/1", "{}");
        assertThat(door.get("SENSORS/1")).isPresent();
        assertThat(door.engine.all())
                .extracting(Table::name)
                .contains("Other", "topics")
                .doesNotContain("Sensors");
        door.engine.undeploy("test");
        assertThat(door.get("SENSORS/1")).isEmpty();
    }

    @Test
    void a_root_table_takes_the_place_of_the_catch_all() {
        Table root = new Table(
                Table.DATA,
                "Topics",
                "",
                List.of(Attribute.primaryKey("id", Attribute.Type.ID), Attribute.of("data", Attribute.Type.ANY)),
                Table.Rules.DECLARED);
        door.deploy(SENSORS, root);
        door.put("a/b", "{\"x\":1}");
        assertThat(door.text("a/b")).isEqualTo("{\"id\":\"a/b\",\"x\":1}");
        door.put("a/c", "plain");
        assertThat(door.text("a/c")).isEqualTo("plain");
    }

    @Test
    void where_unmapped_paths_are_refused_there_is_no_catch_all() {
        door.close();
        Settings refusing = new Settings(
                TestDoor.THREADS, TestDoor.MAILBOXES, TestDoor.LOOPS, true, Clock.systemUTC(), Limits.DEFAULT);
        door = new TestDoor(directory, refusing, (who, verb, table, path) -> true);
        door.deploy(SENSORS);
        door.put("Sensors/1", "{}");
        assertRefused(Failure.Code.NOT_FOUND, () -> door.put("a/b", "x"));
        assertRefused(Failure.Code.NOT_FOUND, () -> door.publish("a/b", "x", 0));
        assertRefused(Failure.Code.NOT_FOUND, () -> door.get("a/b"));
    }

    @Test
    void access_is_asked_for_every_verb_and_a_rule_that_throws_says_no() {
        door.close();
        Set<Access.Verb> allowed = java.util.concurrent.ConcurrentHashMap.newKeySet();
        door = new TestDoor(directory, TestDoor.SETTINGS, (who, verb, table, path) -> {
            if (path.contains("bug")) {
                throw new IllegalStateException("a bug in a rule");
            }
            return allowed.contains(verb);
        });
        assertRefused(Failure.Code.FORBIDDEN, () -> door.put("a/b", "x"));
        allowed.add(Access.Verb.INSERT);
        allowed.add(Access.Verb.UPDATE);
        door.put("a/b", "x");
        assertRefused(Failure.Code.FORBIDDEN, () -> door.put("a/bug", "x"));
        assertRefused(Failure.Code.FORBIDDEN, () -> door.get("a/b"));
        assertRefused(Failure.Code.FORBIDDEN, () -> door.find(Query.all("a")));
        allowed.add(Access.Verb.READ);
        assertThat(door.text("a/b")).isEqualTo("x");
        assertRefused(Failure.Code.FORBIDDEN, () -> door.publish("a/b", "x", 0));
        assertRefused(Failure.Code.FORBIDDEN, () -> door.delete("a/b"));
        assertRefused(Failure.Code.FORBIDDEN, door.engine.describe(door.context, "a"));
        assertThat(door.engine.table(door.context, Path.of("a"))).isEmpty();
        // Who may read the rows may follow them.
        allowed.remove(Access.Verb.READ);
        try (TestLoop loop = new TestLoop()) {
            TestSubscriber subscriber = new TestSubscriber(door, loop, door.guest());
            assertRefused(Failure.Code.FORBIDDEN, () -> subscriber.subscribe("a/#", dev.tarn.api.resource.Start.LIVE));
        }
    }

    @Test
    void who_may_only_insert_or_only_update_does_just_that() {
        door.close();
        Set<Access.Verb> allowed = java.util.concurrent.ConcurrentHashMap.newKeySet();
        door = new TestDoor(directory, TestDoor.SETTINGS, (who, verb, table, path) -> allowed.contains(verb));
        allowed.add(Access.Verb.INSERT);
        door.put("a", "1");
        assertRefused(Failure.Code.CONFLICT, () -> door.put("a", "2"));
        Terms present = Terms.NONE.expecting(Expectation.PRESENT);
        assertRefused(Failure.Code.FORBIDDEN, door.engine.put(door.context, Path.of("a"), door.bytes("3"), present));
        allowed.clear();
        allowed.add(Access.Verb.UPDATE);
        door.put("a", "4");
        assertRefused(Failure.Code.PRECONDITION, () -> door.put("b", "5"));
        Terms absent = Terms.NONE.expecting(Expectation.ABSENT);
        assertRefused(Failure.Code.FORBIDDEN, door.engine.put(door.context, Path.of("b"), door.bytes("6"), absent));
    }

    @Test
    void the_attributes_of_the_sender_come_back_with_the_row() {
        Attributes attributes = Attributes.builder()
                .qos(1)
                .contentType("text/plain")
                .correlation(new byte[] {1})
                .build();
        TestDoor.done(door.engine.put(door.context("me"), Path.of("a"), door.bytes("x"), Terms.of(attributes)));
        Attributes kept = door.get("a").orElseThrow().attributes();
        assertThat(kept.qos()).isEqualTo(1);
        assertThat(kept.contentType()).isEqualTo("text/plain");
        assertThat(kept.origin()).isEqualTo("me");
        assertThat(kept.timestamp()).isPositive();
    }

    @Test
    void what_was_refused_silently_is_recorded_and_listed_for_administrators() {
        Failure why = new Failure(Failure.Code.INVALID, "no", List.of("temp: no"));
        RejectedOperation list = new RejectedOperation(door.store);
        assertThat(TestDoor.done(list.run(door.context, Map.of()))).containsEntry("rejected", List.of());
        for (String body : List.of("x", "y")) {
            TestDoor.done(door.engine.rejected(door.context("me"), Path.of("Sensors/1"), door.bytes(body), why));
        }
        assertThat(rejected(list, Map.of()))
                .hasSize(2)
                .allSatisfy(row -> assertThat(row)
                        .containsEntry("path", "Sensors/1")
                        .containsEntry("code", "INVALID")
                        .containsEntry("reason", "no")
                        .containsEntry("violations", List.of("temp: no"))
                        .containsEntry("user", "tester")
                        .containsEntry("protocol", "test")
                        .containsEntry("origin", "me")
                        .containsEntry("length", 1L));
        assertThat(rejected(list, Map.of("most", "1"))).hasSize(1);
        for (String most : List.of("-1", "1001", "many", "9999999999")) {
            assertThatThrownBy(() -> TestDoor.done(list.run(door.context, Map.of("most", most))))
                    .hasMessageContaining("up to 1000");
        }
        assertThatThrownBy(() -> TestDoor.done(list.run(door.guest(), Map.of())))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.FORBIDDEN));
    }

    @SuppressWarnings("unchecked")
    private List<Map<String, Object>> rejected(RejectedOperation list, Map<String, Object> arguments) {
        return (List<Map<String, Object>>)
                TestDoor.done(list.run(door.context, arguments)).get("rejected");
    }
}
