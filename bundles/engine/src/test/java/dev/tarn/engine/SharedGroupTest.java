// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharedGroupTest {

    private static final Interest SHARED = new Interest(2, false, "g");

    @TempDir
    private java.nio.file.Path directory;

    private TestDoor door;
    private final List<TestLoop> loops = new ArrayList<>();

    @BeforeEach
    void open() {
        open(1_000);
    }

    private void open(int mailbox) {
        if (door != null) {
            close();
        }
        door = new TestDoor(
                directory,
                TestDoor.settings(new Settings.MailboxBounds(mailbox, 1 << 20, 1_000), TestDoor.LOOPS),
                (who, verb, table, path) -> true);
        loops.add(new TestLoop());
        loops.add(new TestLoop());
    }

    @AfterEach
    void close() {
        door.close();
        loops.forEach(TestLoop::close);
        loops.clear();
    }

    private TestSubscriber member(int loop) {
        TestSubscriber member = new TestSubscriber(door, loops.get(loop % loops.size()), door.context("m" + loop));
        member.subscribe("a/#", Start.CURRENT, SHARED);
        return member;
    }

    private void settle() {
        for (TestLoop loop : loops) {
            loop.run(() -> {});
            loop.run(() -> {});
        }
    }

    @Test
    void each_change_goes_to_one_member_in_turn_and_to_everybody_else() {
        door.put("a/0", "a row that members are not sent");
        List<TestSubscriber> members =
                List.of(member(0).open(), member(1).open(), member(2).open());
        TestSubscriber other = new TestSubscriber(door, loops.get(0)).open();
        other.subscribe("a/#", Start.LIVE, new Interest(2, false, "other"));
        TestSubscriber alone = new TestSubscriber(door, loops.get(1)).open();
        alone.subscribe("a/#", Start.LIVE);
        settle();
        for (int i = 0; i < 30; i++) {
            if (i % 2 == 0) {
                door.publish("a/" + i, "m", 1);
            } else {
                door.put("a/" + i, "r");
            }
        }
        alone.awaitEvents(30);
        other.awaitEvents(30);
        members.forEach(member -> assertThat(member.awaitEvents(10)).hasSize(10));
    }

    @Test
    void members_without_credit_are_passed_over_while_others_have_some() {
        TestSubscriber poor = member(0);
        TestSubscriber rich = member(1).open();
        settle();
        for (int i = 0; i < 20; i++) {
            door.publish("a/" + i, "m", 1);
        }
        rich.awaitEvents(20);
        assertThat(poor.events()).isEmpty();
    }

    @Test
    void what_a_member_has_not_taken_or_gives_back_goes_to_another() {
        TestSubscriber leaving = member(0).request(1);
        settle();
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            if (i % 2 == 0) {
                door.publish("a/" + i, "m", 1);
            } else {
                door.put("a/" + i, "m");
            }
            sent.add("a/" + i + "=m");
        }
        leaving.awaitEvents(1);
        settle();
        TestSubscriber staying = member(1).open();
        settle();
        leaving.loop.run(() -> {
            Subscription shared = leaving.deliveries().get(0).matched().get(0);
            shared.giveBack(leaving.deliveries().get(0).change());
            leaving.mailbox.close();
        });
        assertThat(staying.awaitEvents(10)).containsExactlyInAnyOrderElementsOf(sent);
    }

    @Test
    void the_last_member_takes_the_group_with_it() {
        TestSubscriber last = member(0);
        door.publish("a/1", "m", 1);
        last.close();
        assertThat(door.publish("a/2", "m", 1).sequence()).isZero();
        TestSubscriber next = member(1).open();
        settle();
        door.publish("a/3", "m", 1);
        assertThat(next.awaitEvents(1)).containsExactly("a/3=m");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void logged_changes_reach_exactly_one_member_each_however_full_and_fickle_they_are(long seed) {
        open(12);
        Random random = new Random(seed);
        List<TestSubscriber> members = new ArrayList<>(List.of(member(0), member(1), member(2)));
        List<TestSubscriber> all = new ArrayList<>(members);
        List<CompletionStage<Commit>> writes = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            writes.add(door.engine.put(door.context, Path.of("a/" + i), door.bytes("x"), Terms.NONE));
            TestSubscriber lucky = members.get(random.nextInt(members.size()));
            switch (random.nextInt(40)) {
                case 0, 1, 2 -> lucky.request(random.nextInt(60));
                case 3 -> {
                    if (members.size() > 1) {
                        members.remove(lucky);
                        lucky.close();
                    }
                }
                case 4 -> {
                    if (members.size() < 5) {
                        TestSubscriber joining = member(random.nextInt(2));
                        members.add(joining);
                        all.add(joining);
                    }
                }
                default -> {}
            }
        }
        writes.forEach(TestDoor::done);
        members.forEach(TestSubscriber::open);
        long deadline = System.nanoTime() + 60_000_000_000L;
        int got = 0;
        while (got < 3_000 && System.nanoTime() < deadline) {
            got = all.stream().mapToInt(member -> member.deliveries().size()).sum();
        }
        settle();
        List<String> paths = new ArrayList<>();
        all.forEach(member -> member.deliveries()
                .forEach(delivery -> paths.add(delivery.change().path().text())));
        Set<String> distinct = new HashSet<>(paths);
        assertThat(distinct).hasSize(3_000);
        assertThat(paths).hasSize(3_000);
        all.forEach(member -> assertThat(member.end()).isNull());
    }
}
