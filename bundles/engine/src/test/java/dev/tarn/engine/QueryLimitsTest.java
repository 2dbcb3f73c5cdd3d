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
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Terms;
import dev.tarn.engine.query.Limits;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a query may take, who may ask, and what of the work is not done. */
class QueryLimitsTest {

    private static final Table TABLE = new Table(
            Table.DATA,
            "T",
            "T",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.LONG),
                    Attribute.of("a", Attribute.Type.INT).withIndex(),
                    Attribute.of("b", Attribute.Type.STRING)),
            Table.Rules.DECLARED);

    private static final int ROWS = 3_000;

    @TempDir
    private java.nio.file.Path directory;

    private TestDoor door;

    @BeforeEach
    void open() {
        Limits tiny = new Limits(2_000, Duration.ofSeconds(60), 100_000, 150_000);
        Settings settings = TestDoor.settings(Clock.systemUTC(), tiny);
        door = new TestDoor(directory, settings, (who, verb, table, path) -> who.administrator());
        door.deploy(TABLE);
        for (long from = 0; from < ROWS; from += 1_000) {
            List<Body> bodies = new ArrayList<>();
            for (long i = from; i < from + 1_000; i++) {
                bodies.add(door.bodies.of(Map.of("id", i, "a", i % 100, "b", "text " + i)));
            }
            TestDoor.done(door.engine.putAll(door.context, "T", bodies, Terms.NONE));
        }
    }

    @AfterEach
    void close() {
        door.close();
    }

    private Found search(String query) {
        return TestDoor.done(door.engine.search(door.context, new Search("T", "", query, false)));
    }

    /** Takes rows up to a number, then nothing more. */
    private static final class Taker implements Flow.Subscriber<Row> {
        private final CompletableFuture<Integer> done = new CompletableFuture<>();
        private final CountDownLatch first = new CountDownLatch(1);
        private final long wanted;
        private Flow.Subscription subscription;
        private int rows;

        Taker(long wanted) {
            this.wanted = wanted;
        }

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            begun.request(wanted);
        }

        @Override
        public void onNext(Row row) {
            rows++;
            first.countDown();
        }

        @Override
        public void onError(Throwable failure) {
            done.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            done.complete(rows);
        }
    }

    private int count(String query) {
        Taker taker = new Taker(Long.MAX_VALUE);
        search(query).rows().subscribe(taker);
        return TestDoor.done(taker.done);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
                    b=none                        ~ looked at 2000 rows that are no answer
                    b=none&sort(b)                ~ looked at 2000 rows that are no answer
                    limit(2500,2600)              ~ looked at 2000 rows that are no answer
                    aggregate(count())            ~ looked at 2000 rows that are no answer
                    id=lt=1500&sort(b)            ~ would hold more than 100000 bytes of rows to sort or gather them
                    id=lt=1500&aggregate(count())&group(b) ~ would hold more than 100000 bytes
                    """)
    void a_runaway_is_ended_with_the_reason(String query, String reason) {
        assertThatThrownBy(() -> count(query))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.MALFORMED))
                .hasMessageContaining(reason)
                .hasMessageContaining("add an index");
        // What it held is free again.
        assertThat(count("id=lt=100&sort(b)")).isEqualTo(100);
    }

    @Test
    void what_is_returned_does_not_count_and_an_index_keeps_within_the_limits() {
        assertThat(count("")).isEqualTo(ROWS);
        assertThat(count("a=5")).isEqualTo(30);
        assertThat(count("a=gt=97&sort(b)&limit(10)")).isEqualTo(10);
        assertThat(count("id=lt=2000&sort(b)&limit(10)")).isEqualTo(10);
    }

    @Test
    void queries_that_sort_share_one_reserve_which_a_canceled_one_gives_back() throws Exception {
        Taker one = new Taker(1);
        search("id=lt=350&sort(b)").rows().subscribe(one);
        assertThat(one.first.await(60, TimeUnit.SECONDS)).isTrue();
        Taker other = new Taker(1);
        search("id=lt=350&sort(b)").rows().subscribe(other);
        assertThatThrownBy(() -> TestDoor.done(other.done))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.BUSY));
        one.subscription.cancel();
        long deadline = System.nanoTime() + 60_000_000_000L;
        int rows = 0;
        while (rows == 0 && System.nanoTime() < deadline) {
            try {
                rows = count("id=lt=350&sort(b)");
            } catch (Failure busy) {
                Thread.onSpinWait();
            }
        }
        assertThat(rows).isEqualTo(350);
        assertThat(one.done).isNotDone();
    }

    @Test
    void nobody_finds_or_removes_what_he_may_not_see() {
        assertThatThrownBy(() -> TestDoor.done(door.engine.search(door.guest(), new Search("T", "", "a=1", false))))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.FORBIDDEN));
        assertThatThrownBy(() -> TestDoor.done(door.engine.deleteAll(door.guest(), new Search("T", "", "a=1", false))))
                .isInstanceOf(Failure.class);
        assertThat(count("a=1")).isEqualTo(30);
        assertThat(TestDoor.done(door.engine.deleteAll(door.context, new Search("T", "", "a=1", false))))
                .isEqualTo(30);
        assertThat(count("a=1")).isZero();
    }

    @Test
    void a_row_that_is_found_is_the_one_a_get_returns_and_topics_are_found_by_what_they_hold() {
        door.engine.undeploy("test");
        door.put("lab/1", "{\"temp\":20}");
        TestDoor.done(door.engine.put(
                door.context,
                Path.of("lab/2"),
                door.bodies.opaque(
                        "application/json", "{\"temp\":30}".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                Terms.NONE));
        door.put("lab/3", "\0binary");
        Taker taker = new Taker(Long.MAX_VALUE);
        TestDoor.done(door.engine.search(door.context, new Search("lab", "", "temp=gt=25", false)))
                .rows()
                .subscribe(taker);
        assertThat((int) TestDoor.done(taker.done)).isEqualTo(1);
    }
}
