// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.EventReader.Event;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers that lose their connection again and again while rows are written. */
class ResumeTest {
    private static final int WRITES = 2_000;
    private static final int ROWS = 200;
    private static final int IN_FLIGHT = 64;

    @TempDir
    Path directory;

    private Node node;
    private final ConcurrentSkipListSet<Long> sequences = new ConcurrentSkipListSet<>();
    private final AtomicBoolean stopped = new AtomicBoolean();

    @BeforeEach
    void start() {
        node = House.start(directory);
    }

    @AfterEach
    void close() {
        stopped.set(true);
        node.close();
    }

    /** Writes rows whose numbers grow, a window at a time. */
    private CompletableFuture<Void> write() {
        return CompletableFuture.runAsync(() -> {
            Semaphore window = new Semaphore(IN_FLIGHT);
            Random random = new Random(3);
            for (int i = 1; i <= WRITES && !stopped.get(); i++) {
                window.acquireUninterruptibly();
                node.services()
                        .resources()
                        .put(
                                node.context(),
                                dev.tarn.api.data.Path.of("Sensors/" + random.nextInt(ROWS)),
                                node.json("{\"temp\":" + i + "}"),
                                dev.tarn.api.resource.Terms.NONE)
                        .whenComplete((commit, failure) -> {
                            if (commit != null) {
                                sequences.add(commit.sequence());
                            }
                            window.release();
                        });
            }
            window.acquireUninterruptibly(IN_FLIGHT);
        });
    }

    @Test
    void every_change_comes_once_and_in_order() throws Exception {
        long start = node.put("Sensors/0", "{\"temp\":0}").sequence();
        CompletableFuture<Void> writing = write();
        Random random = new Random(5);
        List<Long> came = new ArrayList<>();
        String last = Long.toString(start);
        int connections = 0;
        while (!writing.isDone() || came.size() < sequences.size()) {
            connections++;
            try (EventReader events = new EventReader(node.http("/Sensors/"), "Last-Event-ID", last)) {
                for (int left = random.nextInt(150); left >= 0; left--) {
                    Event event = events.poll(Duration.ofMillis(500));
                    if (event == null) {
                        break;
                    }
                    last = event.id();
                    came.add(Long.parseLong(last));
                }
            }
        }
        writing.join();
        assertThat(came).isEqualTo(new ArrayList<>(sequences));
        assertThat(connections).isGreaterThan(5);
    }

    @Test
    void a_reader_that_starts_with_the_current_rows_has_every_row_in_the_end_and_none_goes_back() throws Exception {
        CompletableFuture<Void> writing = write();
        Random random = new Random(11);
        Map<Object, Double> rows = new HashMap<>();
        String last = null;
        boolean done = false;
        while (!done) {
            String[] header = last == null ? new String[0] : new String[] {"Last-Event-ID", last};
            if (last == null) {
                rows.clear();
            }
            done = writing.isDone();
            try (EventReader events = new EventReader(node.http("/Sensors/"), header)) {
                int left = done ? Integer.MAX_VALUE : random.nextInt(200);
                Event event = events.poll(Duration.ofSeconds(1));
                for (; event != null && left >= 0; left--) {
                    apply(rows, event);
                    last = event.id() == null ? last : event.id();
                    event = events.poll(Duration.ofMillis(500));
                }
                if (event == null && events.lastEventId() != null) {
                    last = events.lastEventId();
                }
            }
        }
        writing.join();
        assertThat(rows).hasSizeLessThanOrEqualTo(ROWS);
        for (Map.Entry<Object, Double> row : rows.entrySet()) {
            assertThat(node.text("Sensors/" + row.getKey()))
                    .isEqualTo("{\"id\":\"" + row.getKey() + "\",\"temp\":"
                            + row.getValue().longValue() + "}");
        }
        assertThat(rows).hasSizeGreaterThan(ROWS / 2);
    }

    private void apply(Map<Object, Double> rows, Event event) {
        Map<?, ?> object = (Map<?, ?>) node.value(event.data());
        double temp = ((Number) ((Map<?, ?>) object.get("value")).get("temp")).doubleValue();
        Double before = rows.put(object.get("id"), temp);
        assertThat(before == null || before < temp)
                .as("row %s was %s and is %s", object.get("id"), before, temp)
                .isTrue();
    }
}
