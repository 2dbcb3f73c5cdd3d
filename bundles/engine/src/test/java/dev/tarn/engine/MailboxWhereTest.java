// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Subscriptions with a condition: what it is not true of takes neither credit nor room. */
class MailboxWhereTest extends MailboxScene {

    private static final Interest RED = Interest.ALL.where(saying("red"));

    private static Predicate<Change> saying(String word) {
        return change -> {
            Body body = change.body();
            return body != null && TestDoor.text(body).startsWith(word);
        };
    }

    @Test
    void current_rows_and_changes_that_are_left_out_take_no_credit() {
        door.put(300, i -> "a/" + i, i -> i == 250 ? "red row" : "blue");
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.CURRENT, RED);
        subscriber.request(3);
        assertThat(subscriber.awaitEvents(2)).containsExactly("a/250=red row", "current a/#");
        door.put(300, i -> "a/" + i, i -> i == 299 ? "red change" : "blue");
        door.publish("a/x", "blue message", 0);
        door.publish("a/x", "red message", 0);
        assertThat(subscriber.awaitEvents(4)).endsWith("a/299=red change", "a/x=red message");
    }

    @Test
    void what_is_read_from_the_log_is_held_against_it_and_takes_no_room() {
        open(mailboxOf(5));
        TestSubscriber live = subscriber();
        live.subscribe("a/#", Start.LIVE, RED);
        long before = door.put("a/0", "blue").sequence();
        door.put(2_000, i -> "a/" + i % 10, i -> i % 1_000 == 999 ? "red " + i : "blue");
        settle();
        assertThat((int) loop.on(() -> ((QueuedMailbox) live.mailbox).waiting()))
                .isLessThanOrEqualTo(2);
        TestSubscriber past = subscriber();
        past.subscribe("a/#", Start.after(before), RED);
        for (TestSubscriber each : new TestSubscriber[] {live, past}) {
            each.request(2);
            assertThat(each.awaitEvents(2)).containsExactly("a/9=red 999", "a/9=red 1999");
        }
    }

    @Test
    void each_subscription_of_a_mailbox_has_its_own() {
        TestSubscriber subscriber = subscriber().open();
        subscriber.subscribe("a/#", Start.LIVE, RED);
        subscriber.subscribe("a/+", Start.LIVE, Interest.ALL.where(saying("blue")));
        subscriber.subscribe("a/1", Start.LIVE, Interest.ALL.where(saying("")));
        door.put("a/1", "red");
        door.put("a/1", "blue");
        door.put("a/2", "green");
        door.put("a/1", "green");
        subscriber.awaitEvents(3);
        assertThat(subscriber.deliveries())
                .extracting(delivery -> delivery.matched().stream()
                        .map(each -> each.filter().text())
                        .sorted()
                        .toList()
                        .toString())
                .containsExactly("[a/#, a/1]", "[a/+, a/1]", "[a/1]");
    }

    @Test
    void the_subscriber_is_told_how_far_others_went_by_once_all_before_is_handed_over() {
        TestSubscriber subscriber = subscriber();
        subscriber.subscribe("a/#", Start.LIVE, RED);
        door.put("a/1", "red");
        long last = door.put("a/1", "blue").sequence();
        settle();
        assertThat(subscriber.passed()).isZero();
        subscriber.open();
        subscriber.await(() -> subscriber.passed() == last, "word that " + last + " has passed");
        assertThat(subscriber.events()).containsExactly("a/1=red");
    }

    @Test
    void members_of_a_group_leave_out_what_is_for_none_of_them() {
        Interest shared = new Interest(2, false, "g").where(saying("red"));
        TestSubscriber one = subscriber().open();
        TestSubscriber two = subscriber().open();
        one.subscribe("a/#", Start.LIVE, shared);
        two.subscribe("a/#", Start.LIVE, shared);
        door.put(40, i -> "a/" + i, i -> i % 4 == 0 ? "red" : "blue");
        door.publish("a/x", "blue", 1);
        one.await(() -> one.events().size() + two.events().size() >= 10, "ten red rows");
        settle();
        assertThat(one.events()).allMatch(event -> event.endsWith("=red"));
        assertThat(two.events()).allMatch(event -> event.endsWith("=red"));
        assertThat(one.events().size() + two.events().size()).isEqualTo(10);
    }

    @Test
    void a_condition_that_fails_ends_its_mailbox_and_no_other() {
        TestSubscriber other = subscriber().open();
        other.subscribe("a/#", Start.LIVE);
        TestSubscriber failing = subscriber().open();
        failing.subscribe("a/#", Start.LIVE, Interest.ALL.where(change -> {
            throw new Failure(Failure.Code.MALFORMED, "no such property");
        }));
        door.put("a/1", "x");
        failing.awaitEvent("ended MALFORMED");
        other.awaitEvent("a/1=x");
    }
}
