// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** How much a mailbox and its loop hold, and what happens beyond that. */
class MailboxLimitsTest extends MailboxScene {

    @Test
    void a_subscriber_that_takes_nothing_holds_next_to_nothing() {
        open(mailboxOf(100));
        TestSubscriber stuck = subscriber();
        stuck.subscribe("a/#", Start.CURRENT);
        TestSubscriber dropping = subscriber();
        dropping.subscribe("a/#", Start.LIVE, Interest.atMost(0));
        for (int i = 0; i < 5_000; i++) {
            door.engine.publish(door.context, Path.of("a/" + i % 9), door.bytes("m"), Terms.NONE);
            if (i % 10 == 0) {
                door.engine.put(door.context, Path.of("a/" + i % 7), door.bytes("x"), Terms.NONE);
            }
        }
        door.put("b", "x");
        settle();
        stuck.awaitEvent("ended BUSY");
        loop.run(() -> {
            assertThat(((QueuedMailbox) stuck.mailbox).waiting()).isZero();
            assertThat(((QueuedMailbox) dropping.mailbox).waiting()).isBetween(1, 101);
        });
        TestSubscriber logged = subscriber();
        logged.subscribe("a/#", Start.LIVE);
        for (int i = 0; i < 1_000; i++) {
            door.engine.put(door.context, Path.of("a/" + i % 7), door.bytes("x"), Terms.NONE);
        }
        door.put("b", "x");
        settle();
        assertThat((int) loop.on(() -> ((QueuedMailbox) logged.mailbox).waiting()))
                .isZero();
        logged.open();
        logged.awaitEvents(1_000);
    }

    @Test
    void messages_of_quality_0_that_do_not_fit_are_counted() {
        open(mailboxOf(10));
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.LIVE);
        for (int i = 0; i < 100; i++) {
            door.publish("a/" + i, "m", 0);
        }
        settle();
        subscriber.open();
        subscriber.awaitEvent("missed 90");
        assertThat(subscriber.deliveries()).hasSize(10);
        door.publish("a/x", "after", 0);
        subscriber.awaitEvent("a/x=after");
        assertThat(subscriber.events()).last().isEqualTo("a/x=after");
    }

    @Test
    void a_message_of_quality_1_that_does_not_fit_ends_the_mailbox_unless_it_is_served_at_0() {
        open(mailboxOf(10));
        TestSubscriber one = subscriber();
        one.subscribe("a/#", Start.LIVE);
        TestSubscriber zero = subscriber();
        zero.subscribe("a/#", Start.LIVE, Interest.atMost(0));
        for (int i = 0; i < 11; i++) {
            door.publish("a/" + i, "m", 1);
        }
        one.awaitEvent("ended BUSY");
        settle();
        zero.open();
        zero.awaitEvent("missed 1");
        assertThat(zero.end()).isNull();
        assertThatThrownBy(() -> one.subscribe("b", Start.LIVE)).isInstanceOf(Failure.class);
    }

    @Test
    void publishers_are_held_back_while_a_loop_is_behind() {
        open(TestDoor.settings(
                new Settings.MailboxBounds(100_000, 64 << 20, 1_000), new Settings.LoopBounds(100, 1 << 20)));
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("a", Start.LIVE);
        CountDownLatch held = new CountDownLatch(1);
        loop.execute(() -> awaitLatch(held));
        List<CompletionStage<Commit>> published = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            published.add(door.engine.publish(door.context, Path.of("a"), door.bytes("m" + i), Terms.NONE));
        }
        assertThat(published.subList(0, 99)).allMatch(stage -> ((CompletableFuture<?>) stage).isDone());
        assertThat(published.subList(110, 150)).noneMatch(stage -> ((CompletableFuture<?>) stage).isDone());
        held.countDown();
        published.forEach(TestDoor::done);
        subscriber.awaitEvents(150);
    }

    @Test
    void a_loop_that_is_far_behind_refuses_messages_and_reads_the_log() {
        open(TestDoor.settings(
                new Settings.MailboxBounds(100_000, 64 << 20, 1_000), new Settings.LoopBounds(100, 1 << 20)));
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("a/#", Start.LIVE);
        CountDownLatch held = new CountDownLatch(1);
        loop.execute(() -> awaitLatch(held));
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            door.engine.put(door.context, Path.of("a/" + i), door.bytes("x"), Terms.NONE);
            expected.add("a/" + i + "=x");
        }
        door.put("b", "x");
        assertThatThrownBy(() -> door.publish("a/0", "m", 0))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.BUSY));
        held.countDown();
        assertThat(subscriber.awaitEvents(expected.size())).isEqualTo(expected);
        door.publish("a/0", "live", 0);
        subscriber.awaitEvent("a/0=live");
    }

    @Test
    void a_burst_wakes_a_loop_far_less_often_than_it_has_changes() {
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("a", Start.LIVE);
        settle();
        CountDownLatch held = new CountDownLatch(1);
        loop.execute(() -> awaitLatch(held));
        long before = loop.wakeUps.get();
        for (int i = 0; i < 1_000; i++) {
            door.publish("a", "m", 0);
        }
        assertThat(loop.wakeUps.get() - before).isEqualTo(1);
        held.countDown();
        subscriber.awaitEvents(1_000);
    }

    @Test
    void limits_and_a_closed_mailbox_are_told() {
        open(TestDoor.settings(new Settings.MailboxBounds(100, 1 << 20, 3), new Settings.LoopBounds(100, 1 << 20)));
        TestSubscriber subscriber = subscriber();
        for (int i = 0; i < 3; i++) {
            subscriber.subscribe("a/" + i, Start.LIVE);
        }
        assertThatThrownBy(() -> subscriber.subscribe("a/3", Start.LIVE))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.FULL));
        door.engine.close();
        subscriber.awaitEvent("ended UNAVAILABLE");
    }

    @Test
    void a_subscriber_that_throws_is_closed_and_the_others_go_on() {
        TestSubscriber bad = subscriber().open();
        TestSubscriber good = subscriber().open();
        bad.subscribe("a", Start.LIVE);
        good.subscribe("a", Start.LIVE);
        bad.also(delivery -> {
            throw new IllegalStateException("a bug in a protocol");
        });
        door.publish("a", "m", 0);
        bad.awaitEvent("ended UNAVAILABLE");
        door.publish("a", "n", 0);
        good.awaitEvent("a=n");
        assertThat(bad.deliveries()).hasSize(1);
    }
}
