// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MailboxTest {

    private static final Table OTHER = new Table(
            Table.DATA, "Other", "Other", List.of(Attribute.primaryKey("id", Attribute.Type.ID)), Table.Rules.DECLARED);

    @TempDir
    private java.nio.file.Path directory;

    private TestDoor door;
    private TestLoop loop;

    @BeforeEach
    void open() {
        open(TestDoor.SETTINGS);
    }

    private void open(Settings settings) {
        if (door != null) {
            close();
        }
        door = new TestDoor(directory, settings, (who, verb, table, path) -> true);
        loop = new TestLoop();
    }

    private static Settings mailboxOf(int changes) {
        return new Settings(2, 1_000, changes, 1 << 20, 1_000, 16_384, 16 << 20, false, Clock.systemUTC());
    }

    @AfterEach
    void close() {
        door.close();
        loop.close();
    }

    private TestSubscriber subscriber() {
        return new TestSubscriber(door, loop);
    }

    /** Waits until everything that was offered so far has reached the loop and was taken. */
    private void settle() {
        loop.run(() -> {});
        loop.run(() -> {});
    }

    @Test
    void changes_arrive_with_what_matched_and_where_to_resume() {
        TestSubscriber subscriber = subscriber().open();
        Subscription subscription = subscriber.subscribe("a/+", Start.LIVE);
        Commit put = door.put("a/1", "x");
        door.publish("a/1", "m", 1);
        door.delete("a/1");
        door.put("b/1", "x");
        assertThat(subscriber.awaitEvents(3)).containsExactly("a/1=x", "a/1=m", "a/1=DELETE");
        Delivery first = subscriber.deliveries().get(0);
        assertThat(first.matched()).containsExactly(subscription);
        assertThat(first.current()).isFalse();
        assertThat(first.resume()).isEqualTo(put.sequence());
        assertThat(subscriber.deliveries().get(1).resume()).isZero();
        assertThat(subscriber.deliveries().get(1).change().kind()).isEqualTo(Kind.MESSAGE);
    }

    @Test
    void current_rows_come_first_then_changes() {
        door.put("a/1", "one");
        door.put("a/2", "two");
        door.put("b/1", "no");
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("a/#", Start.CURRENT);
        subscriber.awaitEvent("current a/#");
        door.put("a/1", "three");
        assertThat(subscriber.awaitEvents(4)).containsExactly("a/1=one", "a/2=two", "current a/#", "a/1=three");
        assertThat(subscriber.deliveries().get(0).current()).isTrue();
        assertThat(subscriber.deliveries().get(0).resume()).isZero();
        assertThat(subscriber.deliveries().get(2).resume()).isPositive();
    }

    @Test
    void one_change_is_delivered_once_however_many_subscriptions_cover_it() {
        TestSubscriber subscriber = subscriber().open();
        Subscription all = subscriber.subscribe("#", Start.LIVE);
        Subscription one = subscriber.subscribe("a/1", Start.LIVE);
        Subscription plus = subscriber.subscribe("+/1", Start.LIVE);
        door.publish("a/1", "m", 0);
        door.publish("a/2", "n", 0);
        subscriber.awaitEvents(2);
        assertThat(subscriber.deliveries().get(0).matched()).containsExactlyInAnyOrder(all, one, plus);
        assertThat(subscriber.deliveries().get(1).matched()).containsExactly(all);
    }

    @Test
    void no_more_is_delivered_than_was_requested() {
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.LIVE);
        for (int i = 0; i < 5; i++) {
            door.publish("a/" + i, "m", 1);
        }
        settle();
        assertThat(subscriber.events()).isEmpty();
        subscriber.request(2);
        assertThat(subscriber.awaitEvents(2)).hasSize(2);
        subscriber.request(1);
        assertThat(subscriber.awaitEvents(3)).containsExactly("a/0=m", "a/1=m", "a/2=m");
        settle();
        assertThat(subscriber.events()).hasSize(3);
        subscriber.open();
        subscriber.awaitEvents(5);
    }

    @Test
    void an_exact_filter_gets_its_row_and_nothing_else() {
        door.deploy(DoorTest.SENSORS);
        door.put("Sensors/101", "{}");
        door.put("Sensors/1011", "{}");
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("sensors/101", Start.CURRENT);
        subscriber.awaitEvent("current sensors/101");
        assertThat(subscriber.events()).containsExactly("Sensors/101={\"id\":\"101\"}", "current sensors/101");
    }

    @Test
    void a_subscription_spells_topics_as_its_filter_does() {
        door.deploy(DoorTest.SENSORS);
        TestSubscriber subscriber = subscriber().open();
        Subscription lower = subscriber.subscribe("sensors/#", Start.LIVE);
        Subscription same = subscriber.subscribe("Sensors/+", Start.LIVE);
        Subscription wild = subscriber.subscribe("+/1", Start.LIVE);
        door.put("SENSORS/1", "{}");
        subscriber.awaitEvents(1);
        Delivery delivery = subscriber.deliveries().get(0);
        assertThat(delivery.matched()).containsExactlyInAnyOrder(lower, same, wild);
        assertThat(lower.topic(delivery.change())).isEqualTo("sensors/1");
        assertThat(same.topic(delivery.change())).isEqualTo("Sensors/1");
        assertThat(wild.topic(delivery.change())).isEqualTo("Sensors/1");
    }

    @Test
    void a_filter_that_begins_with_a_wildcard_sees_all_tables_but_no_dollar_paths() {
        door.deploy(DoorTest.SENSORS, OTHER);
        for (String path : List.of("Sensors/1", "Other/1", "x/1", "$x/1", "/1")) {
            door.put(path, "{}");
        }
        TestSubscriber all = subscriber().open();
        all.subscribe("#", Start.CURRENT);
        TestSubscriber ones = subscriber().open();
        ones.subscribe("+/1", Start.CURRENT);
        TestSubscriber dollar = subscriber().open();
        dollar.subscribe("$x/#", Start.CURRENT);
        all.awaitEvent("current #");
        ones.awaitEvent("current +/1");
        dollar.awaitEvent("current $x/#");
        assertThat(paths(all)).containsExactly("Other/1", "Sensors/1", "/1", "x/1");
        assertThat(paths(ones)).containsExactly("Other/1", "Sensors/1", "/1", "x/1");
        assertThat(paths(dollar)).containsExactly("$x/1");
        door.publish("$x/1", "m", 0);
        door.publish("Sensors", "bare", 0);
        all.awaitEvents(6);
        assertThat(paths(all)).endsWith("Sensors").doesNotContain("$x/1");
    }

    private static List<String> paths(TestSubscriber subscriber) {
        return subscriber.deliveries().stream()
                .map(delivery -> delivery.change().path().text())
                .toList();
    }

    @Test
    void a_table_filter_covers_messages_on_the_bare_name() {
        door.deploy(DoorTest.SENSORS);
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("sensors/#", Start.CURRENT);
        subscriber.awaitEvent("current sensors/#");
        door.publish("Sensors", "m", 0);
        subscriber.awaitEvent("Sensors=m");
    }

    @Test
    void nothing_arrives_after_cancel() {
        TestSubscriber subscriber = subscriber();
        Subscription first = subscriber.subscribe("a/#", Start.LIVE);
        Subscription second = subscriber.subscribe("+/1", Start.LIVE);
        door.publish("a/1", "m", 1);
        door.publish("a/2", "m", 1);
        settle();
        loop.run(first::cancel);
        door.publish("a/2", "n", 1);
        subscriber.open();
        assertThat(subscriber.awaitEvents(1)).containsExactly("a/1=m");
        assertThat(subscriber.deliveries().get(0).matched()).containsExactly(second);
        subscriber.close();
        door.publish("a/1", "n", 1);
        settle();
        assertThat(subscriber.events()).hasSize(1);
    }

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
    void a_subscriber_that_takes_nothing_holds_next_to_nothing() {
        open(mailboxOf(100));
        TestSubscriber stuck = subscriber();
        stuck.subscribe("a/#", Start.CURRENT);
        TestSubscriber dropping = subscriber();
        dropping.subscribe("a/#", Start.LIVE, Interest.atMost(0));
        for (int i = 0; i < 20_000; i++) {
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
    void a_publisher_s_messages_and_writes_arrive_in_the_order_sent() {
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("a", Start.LIVE);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            String body = "v" + i;
            if (i % 3 == 0 || i % 7 == 0) {
                door.engine.put(door.context, Path.of("a"), door.bytes(body), Terms.NONE);
            } else {
                door.engine.publish(door.context, Path.of("a"), door.bytes(body), Terms.NONE);
            }
            expected.add("a=" + body);
        }
        assertThat(subscriber.awaitEvents(expected.size())).isEqualTo(expected);
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
    void renewing_sends_the_current_rows_again_and_loses_nothing() {
        door.put("a", "x");
        TestSubscriber subscriber = subscriber();
        Subscription subscription = subscriber.subscribe("a", Start.LIVE);
        door.publish("a", "m", 1);
        settle();
        loop.run(() -> subscription.renew(Start.CURRENT, Interest.atMost(1), "again"));
        subscriber.open();
        assertThat(subscriber.awaitEvents(3)).containsExactly("a=m", "a=x", "current a");
        assertThat(subscription.tag()).isEqualTo("again");
    }

    @Test
    void a_subscription_may_leave_out_what_its_own_connection_sends() {
        TestSubscriber subscriber = new TestSubscriber(door, loop, door.context("me")).open();
        subscriber.subscribe("a", Start.LIVE, new Interest(2, true, null));
        TestDoor.done(door.engine.publish(door.context("me"), Path.of("a"), door.bytes("mine"), Terms.NONE));
        TestDoor.done(door.engine.put(door.context("me"), Path.of("a"), door.bytes("mine too"), Terms.NONE));
        door.put("a", "theirs");
        assertThat(subscriber.awaitEvents(1)).containsExactly("a=theirs");
    }

    @Test
    void subscriptions_can_be_made_and_cancelled_while_changes_are_delivered() {
        TestSubscriber subscriber = subscriber().open();
        Subscription first = subscriber.subscribe("a", Start.LIVE);
        door.put("b", "row");
        subscriber.also(delivery -> {
            if (delivery.change().path().text().equals("a")) {
                first.cancel();
                subscriber.mailbox.subscribe(Filter.of("b"), Start.CURRENT, null);
                subscriber.mailbox.request(1);
            }
        });
        door.publish("a", "m", 0);
        subscriber.awaitEvent("current b");
        door.publish("a", "n", 0);
        door.publish("b", "o", 0);
        subscriber.awaitEvent("b=o");
        assertThat(subscriber.events()).containsExactly("a=m", "b=row", "current b", "b=o");
    }

    @Test
    void many_rows_come_in_chunks_paced_by_credit() {
        int rows = 2_500;
        for (int i = 0; i < rows; i++) {
            door.engine.put(door.context, Path.of("a/%05d".formatted(i)), door.bytes("x"), Terms.NONE);
        }
        door.put("b", "x");
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.CURRENT);
        int asked = 0;
        while (asked < rows) {
            int more = Math.min(173, rows - asked);
            subscriber.request(more);
            asked += more;
            subscriber.awaitEvents(asked);
            assertThat(subscriber.deliveries()).hasSize(asked);
        }
        subscriber.request(1);
        subscriber.awaitEvent("current a/#");
        assertThat(paths(subscriber)).isSorted().doesNotHaveDuplicates().hasSize(rows);
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

    @Test
    void subscriptions_follow_their_paths_when_tables_are_deployed_and_withdrawn() {
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("sensors/#", Start.LIVE);
        subscriber.subscribe("SENSORS/1", Start.LIVE);
        door.put("sensors/1", "topic");
        subscriber.awaitEvent("sensors/1=topic");
        door.deploy(DoorTest.SENSORS);
        door.put("sensors/1", "{}");
        subscriber.awaitEvent("Sensors/1={\"id\":\"1\"}");
        assertThat(subscriber.deliveries().get(1).matched()).hasSize(2);
        door.engine.undeploy("test");
        door.put("sensors/1", "topic again");
        subscriber.awaitEvent("sensors/1=topic again");
        subscriber.close();
    }

    @Test
    void somebody_who_may_see_some_tables_gets_only_those_also_when_more_are_deployed() {
        door.close();
        door = new TestDoor(
                directory,
                TestDoor.SETTINGS,
                (who, verb, table, path) ->
                        !who.name().equals("guest") || table.name().equals("Sensors"));
        TestSubscriber guest = new TestSubscriber(door, loop, door.guest()).open();
        assertThatThrownBy(() -> guest.subscribe("#", Start.CURRENT)).isInstanceOf(Failure.class);
        door.deploy(DoorTest.SENSORS);
        door.put("a", "secret");
        door.put("Sensors/1", "{}");
        guest.subscribe("#", Start.CURRENT);
        guest.awaitEvent("current #");
        assertThat(paths(guest)).containsExactly("Sensors/1");
        door.deploy(DoorTest.SENSORS, OTHER);
        door.put("Other/1", "{}");
        door.put("a", "secret again");
        door.engine.undeploy("test");
        door.put("Sensors/2", "now a topic");
        door.deploy(OTHER, DoorTest.SENSORS);
        settle();
        door.put("Sensors/3", "{}");
        guest.awaitEvent("Sensors/3={\"id\":\"3\"}");
        assertThat(paths(guest)).containsExactly("Sensors/1", "Sensors/3");
    }

    @Test
    void many_subscriptions_to_single_rows_are_served_together() {
        int rows = 500;
        for (int i = 0; i < rows; i++) {
            door.engine.put(door.context, Path.of("a/" + i), door.bytes("v" + i), Terms.NONE);
        }
        door.put("b", "x");
        TestSubscriber subscriber = subscriber();
        loop.run(() -> {
            for (int i = 0; i < rows; i++) {
                subscriber.mailbox.subscribe(Filter.of("a/" + i), Start.CURRENT, null);
                subscriber.mailbox.subscribe(Filter.of("none/" + i), Start.CURRENT, null);
            }
        });
        subscriber.open();
        subscriber.awaitEvents(3 * rows);
        assertThat(subscriber.events())
                .contains("a/499=v499", "current none/499")
                .doesNotHaveDuplicates();
        assertThat(subscriber.deliveries()).hasSize(rows);
    }

    @Test
    void rows_hidden_by_a_table_are_not_found_beneath_it() {
        door.put("Sensors/1", "hidden");
        door.put("SENSORS/2", "hidden too");
        door.deploy(DoorTest.SENSORS);
        door.put("Sensors/3", "{}");
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("#", Start.CURRENT);
        subscriber.awaitEvent("current #");
        assertThat(paths(subscriber)).containsExactly("Sensors/3");
    }

    @Test
    void publishers_are_held_back_while_a_loop_is_behind() {
        open(new Settings(2, 1_000, 100_000, 64 << 20, 1_000, 100, 1 << 20, false, Clock.systemUTC()));
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
        open(new Settings(2, 1_000, 100_000, 64 << 20, 1_000, 100, 1 << 20, false, Clock.systemUTC()));
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

    static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
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
        open(new Settings(2, 1_000, 100, 1 << 20, 3, 100, 1 << 20, false, Clock.systemUTC()));
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
