// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a sender says in the header, AMQP 1.0 §3.2.1. */
class HeaderTest extends AtANode {

    private static void is(Message<?> message, boolean durable, int priority) throws Exception {
        assertThat(message.durable()).isEqualTo(durable);
        assertThat(message.priority()).isEqualTo((byte) priority);
    }

    @Test
    void priority_and_durable_are_told_as_they_were_said_and_the_order_is_that_of_sending() throws Exception {
        peer.receiver("queue://some/1").detachAsync().get();
        Receiver topic = peer.receiver("some/1");
        for (int priority = 0; priority < 10; priority++) {
            Message<String> text =
                    Message.create("text").priority((byte) priority).durable(priority % 2 == 0);
            Peer.send(peer.sender("some/1"), text);
            Peer.send(peer.sender("topic/" + priority), text.subject("put"));
        }
        for (int priority = 0; priority < 10; priority++) {
            is(Peer.next(topic).message(), priority % 2 == 0, priority);
        }
        restart();
        Receiver queue = peer.receiver("queue://some/1");
        for (int priority = 0; priority < 10; priority++) {
            is(Peer.next(queue).message(), priority % 2 == 0, priority);
            is(Peer.next(peer.receiver("topic/" + priority)).message(), priority % 2 == 0, priority);
        }
    }

    @ParameterizedTest
    @CsvSource({"true, true", "false, false", ", false"})
    void who_says_nothing_about_durable_says_no(String said, boolean told) throws Exception {
        Receiver queue = peer.receiver("queue://some/1");
        Message<String> text = Message.create("text");
        if (said != null) {
            text.durable(Boolean.parseBoolean(said));
        }
        Peer.send(peer.sender("some/1"), text);
        is(Peer.next(queue).message(), told, 4);
    }

    /** A list of one: durable, or not; no list; then one byte of data. */
    @ParameterizedTest
    @CsvSource({"005370c0020141, true", "005370c0020142, false", "'', true"})
    void data_alone_are_told_as_kept_where_they_are_unless_the_sender_says_otherwise(String header, boolean told)
            throws Exception {
        Receiver queue = peer.receiver("queue://some/1");
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.open().begin(0).sender("some/1");
            raw.transfer(0, false, HexFormat.of().parseHex(header + "005375a00178"))
                    .send();
            is(Peer.next(queue).message(), told, 4);
        }
    }

    @Test
    void what_others_send_is_durable_where_it_is_logged() throws Exception {
        Receiver queue = peer.receiver("queue://some/1");
        node.publish("some/1", "x".getBytes(UTF_8));
        is(Peer.next(queue).message(), true, 4);
        Receiver topic = peer.receiver("other/1");
        node.publish("other/1", "x".getBytes(UTF_8));
        is(Peer.next(topic).message(), false, 4);
    }

    @Test
    void a_time_to_live_is_when_it_is_over() throws Exception {
        Receiver queue = peer.receiver("queue://some/1");
        long before = System.currentTimeMillis();
        Peer.send(peer.sender("some/1"), Message.create("text").timeToLive(1_000_000));
        assertThat(Peer.next(queue).message().absoluteExpiryTime())
                .isBetween(before + 1_000_000, System.currentTimeMillis() + 1_000_000);
    }

    @Test
    void selectors_see_both() throws Exception {
        ReceiverOptions options = new ReceiverOptions();
        options.sourceOptions()
                .addFilter(
                        "apache.org:selector-filter:string",
                        UnsignedLong.valueOf(0x468C00000004L),
                        "JMSPriority > 4 AND JMSDeliveryMode = 'PERSISTENT'");
        Receiver receiver = peer.receiver("some/1", options);
        for (int priority : new int[] {4, 5, 9}) {
            for (boolean durable : new boolean[] {false, true}) {
                Message<String> text = Message.create("text");
                Peer.send(peer.sender("some/1"), text.priority((byte) priority).durable(durable));
            }
        }
        is(Peer.next(receiver).message(), true, 5);
        is(Peer.next(receiver).message(), true, 9);
    }

    @Test
    void application_properties_do_not_bring_other_sections_along() throws Exception {
        Receiver receiver = peer.receiver("some/1");
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.open().begin(0).sender("some/1");
            // Application properties, then a header with priority 9, where none may be.
            String misplaced = "005374c10702a10161a10162" + "005370c004024050" + "09" + "005377a10178";
            raw.transfer(0, false, HexFormat.of().parseHex(misplaced)).send();
            Message<Object> got = Peer.next(receiver).message();
            assertThat(got.body()).isEqualTo("x");
            assertThat(got.property("a")).isEqualTo("b");
            is(got, false, 9);
        }
    }
}
