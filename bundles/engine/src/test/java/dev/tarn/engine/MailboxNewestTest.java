// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Slow subscribers that want only the newest change of a row: they get it, and every message. */
class MailboxNewestTest extends MailboxScene {

    private static final Interest NEWEST = Interest.ALL.newest(true);

    @Test
    void changes_that_wait_give_way_to_later_ones_of_the_same_row_and_messages_do_not() {
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.LIVE, NEWEST);
        TestSubscriber all = subscriber();
        all.subscribe("a/#", Start.LIVE);
        door.put("a/1", "first");
        door.put("a/2", "only");
        door.publish("a/1", "said", 1);
        door.publish("a/1", "said again", 1);
        door.put("a/1", "second");
        door.put("a/1", "third");
        settle();
        subscriber.open();
        assertThat(subscriber.awaitEvents(4)).containsExactly("a/2=only", "a/1=said", "a/1=said again", "a/1=third");
        all.open();
        assertThat(all.awaitEvents(6)).hasSize(6);
    }

    @Test
    void sequences_ascend_and_a_row_that_changes_all_the_time_takes_no_room() {
        open(mailboxOf(20));
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.LIVE, NEWEST);
        door.put(2_000, i -> "a/" + i % 10, i -> "x" + i);
        settle();
        assertThat((int) loop.on(() -> ((QueuedMailbox) subscriber.mailbox).waiting()))
                .isLessThanOrEqualTo(10);
        subscriber.open();
        subscriber.awaitEvents(10);
        door.put("a/end", "end");
        subscriber.awaitEvent("a/end=end");
        List<Delivery> deliveries = subscriber.deliveries();
        assertThat(deliveries).hasSize(11);
        assertThat(deliveries).extracting(each -> each.change().sequence()).isSorted();
        assertThat(subscriber.events().subList(0, 10)).allMatch(event -> event.matches("a/\\d=x199\\d"));
    }

    @Test
    void what_was_read_from_the_log_is_the_newest_too() {
        open(mailboxOf(5));
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.LIVE, NEWEST);
        // More rows than the mailbox holds, each many times.
        door.put(3_000, i -> "a/" + i % 30, i -> "x" + i);
        door.put("a/end", "end");
        settle();
        subscriber.open();
        subscriber.awaitEvent("a/end=end");
        List<Delivery> deliveries = subscriber.deliveries();
        assertThat(deliveries.size()).isLessThan(1_500);
        assertThat(deliveries).extracting(each -> each.change().sequence()).isSorted();
        Set<String> last = new HashSet<>();
        for (int i = 0; i < 30; i++) {
            String path = "a/" + i;
            last.add(subscriber.events().stream()
                    .filter(event -> event.startsWith(path + "="))
                    .reduce((before, after) -> after)
                    .orElseThrow());
        }
        assertThat(last).allMatch(event -> Integer.parseInt(event.substring(event.indexOf('x') + 1)) >= 2_970);
    }

    @Test
    void a_subscription_that_wants_every_change_gets_it_beside_one_that_does_not() {
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.LIVE, NEWEST);
        subscriber.subscribe("a/1", Start.LIVE);
        for (int i = 0; i < 5; i++) {
            door.put("a/1", "x" + i);
            door.put("a/2", "y" + i);
        }
        settle();
        subscriber.open();
        assertThat(subscriber.awaitEvents(6))
                .containsExactly("a/1=x0", "a/1=x1", "a/1=x2", "a/1=x3", "a/1=x4", "a/2=y4");
    }

    @Test
    void a_row_that_was_removed_meanwhile_is_told_so() {
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.LIVE, NEWEST);
        door.put("a/1", "x");
        door.put("a/1", "y");
        TestDoor.done(
                door.engine.delete(door.context, dev.tarn.api.data.Path.of("a/1"), dev.tarn.api.resource.Terms.NONE));
        settle();
        subscriber.open();
        assertThat(subscriber.awaitEvents(1)).containsExactly("a/1=DELETE");
    }
}
