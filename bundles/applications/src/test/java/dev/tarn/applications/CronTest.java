// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Every;
import dev.tarn.api.application.Logic;
import dev.tarn.api.application.Transaction;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When what runs by itself is due. */
class CronTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "* * * * *         | 2026-03-01T10:15:30 | 2026-03-01T10:16",
                "* * * * *         | 2026-03-01T10:15:00 | 2026-03-01T10:16",
                "*/15 * * * *      | 2026-03-01T10:15:30 | 2026-03-01T10:30",
                "5/20 * * * *      | 2026-03-01T10:26:00 | 2026-03-01T10:45",
                "0 3 * * *         | 2026-03-01T10:15:30 | 2026-03-02T03:00",
                "0 3 * * *         | 2026-03-01T02:59:59 | 2026-03-01T03:00",
                "30 8 1 * *        | 2026-03-01T10:15:30 | 2026-04-01T08:30",
                "0 0 1 1 *         | 2026-03-01T10:15:30 | 2027-01-01T00:00",
                "0 12 * * 1-5      | 2026-03-06T12:00:00 | 2026-03-09T12:00",
                "0 12 * * 0        | 2026-03-06T12:00:00 | 2026-03-08T12:00",
                "0 12 * * 7        | 2026-03-06T12:00:00 | 2026-03-08T12:00",
                "0 12 15 * 1       | 2026-03-10T13:00:00 | 2026-03-15T12:00",
                "0 12 15 * 1       | 2026-03-15T13:00:00 | 2026-03-16T12:00",
                "0 0 29 2 *        | 2026-03-01T10:15:30 | 2028-02-29T00:00",
                "0,30 9-10 * 3,4 * | 2026-03-31T10:30:00 | 2026-04-01T09:00",
                // The clock goes forward from 2 to 3: there is no half past two on that day.
                "30 2 * * *        | 2026-03-28T03:00:00 | 2026-03-30T02:30",
                "0 4 * * *         | 2026-03-28T05:00:00 | 2026-03-29T04:00",
                // It goes back from 3 to 2: the first of both counts.
                "30 2 * * *        | 2026-10-24T03:00:00 | 2026-10-25T02:30",
            })
    void it_is_due_next(String cron, String from, String due) {
        ZonedDateTime moment = LocalDateTime.parse(from).atZone(BERLIN);
        ZonedDateTime next = LocalDateTime.parse(due).atZone(BERLIN);
        assertThat(moment.plus(Cron.of(cron).after(moment))).isEqualTo(next);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "* * * *",
                "* * * * * *",
                "60 * * * *",
                "* 24 * * *",
                "* * 0 * *",
                "* * * 13 *",
                "* * * * 8",
                "a * * * *",
                "*/0 * * * *",
                "5-1 * * * *",
                "0 0 30 2 *",
            })
    void what_is_no_cron_or_never_due_is_refused(String cron) {
        assertThatThrownBy(() -> Cron.of(cron)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Runs by itself. */
    static final class Nightly implements Logic {
        private final CountDownLatch runs = new CountDownLatch(3);
        private final Body body;

        Nightly(Body body) {
            this.body = body;
        }

        @Every(cron = "* * * * *")
        void run(Transaction transaction) {
            transaction.publish(dev.tarn.api.data.Path.of("ran"), body, Attributes.NONE);
            runs.countDown();
        }

        @Override
        public Set<Action> actions() {
            return Set.of();
        }

        @Override
        public Answer answer(Call call) {
            return Answer.PLAIN;
        }
    }

    @Test
    void a_method_with_a_cron_runs_each_time_it_is_due(@TempDir Path directory) throws Exception {
        try (Node node = Node.in(directory).start()) {
            // It is always a moment before a full minute.
            ZonedDateTime almost = ZonedDateTime.of(2026, 3, 1, 10, 15, 59, 990_000_000, BERLIN);
            Timetable timetable = new Timetable("test", node.services().transactions(), () -> almost);
            Nightly nightly = new Nightly(node.json("{}"));
            timetable.add(nightly, (method, wrong) -> {
                throw new AssertionError(wrong);
            });
            timetable.start();
            assertThat(nightly.runs.await(60, TimeUnit.SECONDS)).isTrue();
            timetable.stop();
        }
    }
}
