// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a mailbox delivers while it is live. */
class MailboxTest extends MailboxScene {

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
}
