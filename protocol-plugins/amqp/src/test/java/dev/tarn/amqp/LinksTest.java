// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.DeliveryMode;
import org.apache.qpid.protonj2.client.DeliveryState;
import org.apache.qpid.protonj2.client.DistributionMode;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.SenderOptions;
import org.apache.qpid.protonj2.client.Tracker;
import org.apache.qpid.protonj2.client.exceptions.ClientException;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.junit.jupiter.api.Test;

class LinksTest extends AtANode {

    @Test
    void a_message_reaches_a_receiver_as_it_was_sent() throws Exception {
        Receiver receiver = peer.receiver("chat/#");
        Sender sender = peer.sender("chat/room");
        Message<String> message = Message.create("hello");
        message.subject("greeting").correlationId(UnsignedLong.valueOf(7)).property("n", 42);
        assertThat(Peer.send(sender, message).remoteState().getType()).isEqualTo(DeliveryState.Type.ACCEPTED);
        Message<Object> got = Peer.next(receiver).message();
        assertThat(got.body()).isEqualTo("hello");
        assertThat(got.subject()).isEqualTo("greeting");
        assertThat(got.to()).isEqualTo("chat/room");
        assertThat(got.correlationId()).isEqualTo(UnsignedLong.valueOf(7));
        assertThat(got.property("n")).isEqualTo(42);
        assertThat(got.annotation("x-opt-kind")).isEqualTo("message");
    }

    @Test
    void a_put_is_the_row_and_current_rows_come_first() throws Exception {
        Sender sender = peer.connection().openSender("Sensors/101", new SenderOptions().desiredCapabilities("put"));
        byte[] json = "{\"temp\":21.5}".getBytes(UTF_8);
        Peer.send(sender, Message.create(json).contentType("application/json"));
        assertThat(node.value(node.text("Sensors/101"))).isEqualTo(node.value("{\"id\":\"101\",\"temp\":21.5}"));
        Receiver receiver = peer.receiver("Sensors/#");
        Message<byte[]> row = Peer.next(receiver).message();
        assertThat(row.contentType()).isEqualTo("application/json");
        assertThat(node.value(new String(row.body(), UTF_8))).isEqualTo(node.value("{\"id\":\"101\",\"temp\":21.5}"));
        assertThat(row.annotation("x-opt-retain")).isEqualTo(true);
        node.put("Sensors/102", "{\"temp\":1}");
        Message<byte[]> change = Peer.next(receiver).message();
        assertThat(change.to()).isEqualTo("Sensors/102");
        assertThat((long) change.annotation("x-opt-sequence-number")).isPositive();
        node.delete("Sensors/102");
        Message<byte[]> end = Peer.next(receiver).message();
        assertThat(end.subject()).isEqualTo("delete");
        assertThat(end.annotation("x-opt-kind")).isEqualTo("delete");
    }

    @Test
    void subjects_and_marks_say_how_a_message_is_meant() throws Exception {
        Sender sender = peer.sender("Sensors/7");
        Peer.send(sender, Message.create(Map.of("temp", 1, "room", "a")).annotation("x-opt-retain", true));
        assertThat(node.value(node.text("Sensors/7")))
                .isEqualTo(node.value("{\"id\":\"7\",\"room\":\"a\",\"temp\":1}"));
        Peer.send(sender, Message.create(Map.of("temp", 2)).subject("patch"));
        assertThat(node.value(node.text("Sensors/7")))
                .isEqualTo(node.value("{\"id\":\"7\",\"room\":\"a\",\"temp\":2}"));
        Peer.send(sender, Message.create("{\"temp\":3}").property("x_opt_retain", true));
        assertThat(node.value(node.text("Sensors/7"))).isEqualTo(node.value("{\"id\":\"7\",\"temp\":3}"));
        Peer.send(sender, Message.create("").subject("delete"));
        assertThat(node.row("Sensors/7")).isEmpty();
    }

    @Test
    void what_is_refused_is_rejected_with_its_condition() throws Exception {
        Sender sender = peer.sender("Sensors/7");
        Tracker tracker =
                Peer.send(sender, Message.create("{\"temp\":\"warm\"}").subject("put"));
        assertThat(tracker.remoteState().getType()).isEqualTo(DeliveryState.Type.REJECTED);
        assertThat(tracker.remoteState().toString()).isNotEmpty();
        // The link goes on.
        assertThat(Peer.send(sender, Message.create("{\"temp\":1}").subject("put"))
                        .remoteState()
                        .getType())
                .isEqualTo(DeliveryState.Type.ACCEPTED);
    }

    @Test
    void links_that_are_not_offered_are_refused_with_a_reason() {
        assertThatThrownBy(() -> {
                    ReceiverOptions options = new ReceiverOptions();
                    options.sourceOptions().capabilities("queue").distributionMode(DistributionMode.COPY);
                    peer.receiver("jobs", options);
                })
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("queues cannot be browsed");
        assertThatThrownBy(() -> peer.receiver("a/#/b"))
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("wildcard");
        assertThatThrownBy(() -> peer.sender("$SYS/x")).isInstanceOf(ClientException.class);
    }

    @Test
    void a_message_of_many_frames_arrives_whole() throws Exception {
        byte[] large = new byte[3_000_000];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) ((i * 31) >> 3);
        }
        Receiver receiver = peer.receiver("files/+");
        Peer.send(peer.sender("files/one"), Message.create(large));
        Message<byte[]> got = Peer.next(receiver).message();
        assertThat(Arrays.equals(got.body(), large)).isTrue();
    }

    @Test
    void at_most_once_is_sent_settled() throws Exception {
        Receiver receiver = peer.receiver("fast", new ReceiverOptions().deliveryMode(DeliveryMode.AT_MOST_ONCE));
        Sender sender =
                peer.connection().openSender("fast", new SenderOptions().deliveryMode(DeliveryMode.AT_MOST_ONCE));
        sender.send(Message.create("x"));
        Delivery delivery = Peer.next(receiver);
        assertThat(delivery.remoteSettled()).isTrue();
    }

    @Test
    void credit_bounds_what_is_sent_and_what_was_released_comes_again() throws Exception {
        Receiver receiver =
                peer.receiver("work", new ReceiverOptions().creditWindow(0).autoAccept(false));
        Sender sender = peer.sender("work");
        Peer.send(sender, Message.create("one"));
        Peer.send(sender, Message.create("two"));
        assertThat(receiver.tryReceive()).isNull();
        receiver.addCredit(1);
        Delivery first = Peer.next(receiver);
        assertThat(first.<Object>message().body()).isEqualTo("one");
        first.modified(true, false);
        receiver.addCredit(2);
        Delivery again = Peer.next(receiver);
        assertThat(again.<Object>message().body()).isEqualTo("one");
        assertThat(again.message().deliveryCount()).isEqualTo(1);
        again.accept();
        assertThat(Peer.next(receiver).<Object>message().body()).isEqualTo("two");
    }

    @Test
    void a_drain_is_answered_when_nothing_is_at_hand() throws Exception {
        Receiver receiver = peer.receiver("quiet", new ReceiverOptions().creditWindow(0));
        receiver.addCredit(5);
        Peer.await(receiver.drain());
        assertThat(receiver.tryReceive()).isNull();
    }

    @Test
    void nothing_comes_after_a_drain_until_there_is_credit_again() throws Exception {
        Receiver receiver = peer.receiver("quiet", new ReceiverOptions().creditWindow(0));
        receiver.addCredit(5);
        Peer.await(receiver.drain());
        Receiver other = peer.receiver("quiet");
        Sender sender = peer.sender("quiet");
        for (String text : List.of("one", "two")) {
            Peer.send(sender, Message.create(text));
            assertThat(Peer.next(other).<Object>message().body()).isEqualTo(text);
            // Whoever attached first would have got it first.
            assertThat(receiver.tryReceive()).isNull();
        }
        receiver.addCredit(2);
        assertThat(Peer.next(receiver).<Object>message().body()).isEqualTo("one");
        assertThat(Peer.next(receiver).<Object>message().body()).isEqualTo("two");
    }

    @Test
    void a_request_for_a_row_is_answered_at_a_dynamic_address() throws Exception {
        node.put("Sensors/1", "{\"temp\":5}");
        node.put("Sensors/2", "{\"temp\":6}");
        Receiver replies = Peer.await(peer.connection().openDynamicReceiver().openFuture());
        Sender sender = peer.connection().openAnonymousSender();
        Message<String> get = Message.create("");
        get.to("Sensors/1").subject("get").replyTo(replies.address()).correlationId("first");
        Peer.send(sender, get);
        Message<byte[]> answer = Peer.next(replies).message();
        assertThat(answer.correlationId()).isEqualTo("first");
        assertThat(answer.property("status")).isEqualTo("200");
        assertThat(node.value(new String(answer.body(), UTF_8))).isEqualTo(node.value("{\"id\":\"1\",\"temp\":5}"));
        Message<String> find = Message.create("");
        find.to("Sensors").subject("get").replyTo(replies.address()).property("query", "temp=gt=5");
        Peer.send(sender, find);
        Message<byte[]> found = Peer.next(replies).message();
        assertThat(node.value(new String(found.body(), UTF_8))).isEqualTo(node.value("[{\"id\":\"2\",\"temp\":6}]"));
        Message<String> none = Message.create("");
        none.to("Sensors/9").subject("get").replyTo(replies.address());
        Peer.send(sender, none);
        assertThat(Peer.next(replies).message().property("status")).isEqualTo("404");
    }

    @Test
    void selectors_choose_by_properties_and_by_the_row() throws Exception {
        ReceiverOptions options = new ReceiverOptions();
        options.sourceOptions()
                .addFilter("jms-selector", UnsignedLong.valueOf(0x468C00000004L), "level > 3 OR temp > 30");
        Receiver receiver = peer.receiver("#", options);
        Sender sender = peer.sender("alarms");
        Peer.send(sender, Message.create("low").property("level", 1));
        Peer.send(sender, Message.create("high").property("level", 5));
        node.put("Sensors/1", "{\"temp\":20}");
        node.put("Sensors/2", "{\"temp\":40}");
        assertThat(Peer.next(receiver).<Object>message().body()).isEqualTo("high");
        assertThat(Peer.next(receiver).message().to()).isEqualTo("Sensors/2");
    }

    @Test
    void who_has_the_current_rows_goes_on_after_what_the_attach_has_said() throws Exception {
        node.put("Sensors/1", "{\"temp\":1}");
        Receiver rows = peer.receiver("Sensors/#");
        assertThat(Peer.next(rows).message().annotation("x-opt-sequence-number"))
                .isNull();
        long begun = (long) rows.properties().get("x-opt-sequence-number");
        rows.close();
        node.put("Sensors/2", "{\"temp\":2}");
        ReceiverOptions options = new ReceiverOptions();
        options.sourceOptions().filters(Map.of("x-opt-sequence-number", begun));
        assertThat(Peer.next(peer.receiver("Sensors/#", options)).message().to())
                .isEqualTo("Sensors/2");
    }

    @Test
    void a_receiver_goes_on_after_a_sequence() throws Exception {
        long sequence = node.put("Sensors/1", "{\"temp\":1}").sequence();
        node.put("Sensors/1", "{\"temp\":2}");
        node.put("Sensors/1", "{\"temp\":3}");
        ReceiverOptions options = new ReceiverOptions();
        options.sourceOptions().filters(Map.of("x-opt-sequence-number", sequence));
        Receiver resumed = peer.receiver("Sensors/#", options);
        for (String temp : new String[] {"2", "3"}) {
            Message<byte[]> change = Peer.next(resumed).message();
            assertThat(node.value(new String(change.body(), UTF_8)))
                    .isEqualTo(node.value("{\"id\":\"1\",\"temp\":" + temp + "}"));
        }
    }

    /** A link that sends to a queue. */
    private Sender jobs() throws Exception {
        SenderOptions queue = new SenderOptions();
        queue.targetOptions().capabilities("queue");
        return Peer.await(peer.connection().openSender("jobs", queue).openFuture());
    }

    /** A link that takes from it. */
    private Receiver taking(boolean accepts) throws Exception {
        ReceiverOptions queue = new ReceiverOptions().autoAccept(accepts);
        queue.sourceOptions().capabilities("queue");
        return peer.receiver("jobs", queue);
    }

    @Test
    void a_drain_brings_what_somebody_else_has_not_settled() throws Exception {
        Peer.send(jobs(), Message.create("one"));
        for (int i = 0; i < 20; i++) {
            Receiver taking = taking(false);
            Peer.await(taking.drain());
            assertThat(taking.tryReceive()).as("time %d", i).isNotNull();
            Peer.await(taking.closeAsync());
        }
    }

    @Test
    void a_selector_that_is_no_string_is_refused() {
        ReceiverOptions options = new ReceiverOptions();
        options.sourceOptions()
                .addFilter("apache.org:selector-filter:string", UnsignedLong.valueOf(0x468C00000004L), 5);
        assertThatThrownBy(() -> peer.receiver("Sensors/#", options))
                .hasMessageContaining("a selector that is no string");
    }

    @Test
    void what_has_waited_too_long_is_told_to_nobody_and_leaves_its_queue() throws Exception {
        Receiver topic = peer.receiver("chat/#");
        long past = System.currentTimeMillis() - 1_000;
        for (Sender sender : List.of(jobs(), peer.sender("chat/room"))) {
            Message<String> late = Message.create("late");
            Peer.send(sender, late.absoluteExpiryTime(past));
            Peer.send(sender, Message.create("in time"));
        }
        assertThat(Peer.next(topic).<String>message().body()).isEqualTo("in time");
        Receiver taking = taking(true);
        assertThat(Peer.next(taking).<String>message().body()).isEqualTo("in time");
        Peer.await(taking.closeAsync());
        Receiver rest = taking(true);
        Peer.await(rest.drain());
        assertThat(rest.tryReceive()).isNull();
    }

    @Test
    void only_what_has_failed_counts_as_a_failed_delivery_also_after_a_restart() throws Exception {
        Peer.send(jobs(), Message.create("one"));
        int count = 0;
        for (boolean failed : new boolean[] {false, true, false}) {
            Receiver taking = taking(false);
            Delivery delivery = Peer.next(taking);
            assertThat(delivery.message().deliveryCount()).isEqualTo(count);
            delivery.modified(failed, true);
            Peer.await(taking.closeAsync());
            count += failed ? 1 : 0;
        }
        restart();
        assertThat(Peer.next(taking(true)).message().deliveryCount()).isEqualTo(count);
    }
}
