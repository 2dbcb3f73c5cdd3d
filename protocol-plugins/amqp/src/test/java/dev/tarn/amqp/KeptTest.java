// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.DeliveryState;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.SenderOptions;
import org.apache.qpid.protonj2.client.exceptions.ClientException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept by name: durable subscriptions, shared ones, queues. */
class KeptTest {

    private Node node;

    @BeforeEach
    void start(@TempDir Path directory) {
        node = Peer.node(directory);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private Peer peer(String container) throws Exception {
        return Peer.of(node, container, new ConnectionOptions());
    }

    private static Receiver durable(Peer peer, String address, String name) throws Exception {
        return Peer.await(peer.connection().openDurableReceiver(address, name).openFuture());
    }

    private static ReceiverOptions lasting(String name, String... capabilities) {
        ReceiverOptions options = new ReceiverOptions().linkName(name);
        options.sourceOptions()
                .capabilities(capabilities)
                .durabilityMode(org.apache.qpid.protonj2.client.DurabilityMode.UNSETTLED_STATE)
                .expiryPolicy(org.apache.qpid.protonj2.client.ExpiryPolicy.NEVER);
        return options;
    }

    private static String text(Receiver receiver) throws ClientException {
        return Peer.next(receiver).<String>message().body();
    }

    private static List<String> numbered(int from, int to) {
        List<String> texts = new ArrayList<>();
        for (int i = from; i < to; i++) {
            texts.add("m" + i);
        }
        return texts;
    }

    private void say(String address, int from, int to) throws Exception {
        try (Peer speaking = peer("speaking")) {
            Sender sender = speaking.sender(address);
            for (String text : numbered(from, to)) {
                assertThat(Peer.send(sender, Message.create(text)).remoteState().getType())
                        .isEqualTo(DeliveryState.Type.ACCEPTED);
            }
        }
    }

    @Test
    void a_durable_subscription_goes_on_where_it_stopped_also_after_a_restart() throws Exception {
        try (Peer mine = peer("mine")) {
            Receiver receiver = durable(mine, "news/#", "all");
            say("news/a", 0, 3);
            for (String text : numbered(0, 3)) {
                assertThat(text(receiver)).isEqualTo(text);
            }
            Peer.await(receiver.detachAsync());
        }
        say("news/a", 3, 6);
        node = node.restart();
        say("news/b", 6, 8);
        try (Peer mine = peer("mine")) {
            Receiver receiver = durable(mine, "news/#", "all");
            List<String> got = new ArrayList<>();
            while (!got.contains("m7")) {
                got.add(text(receiver));
            }
            // What was settled last before the restart may come once more, all else once, in order.
            got.removeAll(numbered(0, 3));
            assertThat(got).isEqualTo(numbered(3, 8));
        }
    }

    @Test
    void a_new_durable_subscription_begins_with_the_current_rows() throws Exception {
        node.put("Sensors/1", "{\"temp\":1}");
        node.put("Sensors/2", "{\"temp\":2}");
        try (Peer mine = peer("mine")) {
            Receiver receiver = durable(mine, "Sensors/#", "rows");
            TreeSet<String> rows = new TreeSet<>();
            while (rows.size() < 2) {
                rows.add(Peer.next(receiver).message().to());
            }
            node.put("Sensors/3", "{\"temp\":3}");
            Message<byte[]> change = Peer.next(receiver).message();
            assertThat(change.to()).isEqualTo("Sensors/3");
            assertThat(node.value(new String(change.body(), UTF_8))).isEqualTo(node.value("{\"id\":\"3\",\"temp\":3}"));
        }
    }

    @Test
    void closing_ends_a_durable_subscription_and_detaching_does_not() throws Exception {
        try (Peer mine = peer("mine")) {
            Peer.await(durable(mine, "news/x", "gone").closeAsync());
            Peer.await(durable(mine, "news/x", "kept").detachAsync());
            say("news/x", 0, 1);
            assertThat(text(durable(mine, "news/x", "kept"))).isEqualTo("m0");
            Receiver anew = durable(mine, "news/x", "gone");
            say("news/x", 1, 2);
            assertThat(text(anew)).isEqualTo("m1");
        }
    }

    @Test
    void a_subscription_with_another_selector_is_another_one() throws Exception {
        try (Peer mine = peer("mine")) {
            ReceiverOptions red = lasting("colours");
            red.sourceOptions().filters(Map.of("jms-selector", Selectors.described("colour = 'red'")));
            Peer.await(mine.receiver("paint", red).detachAsync());
            Sender sender = mine.sender("paint");
            Peer.send(sender, Message.create("r1").property("colour", "red"));
            Peer.send(sender, Message.create("b1").property("colour", "blue"));
            Peer.send(sender, Message.create("r2").property("colour", "red"));
            Receiver receiver = mine.receiver("paint", red);
            assertThat(List.of(text(receiver), text(receiver))).containsExactly("r1", "r2");
            Peer.await(receiver.detachAsync());
            ReceiverOptions blue = lasting("colours");
            blue.sourceOptions().filters(Map.of("jms-selector", Selectors.described("colour = 'blue'")));
            Receiver other = mine.receiver("paint", blue);
            Peer.send(sender, Message.create("r3").property("colour", "red"));
            Peer.send(sender, Message.create("b2").property("colour", "blue"));
            assertThat(text(other)).isEqualTo("b2");
        }
    }

    @Test
    void who_attaches_again_steals_the_link() throws Exception {
        try (Peer first = peer("mine");
                Peer second = peer("mine")) {
            Receiver before = durable(first, "news/y", "one");
            Receiver after = durable(second, "news/y", "one");
            assertThatThrownBy(() -> Peer.next(before))
                    .isInstanceOf(ClientException.class)
                    .hasMessageContaining("attached again elsewhere");
            say("news/y", 0, 1);
            assertThat(text(after)).isEqualTo("m0");
        }
    }

    @Test
    void a_shared_subscription_that_lasts_gives_each_message_to_one_of_any_container() throws Exception {
        try (Peer one = peer("one");
                Peer two = peer("two")) {
            Receiver first = one.receiver("work/#", lasting("team|1", "topic", "shared", "global"));
            Receiver second = two.receiver("work/#", lasting("team|2", "topic", "shared", "global"));
            say("work/a", 0, 20);
            assertThat(sorted(all(20, first, second))).isEqualTo(sorted(numbered(0, 20)));
            Peer.await(first.detachAsync());
            Peer.await(second.detachAsync());
            say("work/a", 20, 22);
        }
        node = node.restart();
        try (Peer three = peer("three")) {
            Receiver third = three.receiver("work/#", lasting("team", "topic", "shared", "global"));
            List<String> got = new ArrayList<>();
            while (!got.containsAll(numbered(20, 22))) {
                got.add(text(third));
            }
            assertThat(got).endsWith("m20", "m21");
        }
    }

    private static List<String> sorted(List<String> texts) {
        return texts.stream().sorted().toList();
    }

    private static List<String> all(int count, Receiver... receivers) throws Exception {
        List<String> got = new ArrayList<>();
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (got.size() < count && System.nanoTime() < deadline) {
            for (Receiver receiver : receivers) {
                Delivery delivery = receiver.receive(20, TimeUnit.MILLISECONDS);
                if (delivery != null) {
                    got.add(delivery.<String>message().body());
                }
            }
        }
        return got;
    }

    private static ReceiverOptions queue() {
        ReceiverOptions options = new ReceiverOptions();
        options.sourceOptions().capabilities("queue");
        return options;
    }

    @Test
    void a_queue_keeps_what_is_sent_to_it_until_somebody_takes_it() throws Exception {
        try (Peer peer = peer("sending")) {
            SenderOptions to = new SenderOptions();
            to.targetOptions().capabilities("queue");
            Sender sender = Peer.await(peer.connection().openSender("jobs", to).openFuture());
            for (String text : numbered(0, 4)) {
                Peer.send(sender, Message.create(text));
            }
        }
        node = node.restart();
        try (Peer one = peer("one");
                Peer two = peer("two")) {
            Receiver first = one.receiver("queue://jobs", new ReceiverOptions().creditWindow(0));
            Receiver second = two.receiver("jobs", queue().creditWindow(0));
            first.addCredit(2);
            List<String> got = new ArrayList<>(List.of(text(first), text(first)));
            second.addCredit(2);
            got.add(text(second));
            got.add(text(second));
            assertThat(got).isEqualTo(numbered(0, 4));
        }
    }

    @Test
    void what_a_client_of_a_queue_gives_back_goes_to_another_with_its_failures() throws Exception {
        try (Peer one = peer("one");
                Peer two = peer("two")) {
            Receiver first = one.receiver("jobs", queue().creditWindow(0).autoAccept(false));
            Receiver second = two.receiver("jobs", queue().creditWindow(0).autoAccept(false));
            Sender sender = one.connection().openAnonymousSender();
            Message<String> job = Message.create("job");
            job.to("jobs").annotation("x-opt-jms-dest", (byte) 0);
            assertThat(Peer.send(sender, job).remoteState().getType()).isEqualTo(DeliveryState.Type.ACCEPTED);
            first.addCredit(1);
            Delivery failing = Peer.next(first);
            assertThat(failing.message().deliveryCount()).isZero();
            second.addCredit(1);
            failing.modified(true, true);
            Delivery again = Peer.next(second);
            assertThat(again.message().deliveryCount()).isEqualTo(1);
            again.release();
            second.addCredit(1);
            Delivery third = Peer.next(second);
            assertThat(third.message().deliveryCount()).isEqualTo(1);
            third.accept();
        }
    }

    @Test
    void a_client_without_credit_does_not_keep_others_from_a_queue() throws Exception {
        try (Peer one = peer("one");
                Peer two = peer("two")) {
            Receiver idle = one.receiver("jobs", queue().creditWindow(0));
            idle.addCredit(5);
            Peer.await(idle.drain());
            say("jobs", 0, 3);
            Receiver busy = two.receiver("jobs", queue());
            assertThat(all(3, busy)).isEqualTo(numbered(0, 3));
        }
    }

    @Test
    void clients_of_a_queue_have_selectors_of_their_own() throws Exception {
        try (Peer peer = peer("one")) {
            ReceiverOptions red = queue();
            red.sourceOptions().filters(Map.of("jms-selector", Selectors.described("colour = 'red'")));
            Receiver reds = peer.receiver("paint", red);
            Sender sender = peer.sender("paint");
            Peer.send(sender, Message.create("b1").property("colour", "blue"));
            Peer.send(sender, Message.create("r1").property("colour", "red"));
            assertThat(text(reds)).isEqualTo("r1");
            assertThat(text(peer.receiver("paint", queue()))).isEqualTo("b1");
        }
    }

    @Test
    void a_subscription_that_expires_is_gone() throws Exception {
        try (Peer mine = peer("mine")) {
            ReceiverOptions brief = lasting("brief");
            brief.sourceOptions().expiryPolicy(org.apache.qpid.protonj2.client.ExpiryPolicy.LINK_CLOSE);
            Peer.await(mine.receiver("news/z", brief).detachAsync());
            say("news/z", 0, 1);
            Receiver anew = mine.receiver("news/z", brief);
            say("news/z", 1, 2);
            assertThat(text(anew)).isEqualTo("m1");
        }
    }
}
