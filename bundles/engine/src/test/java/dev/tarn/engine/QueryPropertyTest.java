// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Terms;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random schemas, rows and queries: what the engine answers, whatever it plans, is what looking at all rows in memory
 * gives. {@code -Dtarn.query.seeds=… -Dtarn.query.queries=…} for more.
 */
class QueryPropertyTest {

    private static final int QUERIES = Integer.getInteger("tarn.query.queries", 250);

    /** More rows than are read under one snapshot; looking at all of them takes its time, so fewer queries are asked. */
    private static final int LARGE = 1_500;

    @TempDir
    private java.nio.file.Path directory;

    static LongStream seeds() {
        return LongStream.rangeClosed(1, Integer.getInteger("tarn.query.seeds", 16));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void every_answer_is_that_of_a_naive_evaluation(long seed) {
        Random random = new Random(seed);
        RandomQueries queries = new RandomQueries(random);
        Table table = queries.table();
        try (TestDoor door = new TestDoor(directory)) {
            door.deploy(table);
            int count = seed % 4 == 0 ? LARGE : random.nextInt(300);
            for (int from = 0; from < count; from += 500) {
                List<dev.tarn.api.data.Body> bodies = new ArrayList<>();
                for (int i = from; i < Math.min(count, from + 500); i++) {
                    bodies.add(door.bodies.of(queries.row(i)));
                }
                TestDoor.done(door.engine.putAll(door.context, "T", bodies, Terms.NONE));
            }
            List<Row> all = read(door, "", random).rows();
            assertThat(all).hasSize(count);
            for (int i = 0; i < (count == LARGE ? QUERIES / 5 : QUERIES); i++) {
                RandomQueries.Asked asked = queries.query();
                assertRows(door, asked, all, random);
                if (i % 5 == 0) {
                    assertPages(door, asked, all, random);
                }
                if (i % 5 == 1) {
                    assertCount(door, asked, all);
                }
            }
        }
    }

    private static void assertRows(TestDoor door, RandomQueries.Asked asked, List<Row> all, Random random) {
        List<Row> expected = asked.of(all);
        List<Row> got = read(door, asked.text(), random).rows();
        if (asked.ordered()) {
            assertThat(ids(got)).as(asked.text()).isEqualTo(ids(expected));
        } else {
            assertThat(ids(got)).as(asked.text()).containsExactlyInAnyOrderElementsOf(ids(expected));
        }
    }

    /** Pages by cursor, one after the other, have every row once and in order. */
    private static void assertPages(TestDoor door, RandomQueries.Asked asked, List<Row> all, Random random) {
        RandomQueries.Asked whole = asked.withoutLimit(true);
        List<String> expected = ids(whole.of(all));
        List<String> got = new ArrayList<>();
        int size = 1 + random.nextInt(40);
        String rest = (whole.text().isEmpty() ? "" : whole.text() + "&") + "limit(" + size + ")";
        String text = rest;
        while (!text.isEmpty() && got.size() <= expected.size()) {
            Read page = read(door, text, random);
            got.addAll(ids(page.rows()));
            text = page.found()
                    .next()
                    .map(cursor -> rest + "&after(" + cursor + ")")
                    .orElse("");
        }
        assertThat(got).as("pages of %d of %s", size, whole.text()).isEqualTo(expected);
    }

    private static void assertCount(TestDoor door, RandomQueries.Asked asked, List<Row> all) {
        RandomQueries.Asked whole = asked.withoutLimit(false);
        int expected = whole.of(all).size();
        Found found = TestDoor.done(door.engine.search(door.context, new Search("T", "", asked.text(), true)));
        assertThat(found.total()).as(asked.text()).hasValue(expected);
        String conditions = asked.conditions();
        List<Row> counted = read(
                        door,
                        (conditions.isEmpty() ? "" : conditions + "&") + "aggregate(count(),min($id),max($id))",
                        new Random(1))
                .rows();
        assertThat(counted).hasSize(1);
        assertThat(((Map<?, ?>) counted.get(0).body().value()).get("count()"))
                .as(conditions)
                .isEqualTo((long) expected);
    }

    private static List<String> ids(List<Row> rows) {
        return rows.stream().map(row -> String.valueOf(row.path().rest())).toList();
    }

    private record Read(Found found, List<Row> rows) {}

    /** Reads all rows, a few at a time, so that the query goes on under many snapshots. */
    private static Read read(TestDoor door, String text, Random random) {
        Found found = TestDoor.done(door.engine.search(door.context, new Search("T", "", text, false)));
        int step = 1 + random.nextInt(200);
        CompletableFuture<List<Row>> all = new CompletableFuture<>();
        found.rows().subscribe(new Flow.Subscriber<>() {
            private final List<Row> rows = new ArrayList<>();
            private Flow.Subscription subscription;

            @Override
            public void onSubscribe(Flow.Subscription begun) {
                subscription = begun;
                begun.request(step);
            }

            @Override
            public void onNext(Row row) {
                rows.add(row);
                if (rows.size() % step == 0) {
                    subscription.request(step);
                }
            }

            @Override
            public void onError(Throwable failure) {
                all.completeExceptionally(new AssertionError(text, failure));
            }

            @Override
            public void onComplete() {
                all.complete(rows);
            }
        });
        return new Read(found, TestDoor.done(all));
    }

    /** By UTF-8, as the store orders text. */
    static final Comparator<String> TEXTS = (a, b) ->
            java.util.Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    /** Whether the type can be an attribute of a random table. */
    static final List<Attribute.Type> TYPES = List.of(
            Attribute.Type.STRING,
            Attribute.Type.INT,
            Attribute.Type.LONG,
            Attribute.Type.FLOAT,
            Attribute.Type.BOOLEAN,
            Attribute.Type.DATE,
            Attribute.Type.ANY);
}
