// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Terms;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Each role against each verb, at the one door. */
class RightsMatrixTest extends RightsScene {

    private enum Verb {
        GET,
        LIST,
        QUERY,
        HIDDEN,
        INSERT,
        REPLACE,
        PATCH,
        DELETE,
        PUBLISH,
        ROWS,
        MESSAGES,
        DESCRIBE,
        /** Learning what the attributes are called. */
        NAMES
    }

    private CompletionStage<?> attempt(Verb verb, Context context, String id) {
        Path row = Path.of("Notes/" + id);
        return switch (verb) {
            case GET -> door().get(context, Path.of("Notes/1"));
            case LIST -> CompletableFuture.supplyAsync(() -> texts(context, ""));
            case QUERY -> CompletableFuture.supplyAsync(() -> texts(context, "text=one"));
            case HIDDEN -> CompletableFuture.supplyAsync(() -> texts(context, "secret=x"));
            case INSERT -> door().put(context, row, note("{\"owner\":\"ada\",\"text\":\"new\"}"), Terms.NONE);
            case REPLACE ->
                door().put(context, Path.of("Notes/1"), note("{\"owner\":\"ada\",\"text\":\"r\"}"), Terms.NONE);
            case PATCH -> door().patch(context, Path.of("Notes/1"), note("{\"text\":\"p\"}"), Terms.NONE);
            case DELETE -> door().delete(context, Path.of("Notes/1"), Terms.NONE);
            case PUBLISH -> door().publish(context, Path.of("Notes/1"), note("{}"), Terms.NONE);
            case ROWS, MESSAGES -> throw new IllegalArgumentException("heard, not done");
            case DESCRIBE -> door().describe(context, "Notes");
            case NAMES -> door().describe(context, "Notes").thenApply(RightsMatrixTest::naming);
        };
    }

    /** Fails where nothing but the key is named. */
    private static Map<String, Object> naming(Map<String, Object> described) {
        if (!String.valueOf(described.get("attributes")).contains("name=text")) {
            throw new Failure(Failure.Code.FORBIDDEN, "no names");
        }
        return described;
    }

    private record Expected(String role, String json, Set<Verb> allowed) {}

    private static final List<Expected> MATRIX = List.of(
            new Expected("none", "{\"name\":\"none\"}", Set.of()),
            new Expected(
                    "reader",
                    "{\"name\":\"reader\",\"tables\":[{\"table\":\"Notes\",\"read\":true}]}",
                    Set.of(Verb.GET, Verb.LIST, Verb.QUERY, Verb.HIDDEN, Verb.ROWS, Verb.DESCRIBE, Verb.NAMES)),
            new Expected(
                    "everywhere",
                    "{\"name\":\"everywhere\",\"tables\":[{\"table\":\"*\",\"read\":true}]}",
                    Set.of(Verb.GET, Verb.LIST, Verb.QUERY, Verb.HIDDEN, Verb.ROWS, Verb.DESCRIBE, Verb.NAMES)),
            new Expected(
                    "elsewhere",
                    "{\"name\":\"elsewhere\",\"tables\":[{\"table\":\"other.Notes\",\"read\":true}]}",
                    Set.of()),
            new Expected(
                    "inserter",
                    "{\"name\":\"inserter\",\"tables\":[{\"table\":\"data.Notes\",\"insert\":true}]}",
                    Set.of(Verb.INSERT, Verb.DESCRIBE, Verb.NAMES)),
            new Expected(
                    "updater",
                    "{\"name\":\"updater\",\"tables\":[{\"table\":\"data.*\",\"update\":true}]}",
                    Set.of(Verb.REPLACE, Verb.PATCH, Verb.DESCRIBE, Verb.NAMES)),
            new Expected(
                    "remover",
                    "{\"name\":\"remover\",\"tables\":[{\"table\":\"Notes\",\"delete\":true}]}",
                    Set.of(Verb.DELETE, Verb.DESCRIBE)),
            new Expected(
                    "publisher",
                    "{\"name\":\"publisher\",\"publish\":[\"notes/#\"]}",
                    Set.of(Verb.PUBLISH, Verb.DESCRIBE)),
            new Expected(
                    "listener",
                    "{\"name\":\"listener\",\"subscribe\":[\"notes/#\"],\"tables\":[{\"table\":\"Notes\",\"read\":true}]}",
                    Set.of(
                            Verb.GET,
                            Verb.LIST,
                            Verb.QUERY,
                            Verb.HIDDEN,
                            Verb.ROWS,
                            Verb.MESSAGES,
                            Verb.DESCRIBE,
                            Verb.NAMES)),
            new Expected(
                    "reading-some",
                    "{\"name\":\"reading-some\",\"tables\":[{\"table\":\"Notes\",\"read\":[\"owner\",\"text\"],"
                            + "\"rows\":\"owner=%u\"}]}",
                    Set.of(Verb.GET, Verb.LIST, Verb.QUERY, Verb.ROWS, Verb.DESCRIBE, Verb.NAMES)),
            new Expected(
                    "broken-rule",
                    "{\"name\":\"broken-rule\",\"tables\":[{\"table\":\"Notes\",\"read\":true,"
                            + "\"rows\":\"(owner=%u\"}]}",
                    Set.of(Verb.DESCRIBE)),
            new Expected(
                    "broken-writer",
                    "{\"name\":\"broken-writer\",\"tables\":[{\"table\":\"Notes\",\"insert\":true,\"update\":true,"
                            + "\"delete\":true,\"rows\":\"(owner=%u\"}]}",
                    Set.of(Verb.DESCRIBE)),
            new Expected(
                    "administrator", "{\"name\":\"administrator\",\"administrator\":true}", Set.of(Verb.values())));

    @TestFactory
    Stream<DynamicTest> every_role_may_what_it_says_and_nothing_else() {
        return MATRIX.stream().flatMap(expected -> Stream.of(Verb.values()).map(verb -> cell(expected, verb)));
    }

    private DynamicTest cell(Expected expected, Verb verb) {
        return DynamicTest.dynamicTest(expected.role() + " " + verb, () -> {
            node.put("Notes/1", "{\"owner\":\"ada\",\"secret\":\"x\",\"text\":\"one\"}");
            role(expected.json());
            Context context = as("ada", expected.role());
            String outcome = verb == Verb.MESSAGES || verb == Verb.ROWS
                    ? heard(verb, expected, context)
                    : outcome(() -> attempt(verb, context, expected.role() + verb));
            if (expected.allowed().contains(verb)) {
                assertThat(outcome).isEqualTo("yes");
            } else {
                // Who may not insert is told that there is no row to change, or the like: never that it was done.
                assertThat(outcome).isNotEqualTo("yes");
            }
        });
    }

    /** Whether a row or a message comes; something that does come marks the end of the wait for what must not. */
    private String heard(Verb verb, Expected expected, Context context) {
        if (!expected.allowed().contains(Verb.ROWS)) {
            return outcome(() -> collector(context).subscribe("Notes/#", Start.LIVE));
        }
        Collector box = collector(context);
        box.subscribe("Notes/#", Start.LIVE);
        node.publish("Notes/1", "hello".getBytes(StandardCharsets.UTF_8));
        node.put("Notes/mark", "{\"owner\":\"ada\",\"text\":\"mark\"}");
        boolean message = false;
        boolean row = false;
        while (!row) {
            Change change = box.next();
            message |= change.kind() == Kind.MESSAGE;
            row = change.kind() != Kind.MESSAGE;
        }
        box.close();
        return verb == Verb.ROWS || message ? "yes" : "not delivered";
    }
}
