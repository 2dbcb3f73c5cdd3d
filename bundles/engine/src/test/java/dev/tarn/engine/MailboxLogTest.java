// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What a mailbox reads from the log: the past, and what it had no room for. */
class MailboxLogTest extends MailboxScene {

    @Test
    void a_subscription_may_begin_after_a_sequence() {
        List<String> expected = new ArrayList<>();
        long after = 0;
        for (int i = 0; i < 3_000; i++) {
            CompletionStage<Commit> put =
                    door.engine.put(door.context, Path.of("a/" + i % 7), door.bytes("v" + i), Terms.NONE);
            if (i == 999) {
                after = TestDoor.done(put).sequence();
            } else if (i > 999) {
                expected.add("a/" + i % 7 + "=v" + i);
            }
            door.engine.put(door.context, Path.of("b"), door.bytes("x"), Terms.NONE);
        }
        door.put("a/7", "last");
        expected.add("a/7=last");
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("a/#", Start.after(after));
        subscriber.awaitEvents(expected.size());
        door.put("a/8", "live");
        expected.add("a/8=live");
        assertThat(subscriber.awaitEvents(expected.size())).isEqualTo(expected);
        assertThat(subscriber.deliveries())
                .allMatch(delivery -> delivery.resume() == delivery.change().sequence());
    }

    @Test
    void one_that_begins_in_the_past_joins_others_without_a_repeat_for_them() {
        TestSubscriber subscriber = subscriber().open();
        Subscription live = subscriber.subscribe("#", Start.LIVE);
        long start = door.store.sequence();
        for (int i = 0; i < 10; i++) {
            door.put("a/" + i, "x");
        }
        subscriber.awaitEvents(10);
        Subscription past = subscriber.subscribe("a/+", Start.after(start + 5));
        door.put("b", "x");
        subscriber.awaitEvents(16);
        assertThat(subscriber.count(delivery -> delivery.matched().contains(live)))
                .isEqualTo(11);
        assertThat(subscriber.count(delivery -> delivery.matched().equals(List.of(past))))
                .isEqualTo(5);
    }

    @Test
    void a_sequence_that_was_never_given_out_means_reset_and_current_rows() {
        door.put("a", "x");
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("a", Start.after(1_000_000));
        subscriber.awaitEvent("current a");
        assertThat(subscriber.events()).containsExactly("reset a", "a=x", "current a");
    }

    @Test
    void what_does_not_fit_is_read_from_the_log_in_order_and_without_a_repeat() {
        open(mailboxOf(10));
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.LIVE);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            door.engine.put(door.context, Path.of("a/" + i % 5), door.bytes("v" + i), Terms.NONE);
            expected.add("a/" + i % 5 + "=v" + i);
        }
        door.put("end", "x");
        settle();
        subscriber.request(37);
        subscriber.awaitEvents(37);
        door.put("a/x", "more");
        expected.add("a/x=more");
        subscriber.open();
        assertThat(subscriber.awaitEvents(expected.size())).isEqualTo(expected);
        door.put("a/y", "live again");
        subscriber.awaitEvent("a/y=live again");
    }

    @Test
    void a_subscription_may_begin_with_the_last_so_many_changes_or_at_a_moment() {
        for (int i = 0; i < 2_500; i++) {
            door.engine.put(door.context, Path.of(i % 5 == 0 ? "a" : "b"), door.bytes("v" + i), Terms.NONE);
        }
        Commit middle = door.put("a", "middle");
        // The log knows milliseconds: the next change has to be in a later one.
        while (System.currentTimeMillis() <= middle.timestamp()) {
            Thread.onSpinWait();
        }
        Commit later = door.put("a", "later");
        door.put("b", "latest");
        TestSubscriber last = subscriber().open();
        last.subscribe("a", new Start(Start.From.LAST, 4));
        assertThat(last.awaitEvents(4)).containsExactly("a=v2490", "a=v2495", "a=middle", "a=later");
        TestSubscriber since = subscriber().open();
        since.subscribe("a", new Start(Start.From.SINCE, later.timestamp()));
        assertThat(since.awaitEvents(1)).containsExactly("a=later");
        TestSubscriber none = subscriber().open();
        none.subscribe("a", new Start(Start.From.LAST, 0));
        TestSubscriber all = subscriber().open();
        all.subscribe("a", new Start(Start.From.LAST, Long.MAX_VALUE));
        TestSubscriber ever = subscriber().open();
        ever.subscribe("a", new Start(Start.From.SINCE, 0));
        TestSubscriber future = subscriber().open();
        future.subscribe("a", new Start(Start.From.SINCE, later.timestamp() + 1_000_000));
        all.awaitEvents(502);
        ever.awaitEvents(502);
        door.put("a", "new");
        assertThat(none.awaitEvents(1)).containsExactly("a=new");
        assertThat(future.awaitEvents(1)).containsExactly("a=new");
        assertThat(all.awaitEvents(503)).last().isEqualTo("a=new");
    }

    @Test
    void where_the_log_no_longer_reaches_a_subscription_begins_anew_with_its_rows() {
        door.close();
        door = new TestDoor(
                directory,
                mailboxOf(10),
                (who, verb, table, path) -> true,
                java.util.Map.of("logAge", "0s", "logSize", "1KB", "logSizeKept", "1KB"));
        TestSubscriber slow = subscriber();
        slow.subscribe("a/#", Start.LIVE);
        for (int i = 0; i < 5_000; i++) {
            door.engine.put(door.context, Path.of("a/" + i % 3), door.bytes("v" + i), Terms.NONE);
        }
        long last = door.put("a/x", "end").sequence();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (door.store.oldest() < last - 2_000 && System.nanoTime() < deadline) {
            door.put("b", "more");
        }
        assertThat(door.store.oldest()).isGreaterThan(100);
        TestSubscriber past = subscriber().open();
        past.subscribe("a/x", Start.after(1));
        past.awaitEvent("current a/x");
        assertThat(past.events()).containsExactly("reset a/x", "a/x=end", "current a/x");
        slow.open();
        slow.awaitEvent("current a/#");
        assertThat(slow.events())
                .contains("reset a/#", "a/0=v4998", "a/1=v4999", "a/2=v4997", "a/x=end")
                .doesNotHaveDuplicates();
        door.put("a/0", "on");
        slow.awaitEvent("a/0=on");
    }

    @Test
    void messages_wait_for_the_logged_changes_before_them_while_the_log_is_read() {
        open(mailboxOf(200));
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a", Start.LIVE);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 260; i++) {
            door.put("a", "v" + i);
            expected.add("a=v" + i);
        }
        door.publish("a", "m1", 0);
        door.put("a", "w");
        door.publish("a", "m2", 0);
        expected.addAll(List.of("a=m1", "a=w", "a=m2"));
        settle();
        subscriber.open();
        assertThat(subscriber.awaitEvents(expected.size())).isEqualTo(expected);
    }

    @Test
    void a_row_is_not_repeated_by_the_change_that_made_it_when_the_log_is_read_again() {
        open(mailboxOf(10));
        for (int i = 0; i < 20; i++) {
            door.put("a/%02d".formatted(i), "old");
        }
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("a/05", Start.LIVE);
        TestSubscriber busy = subscriber();
        busy.subscribe("busy", Start.LIVE, Interest.atMost(0));
        settle();
        loop.run(() -> {
            // More than one run of the loop's queue, so that the change is taken after the read of the rows began.
            for (int i = 0; i < 5_000; i++) {
                door.engine.publish(door.context, Path.of("busy"), door.bytes("m"), Terms.NONE);
            }
            long sequence = door.put("a/05", "new").sequence();
            FilterSubscription rows =
                    (FilterSubscription) subscriber.mailbox.subscribe(Filter.of("a/#"), Start.CURRENT, "a/#");
            // As when the change was routed after the subscription saw how far the log is, and before it was in the
            // tree.
            rows.from(sequence - 1);
        });
        subscriber.awaitEvent("current a/#");
        door.put("a/05", "newer");
        subscriber.awaitEvent("a/05=newer");
        List<Object> seen = subscriber.deliveries().stream()
                .filter(delivery -> delivery.change().path().text().equals("a/05"))
                .flatMap(delivery -> delivery.matched().stream()
                        .map(matched -> matched.tag() + " "
                                + TestDoor.text(delivery.change().body())))
                .map(Object.class::cast)
                .toList();
        assertThat(seen).containsExactlyInAnyOrder("a/# new", "a/05 new", "a/# newer", "a/05 newer");
    }
}
