// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Mount;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Terms;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Logic that throws, hangs or answers nonsense lets nobody do anything: verb by verb. */
class RefusalTest {
    private static final Table SENSORS = new Table(
            "data", "Sensors", "Sensors", List.of(Attribute.primaryKey("id", Attribute.Type.ID)), Table.Rules.DECLARED);

    /** What is wrong with it. */
    private static final Map<String, Rule.Does> WRONG = new LinkedHashMap<>();

    static {
        WRONG.put("refuses", call -> {
            throw new Failure(Failure.Code.FORBIDDEN, "no");
        });
        WRONG.put("throws", call -> {
            throw new IllegalStateException("broken");
        });
        WRONG.put("throws a checked exception", call -> {
            throw new java.io.IOException("broken");
        });
        WRONG.put("fails with an error", call -> {
            throw new StackOverflowError();
        });
        WRONG.put("hangs", call -> {
            new CountDownLatch(1).await();
            return Answer.PLAIN;
        });
        WRONG.put("answers null", RefusalTest::nothing);
        WRONG.put("answers that it is forbidden", call -> new Answer(403, List.of(), new Answer.Plain()));
    }

    @TempDir
    java.nio.file.Path directory;

    private TestDoor door;

    @SuppressWarnings({"NullAway", "DataFlowIssue"}) // applications are not checked for what they return
    private static Answer nothing(dev.tarn.api.application.Call call) {
        return null;
    }

    @AfterEach
    void close() {
        door.close();
    }

    /** Every verb against the same logic, which answers all of them. */
    @TestFactory
    Stream<DynamicTest> whatever_logic_does_wrong_denies() {
        door = new TestDoor(directory);
        return WRONG.entrySet().stream()
                .flatMap(wrong -> verbs().entrySet().stream()
                        .map(verb -> DynamicTest.dynamicTest(verb.getKey() + " " + wrong.getKey(), () -> {
                            Rule none = new Rule();
                            deploy(none);
                            door.put("Sensors/kept", "{\"n\":1}");
                            Rule rule = new Rule().within(Duration.ofMillis(60));
                            for (Action action : Action.values()) {
                                rule.on(action, wrong.getValue());
                            }
                            deploy(rule);
                            assertThat(outcome(verb.getValue())).isNotEqualTo("yes");
                            deploy(new Rule());
                            assertThat(door.text("Sensors/kept")).isEqualTo("{\"id\":\"kept\",\"n\":1}");
                            assertThat(door.get("Sensors/fresh")).isEmpty();
                        })));
    }

    @Test
    void a_filter_over_many_resources_asks_each_that_has_a_say() {
        door = new TestDoor(directory);
        deploy(new Rule().on(Action.SUBSCRIBE, WRONG.get("refuses")));
        for (String filter : List.of("Sensors/1", "Sensors/#", "sensors/+", "#", "+/1", "+/#")) {
            assertThat(outcome(() -> door.engine.admit(door.context, Filter.of(filter))))
                    .as(filter)
                    .isEqualTo("FORBIDDEN");
        }
        assertThat(outcome(() -> door.engine.admit(door.context, Filter.of("elsewhere/#"))))
                .isEqualTo("yes");
        deploy(new Rule().on(Action.SUBSCRIBE, call -> Answer.PLAIN));
        assertThat(outcome(() -> door.engine.admit(door.context, Filter.of("#"))))
                .isEqualTo("yes");
    }

    @Test
    void logic_that_does_not_end_is_named_with_its_line_until_it_does() throws Exception {
        door = new TestDoor(directory);
        AtomicBoolean enough = new AtomicBoolean();
        CountDownLatch over = new CountDownLatch(1);
        deploy(new Rule().within(Duration.ofMillis(60)).on(Action.PUT, call -> {
            while (!enough.get()) {
                Thread.onSpinWait();
            }
            over.countDown();
            return Answer.PLAIN;
        }));
        try {
            assertThat(door.engine.stuck()).isEmpty();
            assertThat(outcome(() ->
                            door.engine.put(door.context, Path.of("Sensors/1"), door.json("{\"n\":2}"), Terms.NONE)))
                    .isEqualTo("UNAVAILABLE");
            assertThat(door.engine.stuck()).singleElement().satisfies(call -> {
                assertThat(call.application()).isEqualTo("app");
                assertThat(call.what()).isEqualTo("PUT Sensors/1");
                assertThat(call.running()).isGreaterThanOrEqualTo(Duration.ofMillis(60));
                assertThat(call.at()).matches("RefusalTest\\.java:\\d+");
            });
        } finally {
            enough.set(true);
        }
        assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
        Eventually.holds(() -> door.engine.stuck().isEmpty());
    }

    private void deploy(Rule rule) {
        door.engine.deploy("app", List.of(SENSORS), List.of(new Mount("Sensors", "data.Sensors", rule)));
    }

    private Map<String, Supplier<CompletionStage<?>>> verbs() {
        Map<Action, Supplier<CompletionStage<?>>> verbs = new EnumMap<>(Action.class);
        Path kept = Path.of("Sensors/kept");
        Path fresh = Path.of("Sensors/fresh");
        verbs.put(
                Action.GET,
                () -> door.engine
                        .get(door.context, kept)
                        .thenApply(row -> row.orElseThrow(() -> new Failure(Failure.Code.NOT_FOUND, "none"))));
        verbs.put(Action.FIND, () -> door.engine.search(door.context, new Search("Sensors", "", "n=1", false)));
        verbs.put(Action.PUT, () -> door.engine.put(door.context, fresh, door.json("{\"n\":2}"), Terms.NONE));
        verbs.put(Action.PATCH, () -> door.engine.patch(door.context, kept, door.json("{\"n\":2}"), Terms.NONE));
        verbs.put(Action.DELETE, () -> door.engine.delete(door.context, kept, Terms.NONE));
        verbs.put(
                Action.POST,
                () -> door.engine.create(door.context, "Sensors", door.json("{\"id\":\"fresh\"}"), Terms.NONE));
        verbs.put(
                Action.SUBSCRIBE,
                () -> door.engine.admit(door.context, Filter.of("Sensors/#")).thenApply(done -> "in"));
        Map<String, Supplier<CompletionStage<?>>> named = new LinkedHashMap<>();
        verbs.forEach((action, call) -> named.put(action.name(), call));
        return named;
    }

    /** What comes of it: {@code yes}, or a word for the refusal. */
    private static String outcome(Supplier<CompletionStage<?>> call) {
        try {
            call.get().toCompletableFuture().get(60, TimeUnit.SECONDS);
            return "yes";
        } catch (Failure refused) {
            return refused.code().name();
        } catch (ExecutionException failed) {
            return failed.getCause() instanceof Failure refused ? refused.code().name() : String.valueOf(failed);
        } catch (InterruptedException | java.util.concurrent.TimeoutException late) {
            throw new IllegalStateException(late);
        }
    }
}
