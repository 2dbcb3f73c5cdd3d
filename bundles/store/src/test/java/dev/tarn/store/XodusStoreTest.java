// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static dev.tarn.store.Stores.COUNTERS;
import static dev.tarn.store.Stores.SENSORS;
import static dev.tarn.store.Stores.SESSIONS;
import static dev.tarn.store.Stores.TOPICS;
import static dev.tarn.store.Stores.await;
import static dev.tarn.store.Stores.commit;
import static dev.tarn.store.Stores.ids;
import static dev.tarn.store.Stores.index;
import static dev.tarn.store.Stores.json;
import static dev.tarn.store.Stores.put;
import static dev.tarn.store.Stores.refused;
import static dev.tarn.store.Stores.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Condition;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XodusStoreTest {

    private static final Executor HERE = Runnable::run;

    @TempDir
    java.nio.file.Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochMilli(1_800_000_000_000L));
    private XodusStore store;

    @BeforeEach
    void open() {
        store = Stores.open(directory, Map.of(), now::get);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void reopen() {
        store.close();
        open();
    }

    private Optional<Row> get(Table table, String path) {
        return await(store.get(table, Path.of(path), HERE));
    }

    @Test
    void a_row_comes_back_as_it_was_written_also_after_a_restart() {
        Commit commit = commit(store, put(SENSORS, "Sensors/101", "{'id':'101','temp':72.5,'tags':['a','b']}"));
        assertThat(commit.sequence()).isEqualTo(1);
        assertThat(json(get(SENSORS, "Sensors/101").orElseThrow().body()))
                .isEqualTo("{'id':'101','temp':72.5,'tags':['a','b']}");
        reopen();
        Row row = get(SENSORS, "Sensors/101").orElseThrow();
        assertThat(json(row.body())).isEqualTo("{'id':'101','temp':72.5,'tags':['a','b']}");
        assertThat(row.version()).isEqualTo(commit.changes().get(0).version());
        assertThat(row.attributes().timestamp()).isEqualTo(now.get().toEpochMilli());
        assertThat(store.sequence()).isEqualTo(1);
    }

    @Test
    void opaque_bytes_and_every_attribute_survive() {
        byte[] random = new byte[1_000];
        new Random(1).nextBytes(random);
        Attributes attributes = Attributes.builder()
                .qos(1)
                .contentType("image/x-odd; a=b")
                .payloadFormat(0)
                .responsePath("reply/to")
                .correlation(new byte[] {0, 1, 2})
                .properties(List.of(new Property("a", "1"), new Property("a", "2"), new Property("", "")))
                .origin("c1")
                .node("n1")
                .extension(77, new byte[] {9})
                .build();
        Body body = Stores.BODIES.opaque("image/x-odd; a=b", random);
        commit(store, Draft.put(TOPICS, Path.of("a//b/"), body, attributes, Expectation.ANYTHING));
        reopen();
        Row row = get(TOPICS, "a//b/").orElseThrow();
        assertThat(row.body().bytes()).isEqualTo(random);
        assertThat(row.body().mediaType()).isEqualTo("image/x-odd; a=b");
        assertThat(row.attributes())
                .isEqualTo(attributes.toBuilder()
                        .timestamp(now.get().toEpochMilli())
                        .build());
        try (Snapshot snapshot = store.snapshot()) {
            Change change = snapshot.log(0, 10).get(0);
            assertThat(change.body().bytes()).isEqualTo(random);
            assertThat(change.attributes()).isEqualTo(row.attributes());
            assertThat(change.table()).isEqualTo("data.topics");
            assertThat(change.path()).isEqualTo(Path.of("a//b/"));
        }
    }

    @Test
    void a_body_of_megabytes_is_stored_logged_and_replaced() {
        byte[] large = new byte[5_000_000];
        new Random(2).nextBytes(large);
        commit(store, put("big", large));
        reopen();
        assertThat(get(TOPICS, "big").orElseThrow().body().bytes()).isEqualTo(large);
        commit(store, put("big", (byte) 1), put("big", large), put("big", (byte) 2));
        assertThat(get(TOPICS, "big").orElseThrow().body().bytes()).containsExactly(2);
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(snapshot.log(0, 10)).hasSize(4);
            assertThat(snapshot.log(0, 10).get(0).body().bytes()).isEqualTo(large);
            assertThat(snapshot.log(0, 10).get(2).body().bytes()).isEqualTo(large);
        }
        assertThat(refused(store, put("big", new byte[(64 << 20) + 1]))).isEqualTo(Failure.Code.TOO_LARGE);
    }

    @Test
    void rows_are_in_the_order_of_their_ids_up_and_down_by_prefix_and_after_a_row() {
        for (String topic : List.of("b", "a/2", "a", "a/1", "a/10", "c", "/", "é", "😀", "\uFFFD")) {
            commit(store, put(topic, (byte) 1));
        }
        try (Snapshot snapshot = store.snapshot()) {
            List<String> all = List.of("/", "a", "a/1", "a/10", "a/2", "b", "c", "é", "\uFFFD", "😀");
            assertThat(ids(rows(snapshot, TOPICS, Snapshot.Range.ALL))).isEqualTo(all);
            List<String> reversed = new ArrayList<>(all);
            java.util.Collections.reverse(reversed);
            assertThat(ids(rows(snapshot, TOPICS, new Snapshot.Range("", null, true))))
                    .isEqualTo(reversed);
            assertThat(ids(rows(snapshot, TOPICS, new Snapshot.Range("a/", null, false))))
                    .containsExactly("a/1", "a/10", "a/2");
            assertThat(ids(rows(snapshot, TOPICS, new Snapshot.Range("a/", null, true))))
                    .containsExactly("a/2", "a/10", "a/1");
            assertThat(ids(rows(snapshot, TOPICS, new Snapshot.Range("a/", Path.of("a/1"), false))))
                    .containsExactly("a/10", "a/2");
            assertThat(ids(rows(snapshot, TOPICS, new Snapshot.Range("a/", Path.of("a/2"), true))))
                    .containsExactly("a/10", "a/1");
            assertThat(ids(rows(snapshot, TOPICS, new Snapshot.Range("", Path.of("a/11"), false))))
                    .startsWith("a/2");
            assertThat(ids(rows(snapshot, TOPICS, new Snapshot.Range("x", null, false))))
                    .isEmpty();
            assertThat(snapshot.count(TOPICS)).isEqualTo(10);
        }
    }

    @Test
    void numeric_ids_are_in_the_order_of_numbers() {
        for (String id : List.of("10", "9", "-1", "0", "-9223372036854775808", "9223372036854775807")) {
            commit(store, put(COUNTERS, "Counters/" + id, "{'id':" + id + "}"));
        }
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(ids(rows(snapshot, COUNTERS, Snapshot.Range.ALL)))
                    .containsExactly(
                            "Counters/-9223372036854775808",
                            "Counters/-1",
                            "Counters/0",
                            "Counters/9",
                            "Counters/10",
                            "Counters/9223372036854775807");
            assertThat(snapshot.get(COUNTERS, Path.of("Counters/009"))).isEmpty();
        }
        assertThat(refused(store, put(COUNTERS, "Counters/abc", "{}"))).isEqualTo(Failure.Code.MALFORMED);
    }

    @Test
    void an_index_finds_rows_by_value_and_follows_every_change() {
        commit(store, put(SENSORS, "Sensors/1", "{'id':'1','location':'attic','temp':10,'tags':['x','y','x']}"));
        commit(store, put(SENSORS, "Sensors/2", "{'id':'2','location':'cellar','temp':9.5}"));
        commit(store, put(SENSORS, "Sensors/3", "{'id':'3','location':'attic','temp':-3,'tags':['y']}"));
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(ids(index(snapshot, "location", "attic", "attic"))).containsExactly("Sensors/1", "Sensors/3");
            assertThat(ids(index(snapshot, "temp", null, null))).containsExactly("Sensors/3", "Sensors/2", "Sensors/1");
            assertThat(ids(index(snapshot, "temp", 9L, 9.75))).containsExactly("Sensors/2");
            assertThat(ids(index(snapshot, "tags", "y", "y"))).containsExactly("Sensors/1", "Sensors/3");
            assertThat(ids(index(snapshot, "tags", "x", null))).containsExactly("Sensors/1", "Sensors/3");
        }
        commit(store, put(SENSORS, "Sensors/1", "{'id':'1','location':'cellar','tags':['z']}"));
        commit(store, Stores.delete(SENSORS, "Sensors/3"));
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(index(snapshot, "location", "attic", "attic")).isEmpty();
            assertThat(ids(index(snapshot, "location", "cellar", "cellar"))).containsExactly("Sensors/1", "Sensors/2");
            assertThat(ids(index(snapshot, "temp", null, null))).containsExactly("Sensors/2");
            assertThat(ids(index(snapshot, "tags", null, null))).containsExactly("Sensors/1");
        }
    }

    @Test
    void an_index_that_is_declared_later_is_built_and_one_that_is_gone_is_dropped() {
        Table plain = new Table("data", "T", "T", List.of(SENSORS.attributes().get(0)), Table.Rules.DECLARED);
        store.define(plain);
        for (int i = 0; i < 12; i++) {
            commit(store, put(plain, "T/" + i, "{'id':'" + i + "','temp':" + (i % 3) + "}"));
        }
        Table indexed = new Table(
                "data",
                "T",
                "T",
                List.of(SENSORS.attributes().get(0), SENSORS.attributes().get(2)),
                Table.Rules.DECLARED);
        store.define(indexed);
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(Stores.index(snapshot, indexed, "temp", 2L, 2L)).hasSize(4);
        }
        store.define(plain);
        try (Snapshot snapshot = store.snapshot()) {
            assertThatThrownBy(() -> Stores.index(snapshot, plain, "temp", null, null))
                    .isInstanceOf(Failure.class);
        }
    }

    @Test
    void expectations_and_conditions_refuse_the_whole_write() {
        long version = commit(store, put("a", (byte) 1)).changes().get(0).version();
        Path a = Path.of("a");
        Body body = Stores.bytes((byte) 2);
        assertThat(refused(store, Draft.put(TOPICS, a, body, Attributes.NONE, Expectation.ABSENT)))
                .isEqualTo(Failure.Code.CONFLICT);
        assertThat(refused(store, Draft.put(TOPICS, a, body, Attributes.NONE, Expectation.at(Set.of(version + 1)))))
                .isEqualTo(Failure.Code.PRECONDITION);
        assertThat(refused(
                        store,
                        put("b", (byte) 1),
                        Draft.delete(TOPICS, Path.of("zz"), Attributes.NONE, Expectation.PRESENT)))
                .isEqualTo(Failure.Code.PRECONDITION);
        assertThat(get(TOPICS, "b")).isEmpty();
        Write conditioned = new Write(
                List.of(put("c", (byte) 1)), List.of(new Condition(TOPICS, a, Expectation.at(Set.of(version + 7)))));
        assertThatThrownBy(() -> await(store.commit(conditioned)))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.PRECONDITION));
        assertThat(get(TOPICS, "c")).isEmpty();
        commit(store, Draft.put(TOPICS, a, body, Attributes.NONE, Expectation.at(Set.of(version))));
        assertThat(get(TOPICS, "a").orElseThrow().body().bytes()).containsExactly(2);
        assertThat(store.sequence()).isEqualTo(2);
    }

    @Test
    void an_edit_sees_the_row_and_one_that_throws_is_refused_alone() {
        Path path = Path.of("Counters/1");
        CompletionStage<Commit> last = null;
        for (int i = 0; i < 100; i++) {
            last = store.commit(Write.of(Draft.patch(
                    COUNTERS,
                    path,
                    row -> {
                        long n =
                                row == null ? 0 : (Long) ((Map<?, ?>) row.body().value()).get("n");
                        return Stores.json("{'id':1,'n':" + (n + 1) + "}");
                    },
                    Attributes.NONE,
                    Expectation.ANYTHING)));
        }
        CompletionStage<Commit> thrown = store.commit(Write.of(Draft.patch(
                COUNTERS,
                path,
                row -> {
                    throw new IllegalStateException("a bug in an edit");
                },
                Attributes.NONE,
                Expectation.ANYTHING)));
        Commit commit = await(last);
        assertThat(commit.changes().get(0).kind()).isEqualTo(Kind.PATCH);
        assertThat(json(commit.changes().get(0).body())).isEqualTo("{'id':1,'n':100}");
        assertThat(json(get(COUNTERS, "Counters/1").orElseThrow().body())).isEqualTo("{'id':1,'n':100}");
        assertThatThrownBy(() -> await(thrown)).isInstanceOf(Failure.class);
    }

    @Test
    void later_drafts_of_a_write_see_earlier_ones() {
        commit(
                store,
                put(SENSORS, "Sensors/1", "{'id':'1','temp':1}"),
                Draft.patch(
                        SENSORS,
                        Path.of("Sensors/1"),
                        row -> Stores.json(json(row.body()).replace("1}", "2}")),
                        Attributes.NONE,
                        Expectation.PRESENT),
                Stores.delete(SENSORS, "Sensors/1"),
                Draft.put(
                        SENSORS,
                        Path.of("Sensors/1"),
                        Stores.json("{'id':'1','temp':3}"),
                        Attributes.NONE,
                        Expectation.ABSENT));
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(ids(index(snapshot, "temp", null, null))).containsExactly("Sensors/1");
            assertThat(ids(index(snapshot, "temp", 3L, 3L))).containsExactly("Sensors/1");
            assertThat(snapshot.log(0, 1)).hasSize(4);
            assertThat(snapshot.log(0, 1).get(1).previous())
                    .isEqualTo(snapshot.log(0, 1).get(0).version());
        }
    }

    @Test
    void deleting_nothing_logs_nothing() {
        Commit commit = commit(store, Stores.delete(TOPICS, "nothing"));
        assertThat(commit.changes()).isEmpty();
        assertThat(commit.sequence()).isZero();
        assertThat(store.sequence()).isZero();
    }

    @Test
    void state_is_durable_but_neither_logged_nor_told() {
        List<Commit> told = new CopyOnWriteArrayList<>();
        store.observe(told::addAll);
        Commit commit = commit(
                store,
                put(SESSIONS, "sessions/1", "{'id':'1'}"),
                Draft.message(TOPICS, Path.of("m"), Stores.bytes((byte) 5), Attributes.NONE));
        assertThat(commit.changes()).hasSize(2);
        assertThat(commit.changes().get(0).logged()).isFalse();
        assertThat(told).hasSize(1);
        assertThat(told.get(0).changes()).hasSize(1);
        assertThat(told.get(0).changes().get(0).kind()).isEqualTo(Kind.MESSAGE);
        commit(store, put(SESSIONS, "sessions/2", "{'id':'2'}"));
        assertThat(told).hasSize(1);
        reopen();
        assertThat(get(SESSIONS, "sessions/2")).isPresent();
        assertThat(get(TOPICS, "m")).isEmpty();
        assertThat(store.sequence()).isEqualTo(1);
    }

    @Test
    void rows_expire_are_absent_at_once_and_are_removed_with_a_logged_change() throws Exception {
        List<Commit> told = new CopyOnWriteArrayList<>();
        store.observe(told::addAll);
        long soon = now.get().toEpochMilli() + 1_000;
        Attributes attributes = Attributes.builder().expiresAt(soon).build();
        Path path = Path.of("e");
        commit(store, Draft.put(TOPICS, path, Stores.bytes((byte) 1), attributes, Expectation.ANYTHING));
        assertThat(get(TOPICS, "e")).isPresent();
        now.set(Instant.ofEpochMilli(soon));
        assertThat(get(TOPICS, "e")).isEmpty();
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(snapshot.get(TOPICS, path)).isEmpty();
            assertThat(rows(snapshot, TOPICS, Snapshot.Range.ALL)).isEmpty();
        }
        Eventually.holds(() -> told.size() == 2);
        assertThat(told.get(1).changes().get(0).kind()).isEqualTo(Kind.EXPIRE);
        assertThat(told.get(1).changes().get(0).path()).isEqualTo(path);
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(snapshot.count(TOPICS)).isZero();
        }
    }

    @Test
    void a_table_with_a_lifetime_gives_it_to_its_rows() {
        Table short_ = new Table(
                "data",
                "Short",
                "Short",
                List.of(),
                new Table.Rules(false, false, false, Table.Keeping.LOGGED, Duration.ZERO, Duration.ofMinutes(1), null));
        store.define(short_);
        commit(store, put(short_, "Short/1", "{'a':1}"));
        assertThat(get(short_, "Short/1").orElseThrow().attributes().expiresAt())
                .isEqualTo(now.get().toEpochMilli() + 60_000);
    }

    @Test
    void versions_grow_also_when_the_clock_is_set_back() {
        long first = commit(store, put("a", (byte) 1)).changes().get(0).version();
        now.set(now.get().minus(Duration.ofHours(1)));
        long second = commit(store, put("a", (byte) 2)).changes().get(0).version();
        assertThat(second).isGreaterThan(first);
        reopen();
        assertThat(commit(store, put(SESSIONS, "sessions/a", "{}"))
                        .changes()
                        .get(0)
                        .version())
                .isGreaterThan(second);
        reopen();
        assertThat(commit(store, put("a", (byte) 3)).changes().get(0).version()).isGreaterThan(second + 1);
    }

    @Test
    void observers_are_told_in_order_before_writers_are_answered() {
        List<Long> told = new CopyOnWriteArrayList<>();
        store.observe(commits -> commits.forEach(commit -> told.add(commit.sequence())));
        List<CompletionStage<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            long sequence = i + 1L;
            answers.add(store.commit(Write.of(put("t/" + i % 7, (byte) i))).thenApply(commit -> {
                assertThat(commit.sequence()).isEqualTo(sequence);
                assertThat(store.sequence()).isGreaterThanOrEqualTo(sequence);
                return told.indexOf(sequence);
            }));
        }
        for (CompletionStage<Integer> answer : answers) {
            assertThat(await(answer)).isNotNegative();
        }
        assertThat(told)
                .isEqualTo(IntStream.rangeClosed(1, 500).mapToObj(Long::valueOf).toList());
    }

    @Test
    void the_log_is_read_by_whole_commits_and_by_table() {
        commit(store, put("a", (byte) 1), put(SENSORS, "Sensors/1", "{'id':'1'}"), put("b", (byte) 1));
        commit(store, put(SENSORS, "Sensors/2", "{'id':'2'}"));
        commit(store, put("c", (byte) 1));
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(snapshot.sequence()).isEqualTo(5);
            assertThat(Stores.sequences(snapshot.log(0, 1))).containsExactly(1L, 2L, 3L);
            assertThat(Stores.sequences(snapshot.log(0, 4))).containsExactly(1L, 2L, 3L, 4L);
            assertThat(Stores.sequences(snapshot.log(3, 10))).containsExactly(4L, 5L);
            assertThat(Stores.sequences(snapshot.log(5, 10))).isEmpty();
            assertThat(Stores.sequences(snapshot.log(SENSORS, 0, 10))).containsExactly(2L, 4L);
            assertThat(Stores.sequences(snapshot.log(TOPICS, 0, 1))).containsExactly(1L, 3L);
            assertThat(Stores.sequences(snapshot.log(TOPICS, 3, 10))).containsExactly(5L);
        }
        assertThat(store.oldest()).isEqualTo(1);
    }

    @Test
    void a_second_store_on_the_directory_is_refused_and_the_first_goes_on() {
        assertThatThrownBy(() -> Stores.open(directory))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("in use by another store of this process");
        commit(store, put("a", (byte) 1));
        assertThat(get(TOPICS, "a")).isPresent();
    }

    @Test
    void a_closed_store_refuses_and_says_so() {
        store.close();
        assertThat(refused(store, put("a", (byte) 1))).isEqualTo(Failure.Code.UNAVAILABLE);
        assertThatThrownBy(() -> store.snapshot()).isInstanceOf(Failure.class);
    }

    @Test
    void topics_that_begin_each_other_for_thousands_of_levels_are_rows_like_others() {
        StringBuilder topic = new StringBuilder();
        List<Draft> drafts = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            topic.append('/');
            if (i % 4 == 0) {
                drafts.add(put(topic.toString(), (byte) 1));
            }
        }
        commit(store, drafts.toArray(Draft[]::new));
        commit(store, put("/".repeat(65_535), (byte) 2));
        reopen();
        assertThat(get(TOPICS, "/".repeat(65_535))).isPresent();
        assertThat(get(TOPICS, "/".repeat(4_001))).isPresent();
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(rows(snapshot, TOPICS, Snapshot.Range.ALL)).hasSize(5_001);
        }
    }
}
