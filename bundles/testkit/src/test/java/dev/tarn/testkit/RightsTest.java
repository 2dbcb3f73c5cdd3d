// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Audit;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import dev.tarn.engine.Engine;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What roles allow at the one door, which every protocol comes through. */
class RightsTest {

    private static final Table NOTES = new Table(
            "data",
            "Notes",
            "Notes",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    new Attribute("owner", Attribute.Type.STRING, false, false, true, false, false, List.of()),
                    new Attribute("secret", Attribute.Type.STRING, false, false, true, false, false, List.of()),
                    Attribute.of("text", Attribute.Type.STRING)),
            Table.Rules.DECLARED);

    private static final Table ROLES = new Table(
            "system", "roles", null, List.of(Attribute.primaryKey("name", Attribute.Type.ID)), Table.Rules.DECLARED);

    private static final Table USERS = new Table(
            "system", "users", null, List.of(Attribute.primaryKey("name", Attribute.Type.ID)), Table.Rules.DECLARED);

    private static final String DENIED = "FORBIDDEN";

    @TempDir
    java.nio.file.Path directory;

    private Node node;
    private final ExecutorService loop = Executors.newSingleThreadExecutor();

    @BeforeEach
    void start() {
        node = Node.in(directory).start().deploy(NOTES);
        node.put("Notes/1", "{\"owner\":\"ada\",\"secret\":\"x\",\"text\":\"one\"}");
        node.put("Notes/2", "{\"owner\":\"bob\",\"secret\":\"y\",\"text\":\"two\"}");
    }

    @AfterEach
    void stop() {
        node.close();
        loop.shutdownNow();
    }

    private void role(String json) {
        Body body = node.json(json);
        String name = String.valueOf(((java.util.Map<?, ?>) body.value()).get("name"));
        system(Draft.put(ROLES, ROLES.path(name), body, Attributes.NONE, Expectation.ANYTHING));
    }

    private void system(Draft draft) {
        Node.await(node.services().store().commit(new Write(List.of(draft), List.of())));
    }

    private Context as(String name, String... roles) {
        return door().context(new User(name, Set.of(roles), false), "test", name, null);
    }

    private Resources door() {
        return node.services().resources();
    }

    /** What comes of it: {@code yes}, or the code of the refusal. */
    private static String outcome(Supplier<CompletionStage<?>> call) {
        try {
            call.get().toCompletableFuture().get(30, TimeUnit.SECONDS);
            return "yes";
        } catch (Failure refused) {
            return refused.code().name();
        } catch (ExecutionException failed) {
            return failed.getCause() instanceof Failure refused ? refused.code().name() : String.valueOf(failed);
        } catch (InterruptedException | TimeoutException late) {
            throw new IllegalStateException(late);
        }
    }

    private List<String> texts(Context context, String query) {
        Found found = Node.await(door().search(context, new Search("Notes", "", query, false)));
        CompletableFuture<List<String>> all = new CompletableFuture<>();
        List<String> rows = new ArrayList<>();
        found.rows().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(Row row) {
                rows.add(new String(row.body().as(Bodies.JSON).bytes(), StandardCharsets.UTF_8));
            }

            @Override
            public void onError(Throwable failure) {
                all.completeExceptionally(failure);
            }

            @Override
            public void onComplete() {
                all.complete(rows);
            }
        });
        return Node.await(all);
    }

    private Body note(String json) {
        return node.json(json);
    }

    // Each role against each verb.

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
        DESCRIBE
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
        };
    }

    private record Expected(String role, String json, Set<Verb> allowed) {}

    private static final List<Expected> MATRIX = List.of(
            new Expected("none", "{\"name\":\"none\"}", Set.of()),
            new Expected(
                    "reader",
                    "{\"name\":\"reader\",\"tables\":[{\"table\":\"Notes\",\"read\":true}]}",
                    Set.of(Verb.GET, Verb.LIST, Verb.QUERY, Verb.HIDDEN, Verb.ROWS, Verb.DESCRIBE)),
            new Expected(
                    "everywhere",
                    "{\"name\":\"everywhere\",\"tables\":[{\"table\":\"*\",\"read\":true}]}",
                    Set.of(Verb.GET, Verb.LIST, Verb.QUERY, Verb.HIDDEN, Verb.ROWS, Verb.DESCRIBE)),
            new Expected(
                    "elsewhere",
                    "{\"name\":\"elsewhere\",\"tables\":[{\"table\":\"other.Notes\",\"read\":true}]}",
                    Set.of()),
            new Expected(
                    "inserter",
                    "{\"name\":\"inserter\",\"tables\":[{\"table\":\"data.Notes\",\"insert\":true}]}",
                    Set.of(Verb.INSERT, Verb.DESCRIBE)),
            new Expected(
                    "updater",
                    "{\"name\":\"updater\",\"tables\":[{\"table\":\"data.*\",\"update\":true}]}",
                    Set.of(Verb.REPLACE, Verb.PATCH, Verb.DESCRIBE)),
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
                    Set.of(Verb.GET, Verb.LIST, Verb.QUERY, Verb.HIDDEN, Verb.ROWS, Verb.MESSAGES, Verb.DESCRIBE)),
            new Expected(
                    "reading-some",
                    "{\"name\":\"reading-some\",\"tables\":[{\"table\":\"Notes\",\"read\":[\"owner\",\"text\"],"
                            + "\"rows\":\"owner=%u\"}]}",
                    Set.of(Verb.GET, Verb.LIST, Verb.QUERY, Verb.ROWS, Verb.DESCRIBE)),
            new Expected(
                    "broken-rule",
                    "{\"name\":\"broken-rule\",\"tables\":[{\"table\":\"Notes\",\"read\":true,"
                            + "\"rows\":\"(owner=%u\"}]}",
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
            return outcome(() -> new Box(context).subscribe("Notes/#", Start.LIVE));
        }
        Box box = new Box(context);
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
    void a_description_names_what_somebody_may_read_or_write_and_nothing_else() {
        role("{\"name\":\"own\",\"tables\":[{\"table\":\"Notes\",\"read\":[\"text\"],\"insert\":[\"owner\"]}]}");
        assertThat(described(as("ada", "own"))).contains("name=id", "name=text").doesNotContain("secret");
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
        public void record(Event event) {
            events.add(event.who() + " " + event.what() + " " + event.allowed() + " " + event.detail());
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
        assertThat(told.events)
                .containsExactly(
                        "ada put true Notes/3",
                        "ada put false Notes/2",
                        "ada delete false Notes/1",
                        "eve read false Notes/1");
        ((Engine) door()).unsetAudit(told);
        assertThat(outcome(() -> door().get(as("eve"), Path.of("Notes/1")))).isEqualTo(DENIED);
        assertThat(told.events).hasSize(4);
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
        Box box = new Box(as("ada", "own"));
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
        Box box = new Box(ada);
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
    void who_is_removed_has_nothing_any_more_and_his_mailbox_ends() throws Exception {
        role("{\"name\":\"reader\",\"tables\":[{\"table\":\"Notes\",\"read\":true}]}");
        system(Draft.put(
                USERS,
                USERS.path("ada"),
                note("{\"name\":\"ada\",\"roles\":[\"reader\"]}"),
                Attributes.NONE,
                Expectation.ANYTHING));
        Context ada = door().context(new User("ada", Set.of("reader"), false, true), "test", "ada", null);
        Box box = new Box(ada);
        box.subscribe("Notes/#", Start.LIVE);
        system(Draft.delete(USERS, USERS.path("ada"), Attributes.NONE, Expectation.ANYTHING));
        assertThat(box.ended.get(30, TimeUnit.SECONDS).code()).isEqualTo(Failure.Code.FORBIDDEN);
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
            assertThat(outcome(() -> new Box(ada).subscribe(filter, Start.LIVE)))
                    .as(filter)
                    .isEqualTo(DENIED);
        }
        assertThat(outcome(() -> new Box(ada).subscribe("down/ada/+", Start.LIVE)))
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
    void nobody_reaches_the_servers_own_tables_by_their_paths() {
        role("{\"name\":\"all\",\"administrator\":true}");
        assertThat(outcome(() -> door().put(as("eve", "all"), Path.of("system/users/eve"), note("{}"), Terms.NONE)))
                .isEqualTo("yes");
        // That was a topic of the catch-all: no row of system.users came of it.
        assertThat(node.text("system/users/eve")).isEqualTo("{}");
    }

    /** A mailbox that keeps what it gets. */
    private final class Box implements Subscriber {
        private final BlockingQueue<Change> got = new LinkedBlockingQueue<>();
        private final CompletableFuture<Failure> ended = new CompletableFuture<>();
        private final Mailbox mailbox;

        Box(Context context) {
            mailbox = door().mailbox(context, loop, this);
        }

        CompletionStage<?> subscribe(String filter, Start start) {
            CompletableFuture<Subscription> subscribed = new CompletableFuture<>();
            loop.execute(() -> {
                try {
                    subscribed.complete(mailbox.subscribe(Filter.of(filter), start, Interest.ALL, null));
                    mailbox.request(Long.MAX_VALUE);
                } catch (Failure refused) {
                    subscribed.completeExceptionally(refused);
                }
            });
            try {
                subscribed.get(30, TimeUnit.SECONDS);
            } catch (InterruptedException | TimeoutException late) {
                throw new IllegalStateException(late);
            } catch (ExecutionException refused) {
                return subscribed;
            }
            return subscribed;
        }

        Change next() {
            try {
                Change change = got.poll(30, TimeUnit.SECONDS);
                if (change == null) {
                    throw new IllegalStateException("nothing came");
                }
                return change;
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
        }

        String text() {
            Body body = java.util.Objects.requireNonNull(next().body());
            return new String(body.as(Bodies.JSON).bytes(), StandardCharsets.UTF_8);
        }

        void close() {
            loop.execute(mailbox::close);
        }

        @Override
        public void deliver(List<Delivery> batch) {
            batch.forEach(delivery -> got.add(delivery.change()));
        }

        @Override
        public void missed(long changes) {
            ended.completeExceptionally(new IllegalStateException("missed " + changes));
        }

        @Override
        public void current(Subscription subscription, long sequence) {
            // Rows are told from changes by their order.
        }

        @Override
        public void reset(Subscription subscription) {
            ended.completeExceptionally(new IllegalStateException("reset"));
        }

        @Override
        public void ended(Failure why) {
            ended.complete(why);
        }
    }
}
