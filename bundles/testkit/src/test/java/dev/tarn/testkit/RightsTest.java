// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Audit;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Edit;
import dev.tarn.engine.Engine;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What roles allow at the one door, which every protocol comes through. */
class RightsTest extends RightsScene {

    @Test
    void rows_and_attributes_out_of_sight_leave_no_trace_in_answers() {
        role(
                "{\"name\":\"own\",\"tables\":[{\"table\":\"Notes\",\"read\":[\"owner\",\"text\"],\"rows\":\"owner=%u\"}]}");
        Context ada = as("ada", "own");
        assertThat(texts(ada, "")).containsExactly("{\"id\":\"1\",\"owner\":\"ada\",\"text\":\"one\"}");
        assertThat(texts(ada, "owner=bob")).isEmpty();
        assertThat(texts(ada, "owner=bob|owner=ada")).hasSize(1);
        assertThat(texts(ada, "aggregate(count())")).containsExactly("{\"count()\":1}");
        assertThat(Node.await(door().get(ada, Path.of("Notes/2")))).isEmpty();
        Found counted = Node.await(door().search(ada, new Search("Notes", "", "", true)));
        assertThat(counted.total()).hasValue(1);
        for (String query : List.of(
                "secret=x",
                "owner=ada&(secret=x|text=one)",
                "sort(secret)",
                "select(secret)",
                "select(id,secret)",
                "aggregate(max(secret))",
                "group(secret)&aggregate(count())",
                "explain()")) {
            assertThat(outcome(() -> door().search(ada, new Search("Notes", "", query, false))))
                    .as(query)
                    .isEqualTo(DENIED);
        }
        assertThat(Node.await(door().describe(ada, "Notes"))).doesNotContainKey("count");
    }

    @Test
    void a_query_cannot_break_out_of_the_rule() {
        role("{\"name\":\"own\",\"tables\":[{\"table\":\"Notes\",\"read\":true,\"rows\":\"owner=%u\"}]}");
        Context odd = as("x|owner=bob", "own");
        assertThat(texts(odd, "")).isEmpty();
        Context ada = as("ada", "own");
        assertThat(outcome(() -> CompletableFuture.completedStage(texts(ada, "text=one)|(owner=bob"))))
                .isEqualTo("MALFORMED");
    }

    @Test
    void writers_stay_within_their_rows_and_attributes() {
        role("{\"name\":\"own\",\"tables\":[{\"table\":\"Notes\",\"read\":true,\"insert\":[\"owner\",\"text\"],"
                + "\"update\":[\"text\"],\"delete\":true,\"rows\":\"owner=%u\"}]}");
        Context ada = as("ada", "own");
        assertThat(outcome(() -> door().put(ada, Path.of("Notes/2"), note("{\"text\":\"mine\"}"), Terms.NONE)))
                .isEqualTo(DENIED);
        assertThat(outcome(() -> door().patch(ada, Path.of("Notes/2"), note("{\"text\":\"mine\"}"), Terms.NONE)))
                .isEqualTo("NOT_FOUND");
        assertThat(outcome(() -> door().delete(ada, Path.of("Notes/2"), Terms.NONE)))
                .isEqualTo("NOT_FOUND");
        assertThat(outcome(() -> door().patch(ada, Path.of("Notes/1"), note("{\"owner\":\"bob\"}"), Terms.NONE)))
                .isEqualTo(DENIED);
        assertThat(outcome(() -> door().put(ada, Path.of("Notes/3"), note("{\"owner\":\"bob\"}"), Terms.NONE)))
                .isEqualTo(DENIED);
        assertThat(outcome(() ->
                        door().put(ada, Path.of("Notes/3"), note("{\"owner\":\"ada\",\"secret\":\"z\"}"), Terms.NONE)))
                .isEqualTo(DENIED);
        assertThat(outcome(() -> door().put(ada, Path.of("Notes/1"), note("{\"text\":\"changed\"}"), Terms.NONE)))
                .isEqualTo("yes");
        // What she may not write stays as it is.
        assertThat(node.value(node.text("Notes/1")))
                .isEqualTo(node.value("{\"id\":\"1\",\"owner\":\"ada\",\"secret\":\"x\",\"text\":\"changed\"}"));
        assertThat(outcome(() -> door().delete(ada, Path.of("Notes/1"), Terms.NONE)))
                .isEqualTo("yes");
    }

    @Test
    void a_row_that_leaves_the_allowed_set_is_not_delivered_any_more() {
        role(
                "{\"name\":\"own\",\"tables\":[{\"table\":\"Notes\",\"read\":[\"owner\",\"text\"],\"rows\":\"owner=%u\"}]}");
        Collector box = collector(as("ada", "own"));
        box.subscribe("Notes/#", Start.CURRENT);
        assertThat(box.text()).isEqualTo("{\"id\":\"1\",\"owner\":\"ada\",\"text\":\"one\"}");
        node.put("Notes/1", "{\"owner\":\"bob\",\"secret\":\"x\",\"text\":\"gone\"}");
        node.put("Notes/2", "{\"owner\":\"ada\",\"secret\":\"y\",\"text\":\"come\"}");
        assertThat(box.text()).isEqualTo("{\"id\":\"2\",\"owner\":\"ada\",\"text\":\"come\"}");
    }

    @Test
    void a_right_that_is_revoked_is_revoked_at_once_for_who_is_there() {
        role("{\"name\":\"reader\",\"tables\":[{\"table\":\"Notes\",\"read\":true}]}");
        Context ada = as("ada", "reader");
        Collector box = collector(ada);
        box.subscribe("Notes/#", Start.LIVE);
        node.put("Notes/1", "{\"owner\":\"ada\",\"text\":\"before\"}");
        assertThat(box.text()).contains("before");
        role("{\"name\":\"reader\",\"tables\":[{\"table\":\"Notes\",\"read\":true,\"rows\":\"text=mark\"}]}");
        node.put("Notes/1", "{\"owner\":\"ada\",\"text\":\"after\"}");
        node.put("Notes/3", "{\"owner\":\"ada\",\"text\":\"mark\"}");
        assertThat(box.text()).contains("mark");
        assertThat(outcome(() -> door().get(ada, Path.of("Notes/1")))).isEqualTo("yes");
        assertThat(Node.await(door().get(ada, Path.of("Notes/1")))).isEmpty();
        system(Draft.delete(ROLES, ROLES.path("reader"), Attributes.NONE, Expectation.ANYTHING));
        assertThat(outcome(() -> door().get(ada, Path.of("Notes/1")))).isEqualTo(DENIED);
    }

    @Test
    void who_is_removed_has_nothing_any_more_and_his_mailbox_ends() {
        role("{\"name\":\"reader\",\"tables\":[{\"table\":\"Notes\",\"read\":true}]}");
        system(Draft.put(
                USERS,
                USERS.path("ada"),
                note("{\"name\":\"ada\",\"roles\":[\"reader\"]}"),
                Attributes.NONE,
                Expectation.ANYTHING));
        Context ada = door().context(new User("ada", Set.of("reader"), false, true), "test", "ada", null);
        Collector box = collector(ada);
        box.subscribe("Notes/#", Start.LIVE);
        system(Draft.delete(USERS, USERS.path("ada"), Attributes.NONE, Expectation.ANYTHING));
        assertThat(box.end().code()).isEqualTo(Failure.Code.FORBIDDEN);
        assertThat(outcome(() -> door().get(ada, Path.of("Notes/1")))).isEqualTo(DENIED);
    }

    @Test
    void topics_are_allowed_by_filters_with_the_names_of_user_and_client() {
        role("{\"name\":\"device\",\"publish\":[\"up/%u/#\",\"c/%c/up\"],\"subscribe\":[\"down/%u/+\"]}");
        Context ada = as("ada", "device");
        assertThat(outcome(() -> door().publish(ada, Path.of("up/ada/a/b"), note("1"), Terms.NONE)))
                .isEqualTo("yes");
        assertThat(outcome(() -> door().publish(ada, Path.of("up/bob/a"), note("1"), Terms.NONE)))
                .isEqualTo(DENIED);
        assertThat(outcome(() -> door().put(ada, Path.of("up/ada/kept"), note("1"), Terms.NONE)))
                .isEqualTo("yes");
        assertThat(outcome(() -> door().get(ada, Path.of("up/ada/kept")))).isEqualTo(DENIED);
        node.put("down/ada/x", "1");
        assertThat(outcome(() -> door().get(ada, Path.of("down/ada/x")))).isEqualTo("yes");
        for (String filter : List.of("down/#", "down/+/x", "#", "down/ada/#", "+/ada/x", "up/ada/#")) {
            assertThat(outcome(() -> collector(ada).subscribe(filter, Start.LIVE)))
                    .as(filter)
                    .isEqualTo(DENIED);
        }
        assertThat(outcome(() -> collector(ada).subscribe("down/ada/+", Start.LIVE)))
                .isEqualTo("yes");
        for (String client : List.of("#", "+", "a/#", "$SYS", "")) {
            User user = new User("ada", Set.of("device"), false, true);
            Context odd = door().context(user, "mqtt", "mqtt/" + client, null);
            assertThat(outcome(() -> door().publish(odd, Path.of("c/x/up"), note("1"), Terms.NONE)))
                    .as(client)
                    .isEqualTo(DENIED);
        }
        Context client = door().context(new User("ada", Set.of("device"), false, true), "mqtt", "mqtt/x", null);
        assertThat(outcome(() -> door().publish(client, Path.of("c/x/up"), note("1"), Terms.NONE)))
                .isEqualTo("yes");
    }

    @Test
    void who_knows_an_address_for_answers_may_use_it_and_nobody_can_ask_for_all_of_them() {
        role("{\"name\":\"own\",\"tables\":[{\"table\":\"Notes\",\"read\":true}]}");
        String address = "$reply/" + java.util.UUID.randomUUID();
        Context ada = as("ada", "own");
        assertThat(outcome(() -> collector(ada).subscribe(address, Start.LIVE))).isEqualTo("yes");
        assertThat(outcome(() -> door().publish(ada, Path.of(address), note("1"), Terms.NONE)))
                .isEqualTo("yes");
        assertThat(outcome(() -> door().put(ada, Path.of(address), note("1"), Terms.NONE)))
                .isEqualTo(DENIED);
        assertThat(outcome(() -> door().get(ada, Path.of(address)))).isEqualTo(DENIED);
        for (String filter : List.of("$reply/#", "$reply/+", address + "/#", "$reply/x")) {
            assertThat(outcome(() -> collector(ada).subscribe(filter, Start.LIVE)))
                    .as(filter)
                    .isEqualTo(DENIED);
        }
        assertThat(outcome(() -> collector(as("eve")).subscribe(address, Start.LIVE)))
                .isEqualTo(DENIED);
    }

    @Test
    void nobody_reaches_the_servers_own_tables_by_their_paths() {
        role("{\"name\":\"all\",\"administrator\":true}");
        assertThat(outcome(() -> door().put(as("eve", "all"), Path.of("system/users/eve"), note("{}"), Terms.NONE)))
                .isEqualTo("yes");
        // That was a topic of the catch-all: no row of system.users came of it.
        assertThat(node.text("system/users/eve")).isEqualTo("{}");
    }

    @Test
    void a_description_names_what_somebody_may_read_or_write_and_nothing_else() {
        role("{\"name\":\"own\",\"tables\":[{\"table\":\"Notes\",\"read\":[\"text\"],\"insert\":[\"owner\"]}]}");
        assertThat(described(as("ada", "own")))
                .contains("name=id", "name=text", "name=owner")
                .doesNotContain("secret")
                .doesNotContain("count=");
        role("{\"name\":\"listener\",\"subscribe\":[\"notes/#\"],\"publish\":[\"notes/#\"]}");
        assertThat(described(as("ada", "listener")))
                .contains("name=id")
                .doesNotContain("owner")
                .doesNotContain("text")
                .doesNotContain("secret")
                .doesNotContain("count=");
        assertThat(described(node.context())).contains("name=owner", "name=secret", "name=text", "count=2");
        assertThat(outcome(() -> door().describe(as("eve"), "Notes"))).isEqualTo(DENIED);
    }

    private String described(Context context) {
        return String.valueOf(Node.await(door().describe(context, "Notes")));
    }

    /** What the trail is told. */
    private static final class Told implements Audit {
        final List<String> events = new CopyOnWriteArrayList<>();

        @Override
        public boolean follows(String table) {
            return table.equals("data.Notes");
        }

        @Override
        public CompletionStage<Void> enter(Event event) {
            record(event);
            return CompletableFuture.completedStage(null);
        }

        @Override
        public Draft entry(Supplier<@Nullable Event> told) {
            Edit nothing = row -> {
                Event event = told.get();
                if (event != null) {
                    record(event);
                }
                return null;
            };
            return new Draft(Kind.PUT, USERS, USERS.path("none"), null, nothing, Attributes.NONE, Expectation.ANYTHING);
        }

        @Override
        public void record(Event event) {
            String row = event.row() == null
                    ? ""
                    : " " + text(event.row().before()) + " " + text(event.row().after());
            String told = event.who() + " " + event.what() + " " + event.allowed() + " " + event.detail() + row;
            // An edit may run again.
            if (!events.contains(told)) {
                events.add(told);
            }
        }

        private static String text(@Nullable Body body) {
            return body == null ? "-" : new String(body.as(Bodies.JSON).bytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void refusals_and_changes_of_a_table_that_is_followed_are_written_down() {
        Told told = new Told();
        ((Engine) door()).setAudit(told);
        role("{\"name\":\"own\",\"tables\":[{\"table\":\"Notes\",\"read\":true,\"insert\":true,\"update\":true,"
                + "\"rows\":\"owner=%u\"}]}");
        Context ada = as("ada", "own");
        assertThat(outcome(() -> door().put(ada, Path.of("Notes/3"), note("{\"owner\":\"ada\"}"), Terms.NONE)))
                .isEqualTo("yes");
        assertThat(outcome(() -> door().put(ada, Path.of("Notes/2"), note("{\"owner\":\"ada\"}"), Terms.NONE)))
                .isEqualTo(DENIED);
        assertThat(outcome(() -> door().delete(ada, Path.of("Notes/1"), Terms.NONE)))
                .isEqualTo(DENIED);
        assertThat(outcome(() -> door().get(as("eve"), Path.of("Notes/1")))).isEqualTo(DENIED);
        assertThat(outcome(() -> door().patch(ada, Path.of("Notes/3"), note("{\"text\":\"x\"}"), Terms.NONE)))
                .isEqualTo("yes");
        assertThat(told.events)
                .containsExactly(
                        "ada put true Notes/3 - {\"id\":\"3\",\"owner\":\"ada\"}",
                        "ada put false Notes/2",
                        "ada delete false Notes/1",
                        "eve read false Notes/1",
                        "ada patch true Notes/3 {\"id\":\"3\",\"owner\":\"ada\"}"
                                + " {\"id\":\"3\",\"owner\":\"ada\",\"text\":\"x\"}");
        ((Engine) door()).unsetAudit(told);
        assertThat(outcome(() -> door().get(as("eve"), Path.of("Notes/1")))).isEqualTo(DENIED);
        assertThat(told.events).hasSize(5);
    }
}
