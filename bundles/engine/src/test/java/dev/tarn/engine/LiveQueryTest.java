// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Crossing;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries that stay: what a subscriber is told of rows that match, begin to match and cease to. */
class LiveQueryTest {
    private static final Table TABLE = new Table(
            Table.DATA,
            "T",
            "T",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.LONG),
                    Attribute.of("n", Attribute.Type.INT).withIndex()),
            Table.Rules.DECLARED);
    private static final Table OTHER =
            new Table("more", "U", "U", List.of(Attribute.primaryKey("id", Attribute.Type.LONG)), Table.Rules.DECLARED);
    private static final Interest HIGH = Interest.ALL.querying("n=gt=10");

    @TempDir
    private java.nio.file.Path directory;

    private TestDoor door;
    private TestLoop loop;

    @BeforeEach
    void open() {
        // A small mailbox, so that the log is read as well.
        Settings settings = TestDoor.settings(new Settings.MailboxBounds(50, 1 << 20, 1_000), TestDoor.LOOPS);
        door = new TestDoor(directory, settings, (who, verb, table, path) -> true);
        door.deploy(TABLE, OTHER);
        loop = new TestLoop();
    }

    @AfterEach
    void close() {
        door.close();
        loop.close();
    }

    private static String said(Delivery delivery) {
        Body body = delivery.change().body();
        String what = delivery.crossing() == Crossing.NONE
                ? delivery.current() ? "row" : delivery.change().kind().toString()
                : delivery.crossing().toString();
        return what + " " + delivery.change().path() + (body == null ? "" : " " + TestDoor.text(body));
    }

    private static List<String> said(TestSubscriber subscriber, int count) {
        subscriber.await(() -> subscriber.deliveries().size() >= count, count + " deliveries");
        return subscriber.deliveries().stream().map(LiveQueryTest::said).toList();
    }

    @Test
    void rows_that_begin_and_cease_to_match_are_told_as_such() {
        door.put("T/1", "{\"n\":5}");
        door.put("T/2", "{\"n\":20}");
        TestSubscriber subscriber = new TestSubscriber(door, loop).open();
        subscriber.subscribe("T/#", Start.CURRENT, HIGH);
        subscriber.awaitEvent("current T/#");

        door.put("T/1", "{\"n\":6}");
        door.put("T/1", "{\"n\":11}");
        door.patch("T/1", "{\"n\":12}");
        door.patch("T/1", "{\"n\":3}");
        door.delete("T/1");
        door.put("T/3", "{\"n\":1}");
        door.put("T/4", "{\"n\":30}");
        door.publish("T/4", "{\"n\":2}", 1);
        door.publish("T/4", "{\"n\":50}", 1);
        door.delete("T/2");

        assertThat(said(subscriber, 7))
                .containsExactly(
                        "row T/2 {\"id\":2,\"n\":20}",
                        "ENTER T/1 {\"id\":1,\"n\":11}",
                        "PATCH T/1 {\"id\":1,\"n\":12}",
                        "LEAVE T/1 {\"id\":1,\"n\":3}",
                        "ENTER T/4 {\"id\":4,\"n\":30}",
                        "MESSAGE T/4 {\"n\":50}",
                        "DELETE T/2");
    }

    @Test
    void what_was_selected_is_what_comes() {
        TestSubscriber subscriber = new TestSubscriber(door, loop).open();
        subscriber.subscribe("T/#", Start.CURRENT, Interest.ALL.querying("n=gt=10&select(n,)"));
        door.put("T/1", "{\"n\":11,\"x\":1}");

        assertThat(said(subscriber, 1).get(0)).isIn("ENTER T/1 {\"n\":11}", "row T/1 {\"n\":11}");
    }

    @Test
    void after_a_resume_the_first_change_of_a_row_says_whether_it_is_in_or_out() {
        door.put("T/1", "{\"n\":20}");
        long seen = door.put("T/2", "{\"n\":5}").sequence();
        door.put("T/1", "{\"n\":1}");
        door.put("T/2", "{\"n\":20}");
        door.put("T/3", "{\"n\":1}");
        TestSubscriber subscriber = new TestSubscriber(door, loop).open();
        subscriber.subscribe("T/#", Start.after(seen), HIGH);
        assertThat(said(subscriber, 2))
                .containsExactly("LEAVE T/1 {\"id\":1,\"n\":1}", "ENTER T/2 {\"id\":2,\"n\":20}");
        door.put("T/1", "{\"n\":2}");
        door.put("T/2", "{\"n\":21}");

        assertThat(said(subscriber, 3).get(2)).isEqualTo("PUT T/2 {\"id\":2,\"n\":21}");
    }

    @Test
    void each_query_of_a_subscriber_is_told_apart_within_the_credit() {
        TestSubscriber subscriber = new TestSubscriber(door, loop);
        Subscription all = subscriber.subscribe("T/#", Start.LIVE);
        Subscription high = subscriber.subscribe("T/#", Start.LIVE, HIGH);
        Subscription low = subscriber.subscribe("T/#", Start.LIVE, Interest.ALL.querying("n=lt=10"));
        door.put("T/1", "{\"n\":20}");
        door.put("T/1", "{\"n\":1}");

        subscriber.request(1);
        subscriber.await(() -> subscriber.deliveries().size() >= 1, "one delivery");
        loop.run(() -> {});
        assertThat(subscriber.deliveries()).hasSize(1);
        subscriber.open();
        subscriber.await(() -> subscriber.deliveries().size() >= 5, "five deliveries");
        assertThat(subscriber.deliveries())
                .extracting(each -> each.matched().get(0), Delivery::crossing)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple(all, Crossing.NONE),
                        org.assertj.core.groups.Tuple.tuple(high, Crossing.ENTER),
                        org.assertj.core.groups.Tuple.tuple(all, Crossing.NONE),
                        org.assertj.core.groups.Tuple.tuple(high, Crossing.LEAVE),
                        org.assertj.core.groups.Tuple.tuple(low, Crossing.ENTER));
    }

    @Test
    void a_whole_database_can_be_watched() {
        TestSubscriber subscriber = new TestSubscriber(door, loop).open();
        subscriber.subscribe("#", Start.LIVE, Interest.ALL.within("more"));
        door.put("T/1", "{\"n\":20}");
        door.put("else/where", "x");
        door.put("U/1", "{}");

        assertThat(said(subscriber, 1)).containsExactly("PUT U/1 {\"id\":1}");
        assertThatThrownBy(() -> subscriber.subscribe("#", Start.LIVE, Interest.ALL.within("none")))
                .hasMessageContaining("there is no database \"none\"");
    }

    @Test
    void what_cannot_be_watched_is_refused() {
        TestSubscriber subscriber = new TestSubscriber(door, loop).open();
        for (Map.Entry<String, String> each : Map.of(
                        "n=gt=x", "at 5 in the query: expected a number",
                        "sort(n)", "a live query takes conditions and select",
                        "limit(3)", "a live query takes conditions and select",
                        "aggregate(count())", "a live query takes conditions and select")
                .entrySet()) {
            assertThatThrownBy(() -> subscriber.subscribe("T/#", Start.LIVE, Interest.ALL.querying(each.getKey())))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining(each.getValue());
        }
        assertThatThrownBy(() -> subscriber.subscribe("#", Start.LIVE, HIGH)).hasMessageContaining("about one table");
        door.put("T/1", "{\"n\":20}");
        loop.run(() -> {});
        assertThat(subscriber.deliveries()).isEmpty();
    }

    /** What a client makes of its deliveries: the rows that it believes to match. */
    private static final class Client {
        private final Map<String, String> rows = new TreeMap<>();
        private long resume;
        private int taken;
        private boolean strict = true;

        synchronized void take(Delivery delivery) {
            String path = delivery.change().path().text();
            Body body = delivery.change().body();
            taken++;
            resume = Math.max(resume, delivery.resume());
            if (delivery.crossing() == Crossing.ENTER && strict) {
                assertThat(rows).doesNotContainKey(path);
            } else if (delivery.crossing() == Crossing.LEAVE && strict) {
                assertThat(rows).containsKey(path);
            } else if (delivery.change().kind() == Kind.DELETE && strict) {
                assertThat(rows).containsKey(path);
            }
            if (delivery.crossing() == Crossing.LEAVE || body == null) {
                rows.remove(path);
            } else {
                rows.put(path, TestDoor.text(body));
            }
        }

        synchronized Map<String, String> rows() {
            return new TreeMap<>(rows);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void a_client_always_ends_with_the_rows_that_match(long seed) {
        Random random = new Random(seed);
        Map<String, String> matching = new TreeMap<>();
        for (int i = 0; i < 80; i++) {
            write(random, matching);
        }
        Client client = new Client();
        TestSubscriber subscriber = follow(client, Start.CURRENT);
        for (int round = 0; round < 14; round++) {
            for (int i = random.nextInt(40); i > 0; i--) {
                write(random, matching);
            }
            if (random.nextInt(3) == 0) {
                subscriber.request(random.nextInt(40));
            }
            if (random.nextInt(4) == 0) {
                subscriber.request(1_000_000);
                awaitSame(subscriber, client::rows, matching);
                // Everything has come, so the client may go and come back where it was.
                if (client.resume > 0) {
                    subscriber.close();
                    for (int i = random.nextInt(20); i > 0; i--) {
                        write(random, matching);
                    }
                    client.strict = false;
                    subscriber = follow(client, Start.after(client.resume));
                }
            }
        }
        subscriber.request(1_000_000);
        awaitSame(subscriber, client::rows, matching);
        assertThat(client.taken).isPositive();
    }

    private TestSubscriber follow(Client client, Start start) {
        TestSubscriber subscriber = new TestSubscriber(door, loop);
        subscriber.also(client::take);
        subscriber.subscribe("T/#", start, HIGH);
        return subscriber;
    }

    private static void awaitSame(
            TestSubscriber subscriber, Supplier<Map<String, String>> rows, Map<String, String> expected) {
        subscriber.await(() -> rows.get().equals(expected) || subscriber.end() != null, "the rows that match");
        assertThat(subscriber.end()).isNull();
        assertThat(rows.get()).isEqualTo(expected);
    }

    private void write(Random random, Map<String, String> matching) {
        String path = "T/" + (1 + random.nextInt(40));
        int n = random.nextInt(20);
        if (random.nextInt(6) == 0) {
            door.delete(path);
            matching.remove(path);
            return;
        }
        TestDoor.done(door.engine.putAll(
                door.context,
                "T",
                new ArrayList<>(List.of(door.json("{\"id\":" + path.substring(2) + ",\"n\":" + n + "}"))),
                Terms.NONE));
        if (n > 10) {
            matching.put(path, "{\"id\":" + path.substring(2) + ",\"n\":" + n + "}");
        } else {
            matching.remove(path);
        }
    }
}
