// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Recall;
import dev.tarn.api.resource.Source;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Rights;
import dev.tarn.api.security.TableRights;
import dev.tarn.api.security.User;
import dev.tarn.engine.query.Limits;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table that caches what a component knows. */
class SourcedTest {
    private static final Table WEATHER = new Table(
            "data", "Weather", "Weather", List.of(Attribute.primaryKey("id", Attribute.Type.ID)), Table.Rules.DECLARED);

    @TempDir
    java.nio.file.Path directory;

    private final AtomicLong ahead = new AtomicLong();
    private final LinkedBlockingQueue<Fetch> fetches = new LinkedBlockingQueue<>();
    private TestDoor door;

    /** One question to the source, answered by the test. */
    private record Fetch(Path path, CompletableFuture<Optional<Body>> answer) {}

    /** Real time, plus what the test says. */
    private final class Ahead extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.now().plusMillis(ahead.get());
        }
    }

    private final class Station implements Source {
        private final Duration timeout;

        Station(Duration timeout) {
            this.timeout = timeout;
        }

        @Override
        public String resource() {
            return "Weather";
        }

        @Override
        public CompletionStage<Optional<Body>> fetch(Path path) {
            Fetch fetch = new Fetch(path, new CompletableFuture<>());
            fetches.add(fetch);
            return fetch.answer();
        }

        @Override
        public Duration fresh() {
            return Duration.ofHours(1);
        }

        @Override
        public Duration stale() {
            return Duration.ofHours(10);
        }

        @Override
        public Duration timeout() {
            return timeout;
        }
    }

    /** Guests see rows that are not secret. */
    private static final class Discreet implements Access, Rights, TableRights {
        private final boolean guest;

        Discreet(boolean guest) {
            this.guest = guest;
        }

        @Override
        public boolean allows(User user, Verb verb, Table table, String path) {
            return true;
        }

        @Override
        public Rights rights(User user, String client) {
            return new Discreet(!user.administrator());
        }

        @Override
        public long epoch() {
            return 0;
        }

        @Override
        public boolean known() {
            return true;
        }

        @Override
        public boolean everything() {
            return !guest;
        }

        @Override
        public TableRights of(Table table) {
            return this;
        }

        @Override
        public boolean operation(String name) {
            return false;
        }

        @Override
        public boolean allows(Verb verb, String path) {
            return true;
        }

        @Override
        public List<Grant> grants(Verb verb) {
            return guest ? List.of(new Grant(null, "secret==false")) : List.of();
        }
    }

    @BeforeEach
    void open() {
        door = new TestDoor(
                directory, TestDoor.settings(new Ahead(), Limits.DEFAULT), (who, verb, table, path) -> true);
        door.deploy(WEATHER);
    }

    @AfterEach
    void close() {
        door.close();
    }

    private CompletableFuture<Optional<Row>> ask(String path) {
        return door.engine.get(door.context, Path.of(path)).toCompletableFuture();
    }

    private Fetch asked() throws InterruptedException {
        Fetch fetch = fetches.poll(30, TimeUnit.SECONDS);
        assertThat(fetch).isNotNull();
        return fetch;
    }

    private void answer(String json) throws InterruptedException {
        asked().answer().complete(Optional.of(door.json(json)));
    }

    @Test
    void a_row_that_is_not_there_is_fetched_once_and_kept() throws Exception {
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        CompletableFuture<Optional<Row>> first = ask("Weather/oslo");
        answer("{\"temp\":-3}");
        assertThat(TestDoor.text(first.get(30, TimeUnit.SECONDS).orElseThrow().body()))
                .isEqualTo("{\"id\":\"oslo\",\"temp\":-3}");
        assertThat(door.text("Weather/oslo")).isEqualTo("{\"id\":\"oslo\",\"temp\":-3}");
        assertThat(fetches).isEmpty();
        assertThat(first.get().orElseThrow().attributes().expiresAt()).isPositive();
    }

    @Test
    void many_who_ask_at_once_wait_for_one_fetch() throws Exception {
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        List<CompletableFuture<Optional<Row>>> asking = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            asking.add(ask(i % 2 == 0 ? "Weather/oslo" : "weather/oslo"));
        }
        answer("{\"temp\":1}");
        for (CompletableFuture<Optional<Row>> one : asking) {
            assertThat(one.get(30, TimeUnit.SECONDS)).isPresent();
        }
        assertThat(fetches).isEmpty();
    }

    @Test
    void an_old_row_is_given_out_while_it_is_fetched_again() throws Exception {
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        CompletableFuture<Optional<Row>> first = ask("Weather/oslo");
        answer("{\"temp\":1}");
        first.get(30, TimeUnit.SECONDS);
        ahead.set(Duration.ofHours(2).toMillis());
        assertThat(door.text("Weather/oslo")).isEqualTo("{\"id\":\"oslo\",\"temp\":1}");
        Fetch again = asked();
        assertThat(door.text("Weather/oslo")).isEqualTo("{\"id\":\"oslo\",\"temp\":1}");
        ahead.set(0);
        again.answer().complete(Optional.of(door.json("{\"temp\":2}")));
        await("{\"id\":\"oslo\",\"temp\":2}");
    }

    @Test
    void whoever_wants_a_row_anew_gets_it_from_the_source_and_whoever_wants_what_is_kept_never_does() throws Exception {
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        Path oslo = Path.of("Weather/oslo");
        assertThatThrownBy(() -> TestDoor.done(door.engine.get(door.context, oslo, Recall.KEPT)))
                .isInstanceOfSatisfying(
                        Failure.class, refused -> assertThat(refused.code()).isEqualTo(Failure.Code.UNAVAILABLE));
        CompletableFuture<Optional<Row>> first = ask("Weather/oslo");
        answer("{\"temp\":1}");
        first.get(30, TimeUnit.SECONDS);
        CompletableFuture<Optional<Row>> anew =
                door.engine.get(door.context, oslo, Recall.ANEW).toCompletableFuture();
        answer("{\"temp\":2}");
        String two = "{\"id\":\"oslo\",\"temp\":2}";
        assertThat(TestDoor.text(anew.get(30, TimeUnit.SECONDS).orElseThrow().body()))
                .isEqualTo(two);
        // Past its best, and still not fetched for somebody who does not want that.
        ahead.set(Duration.ofHours(2).toMillis());
        Row kept =
                TestDoor.done(door.engine.get(door.context, oslo, Recall.KEPT)).orElseThrow();
        assertThat(TestDoor.text(kept.body())).isEqualTo(two);
        assertThat(fetches).isEmpty();
    }

    private void await(String text) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!text.equals(door.text("Weather/oslo")) && System.nanoTime() - until < 0) {
            Thread.onSpinWait();
        }
        assertThat(door.text("Weather/oslo")).isEqualTo(text);
    }

    @Test
    void a_row_that_is_removed_is_fetched_anew() throws Exception {
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        CompletableFuture<Optional<Row>> first = ask("Weather/oslo");
        answer("{\"temp\":1}");
        first.get(30, TimeUnit.SECONDS);
        door.delete("Weather/oslo");
        CompletableFuture<Optional<Row>> second = ask("Weather/oslo");
        answer("{\"temp\":2}");
        assertThat(TestDoor.text(second.get(30, TimeUnit.SECONDS).orElseThrow().body()))
                .contains("\"temp\":2");
    }

    @Test
    void who_wrote_while_it_was_fetched_wins() throws Exception {
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        CompletableFuture<Optional<Row>> asking = ask("Weather/oslo");
        Fetch fetch = asked();
        TestDoor.done(door.engine.put(door.context, Path.of("Weather/oslo"), door.json("{\"temp\":99}"), Terms.NONE));
        fetch.answer().complete(Optional.of(door.json("{\"temp\":1}")));
        assertThat(TestDoor.text(asking.get(30, TimeUnit.SECONDS).orElseThrow().body()))
                .contains("\"temp\":99");
    }

    @Test
    void what_the_source_does_not_know_is_not_there() throws Exception {
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        CompletableFuture<Optional<Row>> asking = ask("Weather/atlantis");
        asked().answer().complete(Optional.empty());
        assertThat(asking.get(30, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void a_source_that_fails_or_is_silent_is_unavailable() throws Exception {
        Station silent = new Station(Duration.ofMillis(50));
        door.engine.addSource(silent);
        CompletableFuture<Optional<Row>> asking = ask("Weather/oslo");
        assertThatThrownBy(() -> asking.get(30, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(Failure.class)
                .hasMessageContaining("did not answer within PT0.05S");
        asked();
        door.engine.removeSource(silent);
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        CompletableFuture<Optional<Row>> again = ask("Weather/oslo");
        asked().answer().completeExceptionally(new IllegalStateException("by the test"));
        assertThatThrownBy(() -> again.get(30, TimeUnit.SECONDS)).hasMessageContaining("Weather failed");
        CompletableFuture<Optional<Row>> third = ask("Weather/oslo");
        answer("{\"temp\":1}");
        assertThat(third.get(30, TimeUnit.SECONDS)).isPresent();
    }

    @Test
    void a_row_that_is_removed_while_it_is_fetched_is_not_kept_as_it_was() throws Exception {
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        CompletableFuture<Optional<Row>> asking = ask("Weather/oslo");
        Fetch fetch = asked();
        TestDoor.done(door.engine.delete(door.context, Path.of("weather/oslo"), Terms.NONE));
        CompletableFuture<Optional<Row>> next = ask("Weather/oslo");
        Fetch second = asked();
        fetch.answer().complete(Optional.of(door.json("{\"temp\":1}")));
        assertThat(asking.get(30, TimeUnit.SECONDS)).isPresent();
        second.answer().complete(Optional.of(door.json("{\"temp\":2}")));
        assertThat(TestDoor.text(next.get(30, TimeUnit.SECONDS).orElseThrow().body()))
                .contains("\"temp\":2");
        assertThat(door.text("Weather/oslo")).contains("\"temp\":2");
    }

    @Test
    void the_table_says_how_long_rows_are_good_where_the_source_does_not() throws Exception {
        Table.Rules rules = new Table.Rules(
                false,
                false,
                true,
                Table.Keeping.LOGGED,
                Duration.ZERO,
                new Table.Lifetime(Duration.ofHours(1), Duration.ofHours(10), Duration.ZERO),
                null,
                Set.of());
        door.deploy(new Table("data", "Weather", "Weather", WEATHER.attributes(), rules));
        door.engine.addSource(new Source() {
            @Override
            public String resource() {
                return "Weather";
            }

            @Override
            public CompletionStage<Optional<Body>> fetch(Path path) {
                Fetch fetch = new Fetch(path, new CompletableFuture<>());
                fetches.add(fetch);
                return fetch.answer();
            }
        });
        CompletableFuture<Optional<Row>> first = ask("Weather/oslo");
        answer("{\"temp\":1}");
        long expiresAt =
                first.get(30, TimeUnit.SECONDS).orElseThrow().attributes().expiresAt();
        assertThat(expiresAt - System.currentTimeMillis())
                .isBetween(1L, Duration.ofHours(1).toMillis());
        assertThat(fetches).isEmpty();

        ahead.set(Duration.ofHours(2).toMillis());
        assertThat(door.text("Weather/oslo")).contains("\"temp\":1");
        answer("{\"temp\":2}");
        await("{\"id\":\"oslo\",\"temp\":2}");
    }

    @Test
    void what_is_fetched_is_seen_as_roles_allow() throws Exception {
        door.close();
        door = new TestDoor(directory, TestDoor.settings(new Ahead(), Limits.DEFAULT), new Discreet(false));
        door.deploy(WEATHER);
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        Context guest = door.guest();
        CompletableFuture<Optional<Row>> first =
                door.engine.get(guest, Path.of("Weather/oslo")).toCompletableFuture();
        answer("{\"temp\":1,\"secret\":true}");
        assertThat(first.get(30, TimeUnit.SECONDS)).isEmpty();
        assertThat(door.text("Weather/oslo")).contains("secret");
        assertThat(door.engine
                        .get(guest, Path.of("Weather/oslo"))
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS))
                .isEmpty();
        assertThat(fetches).isEmpty();
    }

    @Test
    void other_tables_are_not_fetched() {
        door.engine.addSource(new Station(Duration.ofMinutes(5)));
        assertThat(door.get("elsewhere/oslo")).isEmpty();
        assertThat(fetches).isEmpty();
    }
}
