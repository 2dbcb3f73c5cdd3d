// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The current rows that a mailbox sends first. */
class MailboxRowsTest extends MailboxScene {

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
    void every_change_is_told_and_a_row_that_changed_is_not_sent() {
        for (int i = 1; i < 5; i++) {
            door.put("a/" + i, "old");
        }
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.EVERY);
        door.put("a/2", "new");
        door.put("a/2", "newer");
        door.put("a/5", "added");
        settle();
        subscriber.open();
        assertThat(subscriber.awaitEvents(7))
                .containsExactly("a/2=new", "a/2=newer", "a/5=added", "a/1=old", "a/3=old", "a/4=old", "current a/#");
    }

    @Test
    void rows_that_were_not_sent_come_after_what_happened_since() {
        for (int i = 1; i < 9; i++) {
            door.put("a/" + i, "old");
        }
        long begun = door.store.sequence();
        TestSubscriber first = subscriber();
        first.subscribe("a/#", new Start(Start.From.EVERY, begun));
        door.put("a/6", "told");
        settle();
        first.request(1);
        first.awaitEvents(1);
        long version = first.deliveries().get(0).change().version();
        long sequence = first.deliveries().get(0).change().sequence();
        first.request(2);
        assertThat(first.awaitEvents(3)).containsExactly("a/6=told", "a/1=old", "a/2=old");
        first.close();
        door.put("a/1", "since");
        door.put("a/4", "since");
        String table = first.deliveries().get(2).change().table();
        TestSubscriber next = subscriber();
        next.subscribe(
                "a/#",
                new Start(Start.From.EVERY, sequence, new Start.Progress(table, Path.of("a/2"), version, version)));
        door.put("a/7", "live");
        settle();
        next.open();
        assertThat(next.awaitEvents(7))
                .containsExactly("a/1=since", "a/4=since", "a/7=live", "a/3=old", "a/5=old", "a/8=old", "current a/#");
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
}
