// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.StoreStatistics;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XodusStatisticsTest {

    private static final long NOW = 1_800_000_000_000L;

    @TempDir
    java.nio.file.Path directory;

    private XodusStore store;
    private StoreStatistics statistics;

    @BeforeEach
    void open() {
        store = Stores.open(directory, Map.of("batchWrites", 100), () -> Instant.ofEpochMilli(NOW));
        statistics = new XodusStatistics(store);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void rows_and_the_log_are_counted() {
        assertThat(statistics.log()).isEqualTo(new StoreStatistics.Span(1, 0, 0, 0));
        Stores.commit(store, Stores.put(Stores.SENSORS, "Sensors/1", "{'id':'1'}"), Stores.put("a", (byte) 1));
        Stores.commit(store, Stores.put("b", (byte) 2));
        assertThat(statistics.rows())
                .containsEntry("data.Sensors", 1L)
                .containsEntry("data.topics", 2L)
                .containsEntry("data.Counters", 0L);
        StoreStatistics.Span log = statistics.log();
        assertThat(log.oldest()).isEqualTo(1);
        assertThat(log.latest()).isEqualTo(3);
        assertThat(log.oldestTimestamp()).isEqualTo(NOW);
        assertThat(log.bytes()).isPositive();
    }

    @Test
    void batches_and_syncs_are_spread_over_their_bounds() {
        for (int i = 0; i < 5; i++) {
            Stores.commit(store, Stores.put("a", (byte) i));
        }
        // A batch is counted a moment after its writers have their answers.
        Eventually.holds(() -> statistics.writing().commit().count() == 5
                && statistics.writing().batch().count() == 5
                && statistics.writing().sync().count() >= 5);
        StoreStatistics.Writing writing = statistics.writing();
        assertThat(writing.queued()).isZero();
        assertThat(writing.queueLimit()).isEqualTo(16_384);
        assertThat(writing.queuedBytes()).isZero();
        assertThat(writing.batch().bounds()).startsWith(1L, 2L, 4L).endsWith(64L, 100L);
        assertThat(writing.batch().count()).isEqualTo(5);
        assertThat(writing.batch().total()).isEqualTo(5);
        assertThat(writing.batch().within()).containsOnly(5L);
        assertThat(writing.commit().count()).isEqualTo(5);
        assertThat(writing.sync().count()).isGreaterThanOrEqualTo(5);
        assertThat(writing.sync().most())
                .isPositive()
                .isLessThanOrEqualTo(writing.sync().total());
    }

    @Test
    void what_is_above_the_bounds_is_in_the_count_alone() {
        Tally tally = Tally.ofCounts(4);
        List.of(1L, 2L, 3L, 4L, 5L).forEach(tally::add);
        assertThat(tally.spread())
                .isEqualTo(new StoreStatistics.Spread(5, 15, 5, List.of(1L, 2L, 4L), List.of(1L, 2L, 4L)));
    }

    @Test
    void durations_have_bounds_from_50_microseconds_to_10_seconds() {
        assertThat(Tally.ofDurations().spread().bounds())
                .startsWith(50_000L, 100_000L, 200_000L, 500_000L)
                .endsWith(5_000_000_000L, 10_000_000_000L)
                .isSorted();
    }

    @Test
    void open_snapshots_are_seen_until_they_are_closed() {
        assertThat(statistics.reading().snapshots()).isZero();
        try (Snapshot snapshot = store.snapshot()) {
            assertThat(snapshot.sequence()).isZero();
            assertThat(statistics.reading().snapshots()).isEqualTo(1);
            Eventually.holds(() -> statistics.reading().oldestMillis() > 0);
        }
        assertThat(statistics.reading().snapshots()).isZero();
        assertThat(statistics.reading().oldestMillis()).isZero();
    }

    @Test
    void files_and_their_use_are_told() {
        Draft[] drafts = new Draft[50];
        for (int i = 0; i < drafts.length; i++) {
            drafts[i] = Stores.put("t/" + i, new byte[100_000]);
        }
        Stores.commit(store, drafts);
        StoreStatistics.Space space = statistics.space();
        assertThat(space.bytes()).isGreaterThan(5_000_000);
        assertThat(space.files()).isGreaterThan(1);
        assertThat(space.utilisation()).isBetween(0.0, 1.0);
        assertThat(space.usable()).isPositive();
        assertThat(statistics.reading().pageHits()).isBetween(0.0, 1.0);
    }

    @Test
    void a_store_that_is_fenced_says_why() {
        assertThat(statistics.fenced()).isEmpty();
        store.core().fence().close("the disk did not take what was written", new java.io.IOException("EIO"));
        assertThat(statistics.fenced().orElseThrow().reason()).contains("EIO");
    }

    @Test
    void a_closed_store_counts_no_more() {
        store.close();
        assertThatThrownBy(statistics::rows)
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.UNAVAILABLE));
    }
}
