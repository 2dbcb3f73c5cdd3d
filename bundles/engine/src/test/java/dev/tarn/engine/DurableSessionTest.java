// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.Start;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableSessionTest {

    @TempDir
    private java.nio.file.Path directory;

    private TestDoor door;

    @BeforeEach
    void open() {
        door = new TestDoor(directory);
    }

    @AfterEach
    void close() {
        door.close();
    }

    private DurableSession session(String name) {
        return door.engine.open(name, door.store.sequence());
    }

    private static void awaitOwed(DurableSession session, long changes) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (session.owedChanges() != changes) {
            if (System.nanoTime() > deadline) {
                assertThat(session.owedChanges()).isEqualTo(changes);
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void messages_of_quality_1_are_logged_where_a_durable_session_covers_them() {
        DurableSession session = session("s");
        assertThat(door.publish("a/b", "before", 1).sequence()).isZero();
        session.cover(Filter.of("a/#"), 1);
        assertThat(door.publish("a/b", "m", 1).sequence()).isPositive();
        assertThat(door.publish("a/b", "m", 2).sequence()).isPositive();
        assertThat(door.publish("a/b", "m", 0).sequence()).isZero();
        assertThat(door.publish("b", "m", 1).sequence()).isZero();
        session.cover(Filter.of("b"), 0);
        assertThat(door.publish("b", "m", 1).sequence()).isZero();
        awaitOwed(session, 2);
        session.uncover(Filter.of("a/#"));
        assertThat(door.publish("a/b", "m", 1).sequence()).isZero();
        awaitOwed(session, 0);
        session.cover(Filter.of("a/#"), 1);
        session.close();
        assertThat(door.publish("a/b", "m", 1).sequence()).isZero();
    }

    @Test
    void what_is_owed_is_counted_once_and_settled_by_the_cursor() {
        DurableSession session = session("s");
        session.cover(Filter.of("a/#"), 1);
        session.cover(Filter.of("+/b"), 2);
        List<Commit> commits = new ArrayList<>();
        commits.add(door.publish("a/b", "12345", 1));
        commits.add(door.put("a/b", "1234567"));
        commits.add(door.delete("a/b"));
        door.put("c", "x");
        awaitOwed(session, 3);
        assertThat(session.owedBytes()).isEqualTo(12);
        session.settled(commits.get(0).sequence());
        assertThat(session.owedChanges()).isEqualTo(2);
        session.settled(commits.get(2).sequence());
        assertThat(session.owedChanges()).isZero();
        session.settled(1);
        assertThat(session.cursor()).isEqualTo(commits.get(2).sequence());
    }

    @Test
    void after_a_restart_what_is_owed_is_counted_from_the_log_and_read_by_subscribing_after_the_cursor() {
        DurableSession session = session("s");
        long start = session.cover(Filter.of("a/#"), 1);
        door.publish("a/1", "m1", 1);
        long cursor = door.publish("a/2", "m2", 1).sequence();
        session.settled(cursor);
        door.publish("a/3", "m3", 1);
        door.put("a/4", "row");
        door.publish("b", "not logged", 1);
        door.close();
        open();
        DurableSession again = door.engine.open("s", cursor);
        again.cover(Filter.of("a/#"), 1, start);
        again.cover(Filter.of("none/#"), 1, start);
        awaitOwed(again, 2);
        assertThat(again.lost()).isFalse();
        assertThat(door.publish("a/5", "m5", 1).sequence()).isPositive();
        awaitOwed(again, 3);
        try (TestLoop loop = new TestLoop()) {
            TestSubscriber subscriber = new TestSubscriber(door, loop).open();
            subscriber.subscribe("a/#", Start.after(again.cursor()));
            assertThat(subscriber.awaitEvents(3)).containsExactly("a/3=m3", "a/4=row", "a/5=m5");
        }
    }

    @Test
    void a_session_that_comes_again_under_its_name_takes_the_place_of_the_old_one() {
        DurableSession old = session("s");
        old.cover(Filter.of("a"), 1);
        DurableSession again = session("s");
        assertThat(door.publish("a", "m", 1).sequence()).isZero();
        again.cover(Filter.of("a"), 1);
        old.close();
        assertThat(door.publish("a", "m", 1).sequence()).isPositive();
    }

    @Test
    void logged_changes_can_be_read_again_by_sequence() {
        long one = door.put("a", "x").sequence();
        long two = door.put("b", "y").sequence();
        List<Change> changes = TestDoor.done(session("s").changes(List.of(two, one, two + 100, two)));
        assertThat(changes).extracting(change -> change.path().text()).containsExactly("a", "b");
    }

    @Test
    void filters_of_sessions_follow_deployments() {
        DurableSession session = session("s");
        session.cover(Filter.of("sensors/#"), 1);
        door.deploy(DoorTest.SENSORS);
        assertThat(door.publish("Sensors/1", "m", 1).sequence()).isPositive();
        awaitOwed(session, 1);
        door.engine.undeploy("test");
        assertThat(door.publish("sensors/1", "m", 1).sequence()).isPositive();
        assertThat(door.publish("Sensors/1", "m", 1).sequence()).isZero();
    }

    /** Keeps as good as nothing of the log, whoever wants it. */
    private void forgetful() {
        door.close();
        door = new TestDoor(
                directory,
                TestDoor.SETTINGS,
                (who, verb, table, path) -> true,
                Map.of("logAge", "0s", "logSize", "1KB", "logSizeKept", "1KB"));
    }

    private void awaitForgotten(long sequence) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (door.store.oldest() <= sequence) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            door.put("elsewhere", "x");
        }
    }

    @Test
    void a_session_is_lost_when_the_log_forgets_what_it_is_owed_and_not_for_what_others_are() {
        forgetful();
        DurableSession idle = session("idle");
        idle.cover(Filter.of("idle/#"), 1);
        DurableSession owed = session("owed");
        owed.cover(Filter.of("owed/#"), 1);
        DurableSession none = session("none");
        awaitForgotten(door.put("owed/1", "x").sequence());
        assertThat(idle.lost()).isFalse();
        assertThat(none.lost()).isFalse();
        assertThat(owed.lost()).isTrue();
        assertThat(idle.clearUpTo()).isGreaterThan(idle.cursor());
        // Counting anew does not look at what is known to be settled.
        long sequence = door.put("idle/1", "x").sequence();
        idle.cover(Filter.of("more"), 1);
        idle.cover(Filter.of("elsewhere/else"), 1, idle.cursor());
        awaitOwed(idle, 1);
        assertThat(idle.clearUpTo()).isLessThan(sequence);
    }

    @Test
    void after_a_restart_a_session_is_lost_when_nobody_knows_what_it_was_owed() {
        DurableSession session = session("s");
        long start = session.cover(Filter.of("a/#"), 1);
        door.put("a/1", "x");
        forgetful();
        awaitForgotten(start + 1);
        DurableSession again = door.engine.open("s", start);
        again.cover(Filter.of("a/#"), 1, start);
        assertThat(again.lost()).isTrue();
        door.put("a/2", "y");
        awaitOwed(again, 1);
        assertThat(again.lost()).isTrue();
    }
}
