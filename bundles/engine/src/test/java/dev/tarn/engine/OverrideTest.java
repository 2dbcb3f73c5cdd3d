// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Mount;
import dev.tarn.api.application.Outcome;
import dev.tarn.api.application.Request;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Terms;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logic of applications on the one path of reads and writes. */
class OverrideTest {
    private static final Table SENSORS = table("Sensors", "Sensors", Attribute.Type.ID);
    private static final Table COUNTS = table("Counts", "Counts", Attribute.Type.ID);
    private static final Table NOTES = table("Notes", null, Attribute.Type.INT);

    @TempDir
    java.nio.file.Path directory;

    private TestDoor door;

    private static Table table(String name, String export, Attribute.Type key) {
        return new Table("data", name, export, List.of(Attribute.primaryKey("id", key)), Table.Rules.DECLARED);
    }

    private void deploy(Rule rule) {
        if (door == null) {
            door = new TestDoor(directory);
        }
        door.engine.deploy("app", List.of(SENSORS, COUNTS, NOTES), List.of(new Mount("Sensors", "data.Sensors", rule)));
    }

    @AfterEach
    void close() {
        door.close();
    }

    /** Puts what was sent with one more property. */
    private static Answer seen(Call call) {
        call.plain().put(String.valueOf(call.id()), with(call, "seen", true));
        return Answer.PLAIN;
    }

    private static Body with(Call call, String name, Object value) {
        Map<String, Object> row = new LinkedHashMap<>();
        ((Map<?, ?>) call.value()).forEach((key, each) -> row.put(String.valueOf(key), each));
        row.put(name, value);
        return call.bodies().of(row);
    }

    private static void refused(Failure.Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(code));
    }

    private Outcome call(Action action, String path, String json) {
        Body body = json == null ? null : door.json(json);
        return TestDoor.done(door.engine.call(door.context, Request.of(action, Path.of(path), body, Terms.NONE)));
    }

    @Test
    void every_write_ends_in_an_overridden_put() {
        deploy(new Rule().on(Action.PUT, OverrideTest::seen));
        Commit put = door.put("sensors/1", "{\"temp\":1}");
        assertThat(put.changes().get(0).path()).isEqualTo(Path.of("Sensors/1"));
        assertThat(door.text("Sensors/1")).isEqualTo("{\"id\":\"1\",\"temp\":1,\"seen\":true}");
        TestDoor.done(door.engine.put(door.context, Path.of("Sensors/2"), door.json("{}"), Terms.NONE));
        door.patch("Sensors/2", "{\"temp\":{\"__op__\":\"add\",\"value\":2}}");
        assertThat(door.text("Sensors/2")).isEqualTo("{\"id\":\"2\",\"seen\":true,\"temp\":2}");
        Commit created =
                TestDoor.done(door.engine.create(door.context, "Sensors", door.json("{\"temp\":3}"), Terms.NONE));
        String made = created.changes().get(0).path().text();
        assertThat(door.text(made)).contains("\"seen\":true");
        List<Body> all = List.of(door.json("{\"id\":\"a\"}"), door.json("{\"id\":\"b\"}"));
        assertThat(TestDoor.done(door.engine.putAll(door.context, "Sensors", all, Terms.NONE))
                        .changes())
                .hasSize(2);
        assertThat(door.text("Sensors/b")).contains("\"seen\":true");
        refused(Failure.Code.NOT_FOUND, () -> door.patch("Sensors/none", "{}"));
        refused(
                Failure.Code.CONFLICT,
                () -> TestDoor.done(
                        door.engine.create(door.context, "Sensors", door.json("{\"id\":\"a\"}"), Terms.NONE)));
        refused(Failure.Code.MALFORMED, () -> door.put("Sensors", "{}"));
    }

    @Test
    void what_is_thrown_undoes_everything_and_says_why() throws Exception {
        deploy(new Rule().on(Action.PUT, call -> {
            call.transaction().table("Counts").put("n", call.bodies().of(Map.of("n", 1)));
            call.transaction().publish(Path.of("alerts/1"), call.bodies().of("hot"), Attributes.NONE);
            call.plain().put("1", call.body());
            if (call.value().toString().contains("refuse")) {
                throw Failure.of(418, "no tea");
            }
            throw new IllegalStateException("a bug");
        }));
        try (TestLoop loop = new TestLoop()) {
            TestSubscriber alerts = new TestSubscriber(door, loop).open();
            alerts.subscribe("alerts/#", Start.LIVE);
            assertThatThrownBy(() -> door.put("Sensors/1", "{\"a\":\"refuse\"}"))
                    .isInstanceOfSatisfying(Failure.class, failure -> {
                        assertThat(failure.status()).isEqualTo(418);
                        assertThat(failure.reason()).isEqualTo("no tea");
                    });
            assertThatThrownBy(() -> door.put("Sensors/1", "{}")).isInstanceOfSatisfying(Failure.class, failure -> {
                assertThat(failure.status()).isEqualTo(500);
                assertThat(failure.reason()).contains("OverrideTest.java:");
            });
            assertThat(door.get("Sensors/1")).isEmpty();
            assertThat(door.get("Counts/n")).isEmpty();
            door.publish("alerts/2", "after", 0);
            alerts.awaitEvent("alerts/2=after");
            assertThat(alerts.events()).doesNotContain("alerts/1=\"hot\"");
        }
    }

    @Test
    void other_tables_and_messages_are_part_of_it_and_a_row_is_read_as_it_was_written() throws Exception {
        deploy(new Rule().on(Action.PUT, call -> {
            call.plain().put("1", call.body());
            assertThat(call.plain().get("1")).isPresent();
            String note = call.transaction().table("Notes").create(call.bodies().of(Map.of("about", "1")));
            assertThat(note).isEqualTo("1");
            assertThat(call.transaction().table("data.Notes").get(note)).isPresent();
            call.transaction().publish(Path.of("alerts/1"), call.bodies().of("hot"), Attributes.NONE);
            return Answer.of(call.bodies().of("done")).status(202).header("X-Note", note);
        }));
        try (TestLoop loop = new TestLoop()) {
            TestSubscriber alerts = new TestSubscriber(door, loop).open();
            alerts.subscribe("alerts/#", Start.LIVE);
            Outcome outcome = call(Action.PUT, "Sensors/1", "{}");
            assertThat(outcome.answer().status()).isEqualTo(202);
            assertThat(outcome.commit().changes().get(0).path()).isEqualTo(Path.of("Sensors/1"));
            assertThat(outcome.commit().changes()).hasSize(2);
            alerts.awaitEvent("alerts/1=\"hot\"");
        }
    }

    @Test
    void a_counter_that_is_read_and_written_loses_nothing() {
        deploy(new Rule().on(Action.POST, call -> {
            long before = call.plain()
                    .get("n")
                    .map(row -> (Long) ((Map<?, ?>) row.body().value()).get("n"))
                    .orElse(0L);
            call.plain().put("n", call.bodies().of(Map.of("n", before + 1)));
            return Answer.PLAIN;
        }));
        List<CompletableFuture<Outcome>> calls = new ArrayList<>();
        Request request = Request.of(Action.POST, Path.of("Sensors/n"), null, Terms.NONE);
        for (int i = 0; i < 300; i++) {
            Context context = i % 3 == 0 ? door.context : door.context("other" + i);
            calls.add(door.engine.call(context, request).toCompletableFuture());
        }
        calls.forEach(TestDoor::done);
        assertThat(door.text("Sensors/n")).isEqualTo("{\"id\":\"n\",\"n\":300}");
    }

    @Test
    void a_call_that_lost_is_made_anew() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        deploy(new Rule().on(Action.PUT, call -> {
            call.plain().get("1");
            if (runs.incrementAndGet() == 1) {
                // Somebody else, in the middle.
                TestDoor.done(door.engine.patch(
                        door.context("other"), Path.of("Counts/c"), door.json("{\"n\":2}"), Terms.NONE));
            }
            call.transaction().table("Counts").get("c");
            call.plain().put("1", call.body());
            return Answer.PLAIN;
        }));
        door.put("Counts/c", "{\"n\":1}");
        door.put("Sensors/1", "{}");
        assertThat(runs).hasValue(1);
        runs.set(0);
        deploy(new Rule().on(Action.PUT, call -> {
            call.transaction().table("Counts").get("c");
            if (runs.incrementAndGet() == 1) {
                TestDoor.done(door.engine.patch(
                        door.context("other"), Path.of("Counts/c"), door.json("{\"n\":3}"), Terms.NONE));
            }
            call.plain().put("1", call.body());
            return Answer.PLAIN;
        }));
        door.put("Sensors/1", "{}");
        assertThat(runs).hasValue(2);
    }

    @Test
    void a_caller_s_condition_holds_and_is_not_tried_again() {
        AtomicInteger runs = new AtomicInteger();
        deploy(new Rule().on(Action.PUT, call -> {
            runs.incrementAndGet();
            return seen(call);
        }));
        Terms absent = Terms.NONE.expecting(Expectation.ABSENT);
        TestDoor.done(door.engine.put(door.context, Path.of("Sensors/1"), door.json("{}"), absent));
        refused(
                Failure.Code.CONFLICT,
                () -> TestDoor.done(door.engine.put(door.context, Path.of("Sensors/1"), door.json("{}"), absent)));
        Terms old = Terms.NONE.expecting(Expectation.at(java.util.Set.of(1L)));
        refused(
                Failure.Code.PRECONDITION,
                () -> TestDoor.done(door.engine.patch(door.context, Path.of("Sensors/1"), door.json("{}"), old)));
        assertThat(runs).hasValue(2);
    }

    @Test
    void what_one_connection_asks_for_keeps_its_order() throws Exception {
        deploy(new Rule().on(Action.PUT, OverrideTest::seen).on(Action.PUBLISH, call -> {
            call.plain().publish(String.valueOf(call.id()), call.body());
            return Answer.PLAIN;
        }));
        try (TestLoop loop = new TestLoop()) {
            TestSubscriber all = new TestSubscriber(door, loop).open();
            all.subscribe("Sensors/#", Start.LIVE);
            all.subscribe("plain/#", Start.LIVE);
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String path = (i % 4 < 2 ? "Sensors/" : "plain/") + i;
                expected.add(path);
                if (i % 2 == 0) {
                    door.engine.publish(door.context, Path.of(path), door.bytes("{}"), Terms.NONE);
                } else {
                    door.engine.put(door.context, Path.of(path), door.bytes("{}"), Terms.NONE);
                }
            }
            all.awaitEvent("plain/199={}");
            assertThat(all.events())
                    .extracting(event -> event.substring(0, event.indexOf('=')))
                    .isEqualTo(expected);
        }
    }

    @Test
    void who_takes_too_long_is_interrupted_and_changes_nothing() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        deploy(new Rule().within(Duration.ofMillis(60)).on(Action.PUT, call -> {
            seen(call);
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException late) {
                interrupted.countDown();
            }
            return Answer.PLAIN;
        }));
        refused(Failure.Code.UNAVAILABLE, () -> door.put("Sensors/1", "{}"));
        assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(door.get("Sensors/1")).isEmpty();
        door.put("Counts/1", "{}");
    }

    @Test
    void more_who_hang_than_there_are_threads_leave_room_for_others() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger deaf = new AtomicInteger();
        Rule hanging = new Rule().within(Duration.ofMillis(60)).on(Action.PUT, call -> {
            boolean waiting = call.id().startsWith("hang");
            while (waiting) {
                try {
                    waiting = !end.await(1, TimeUnit.HOURS);
                } catch (InterruptedException ignored) {
                    deaf.incrementAndGet();
                }
            }
            return seen(call);
        });
        deploy(hanging);
        List<CompletableFuture<Commit>> hung = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            hung.add(door.engine
                    .put(door.context("c" + i), Path.of("Sensors/hang" + i), door.json("{}"), Terms.NONE)
                    .toCompletableFuture());
        }
        hung.forEach(each -> refused(Failure.Code.UNAVAILABLE, () -> TestDoor.done(each)));
        TestDoor.done(door.engine.put(door.context, Path.of("Sensors/1"), door.json("{}"), Terms.NONE));
        assertThat(deaf.get()).isPositive();
        end.countDown();
        assertThat(door.text("Sensors/1")).contains("seen");
        assertThat(door.get("Sensors/hang1")).isEmpty();
    }

    @Test
    void logic_that_is_replaced_ends_what_it_began_and_is_retired_then() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Rule first = new Rule().within(Duration.ofMinutes(2)).on(Action.PUT, call -> {
            begun.countDown();
            go.await();
            call.plain().put("1", with(call, "by", "first"));
            return Answer.PLAIN;
        });
        deploy(first);
        CompletableFuture<Commit> slow = door.engine
                .put(door.context, Path.of("Sensors/1"), door.json("{}"), Terms.NONE)
                .toCompletableFuture();
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
        deploy(new Rule().on(Action.PUT, call -> {
            call.plain().put("2", with(call, "by", "second"));
            return Answer.PLAIN;
        }));
        TestDoor.done(door.engine.put(door.context("other"), Path.of("Sensors/2"), door.json("{}"), Terms.NONE));
        assertThat(first.retired.getCount()).isOne();
        go.countDown();
        TestDoor.done(slow);
        assertThat(first.retired.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(door.text("Sensors/1")).contains("first");
        assertThat(door.text("Sensors/2")).contains("second");
    }

    @Test
    void a_resource_needs_no_table() {
        door = new TestDoor(directory);
        Rule echo = new Rule()
                .on(Action.GET, call -> Answer.of(call.bodies().of(Map.of("id", String.valueOf(call.id())))))
                .on(Action.POST, call -> Answer.of(call.body()));
        door.engine.deploy("app", List.of(), List.of(new Mount("Echo", null, echo)));
        assertThat(door.text("echo/a/b")).isEqualTo("{\"id\":\"a/b\"}");
        assertThat(((Answer.Value) call(Action.POST, "Echo/x", "[1]").answer().said())
                        .body()
                        .value())
                .isEqualTo(List.of(1L));
        refused(Failure.Code.UNSUPPORTED, () -> door.put("Echo/x", "1"));
        refused(Failure.Code.UNSUPPORTED, () -> door.delete("Echo/x"));
        assertThat(door.engine.all()).extracting(Table::name).containsExactly("topics");
        door.engine.undeploy("app");
        door.put("Echo/x", "a topic again");
        assertThat(door.text("Echo/x")).isEqualTo("a topic again");
    }

    @Test
    void finds_removals_and_reads_go_through_it() {
        deploy(new Rule()
                .on(Action.FIND, call -> {
                    List<Object> names = new ArrayList<>();
                    for (Iterator<Row> rows = call.plain().find(call.query()); rows.hasNext(); ) {
                        names.add(rows.next().path().text());
                    }
                    return Answer.of(call.bodies().of(names));
                })
                .on(Action.GET, call -> Answer.of(call.plain().get(call.id() + "1")))
                .on(Action.DELETE, call -> {
                    if (call.id().equals("12")) {
                        throw Failure.of(403, "stays");
                    }
                    call.plain().delete(call.id());
                    return Answer.PLAIN;
                }));
        for (int i = 10; i < 15; i++) {
            door.put("Sensors/" + i, "{\"n\":" + i + "}");
        }
        door.put("Sensors/x1", "{}");
        Outcome found = TestDoor.done(door.engine.call(
                door.context,
                Request.of(Action.FIND, Path.of("Sensors"), null, Terms.NONE).querying("n=ge=13")));
        assertThat(((Answer.Value) found.answer().said()).body().value())
                .isEqualTo(List.of("Sensors/13", "Sensors/14"));
        assertThat(door.text("Sensors/x")).isEqualTo("{\"id\":\"x1\"}");
        assertThat(TestDoor.done(door.engine.deleteAll(door.context, new Search("Sensors", "", "n=ge=13", false))))
                .isEqualTo(2);
        refused(Failure.Code.FORBIDDEN, () -> door.delete("Sensors/12"));
    }

    @Test
    void logic_weakens_no_right() {
        door = new TestDoor(directory, TestDoor.SETTINGS, (who, verb, table, path) -> who.administrator());
        AtomicInteger runs = new AtomicInteger();
        Rule open = new Rule();
        for (Action action : Action.values()) {
            open.on(action, call -> {
                runs.incrementAndGet();
                return Answer.of(call.bodies().of("secret"));
            });
        }
        deploy(open);
        Context guest = door.guest();
        for (Action action : Action.values()) {
            Request request = Request.of(action, Path.of("Sensors/1"), door.json("{}"), Terms.NONE);
            refused(Failure.Code.FORBIDDEN, () -> TestDoor.done(door.engine.call(guest, request)));
        }
        refused(Failure.Code.FORBIDDEN, () -> TestDoor.done(door.engine.get(guest, Path.of("Sensors/1"))));
        refused(Failure.Code.FORBIDDEN, () -> TestDoor.done(door.engine.admit(guest, Filter.of("Sensors/#"))));
        refused(
                Failure.Code.FORBIDDEN,
                () -> TestDoor.done(door.engine.create(guest, "Sensors", door.json("{}"), Terms.NONE)));
        assertThat(runs).hasValue(0);
        assertThat(call(Action.GET, "Sensors/1", null).answer().said()).isInstanceOf(Answer.Value.class);
    }

    @Test
    void a_subscription_can_be_refused() {
        deploy(new Rule().on(Action.SUBSCRIBE, call -> {
            throw Failure.of(403, "not here");
        }));
        refused(Failure.Code.FORBIDDEN, () -> TestDoor.done(door.engine.admit(door.context, Filter.of("sensors/#"))));
        refused(Failure.Code.FORBIDDEN, () -> TestDoor.done(door.engine.admit(door.context, Filter.of("#"))));
        TestDoor.done(door.engine.admit(door.context, Filter.of("Counts/#")));
    }
}
