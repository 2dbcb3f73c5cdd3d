// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.SenderOptions;
import org.apache.qpid.protonj2.client.Session;
import org.apache.qpid.protonj2.client.exceptions.ClientException;
import org.junit.jupiter.api.Test;

/** Local transactions: all of it or nothing. */
class TransactionsTest extends AtANode {

    private static ReceiverOptions queue() {
        ReceiverOptions options = new ReceiverOptions().creditWindow(0);
        options.sourceOptions().capabilities("queue");
        return options;
    }

    private static Sender queue(Session session, String address) throws Exception {
        SenderOptions options = new SenderOptions();
        options.targetOptions().capabilities("queue");
        return Peer.await(session.openSender(address, options).openFuture());
    }

    private static String text(Delivery delivery) throws ClientException {
        return delivery.<String>message().body();
    }

    @Test
    void rows_and_messages_of_a_transaction_are_one_commit() throws Exception {
        Receiver listening = peer.receiver("Sensors/#");
        Session session = peer.connection().openSession();
        Sender sender = Peer.await(session.openAnonymousSender().openFuture());
        session.beginTransaction();
        Peer.send(sender, put("Sensors/1", "{\"temp\":1}"));
        Peer.send(sender, put("Sensors/2", "{\"temp\":2}"));
        Peer.send(sender, Message.create("said").to("Sensors/said"));
        assertThat(node.row("Sensors/1")).isEmpty();
        session.commitTransaction();
        assertThat(node.text("Sensors/1")).contains("1");
        assertThat(node.text("Sensors/2")).contains("2");
        for (String path : List.of("Sensors/1", "Sensors/2", "Sensors/said")) {
            assertThat(Peer.next(listening).message().to()).isEqualTo(path);
        }
    }

    private static Message<String> put(String path, String json) throws ClientException {
        return Message.create(json).to(path).subject("put");
    }

    @Test
    void a_row_may_be_written_more_than_once() throws Exception {
        Session session = peer.connection().openSession();
        Sender sender = Peer.await(session.openAnonymousSender().openFuture());
        session.beginTransaction();
        Peer.send(sender, put("Sensors/1", "{\"temp\":1}"));
        Peer.send(sender, Message.create("{\"room\":\"a\"}").to("Sensors/1").subject("patch"));
        Peer.send(sender, put("Sensors/2", "{\"temp\":2}"));
        Peer.send(sender, Message.create("").to("Sensors/2").subject("delete"));
        session.commitTransaction();
        assertThat(node.value(node.text("Sensors/1")))
                .isEqualTo(node.value("{\"id\":\"1\",\"room\":\"a\",\"temp\":1}"));
        assertThat(node.row("Sensors/2")).isEmpty();
    }

    @Test
    void nothing_is_left_of_what_is_rolled_back() throws Exception {
        Session session = peer.connection().openSession();
        Sender sender = Peer.await(session.openAnonymousSender().openFuture());
        session.beginTransaction();
        Peer.send(sender, put("Sensors/1", "{\"temp\":1}"));
        session.rollbackTransaction();
        session.beginTransaction();
        Peer.send(sender, put("Sensors/2", "{\"temp\":2}"));
        session.commitTransaction();
        assertThat(node.row("Sensors/1")).isEmpty();
        assertThat(node.row("Sensors/2")).isPresent();
    }

    @Test
    void a_transaction_of_which_a_part_is_refused_is_rolled_back() throws Exception {
        Session session = peer.connection().openSession();
        Sender sender = Peer.await(session.openAnonymousSender().openFuture());
        session.beginTransaction();
        Peer.send(sender, put("Sensors/1", "{\"temp\":1}"));
        Peer.send(sender, put("Sensors/2", "{\"temp\":\"warm\"}"));
        assertThatThrownBy(session::commitTransaction).isInstanceOf(ClientException.class);
        assertThat(node.row("Sensors/1")).isEmpty();
    }

    @Test
    void a_connection_may_have_any_number_of_transactions_one_after_the_other() throws Exception {
        Session session = peer.connection().openSession();
        Sender sender = Peer.await(session.openAnonymousSender().openFuture());
        for (int i = 0; i < 600; i++) {
            session.beginTransaction();
            if (i % 100 == 0) {
                Peer.send(sender, put("Sensors/" + i, "{\"temp\":1}"));
            }
            if (i % 2 == 0) {
                session.commitTransaction();
            } else {
                session.rollbackTransaction();
            }
        }
        assertThat(node.row("Sensors/500")).isPresent();
    }

    @Test
    void a_transaction_is_rolled_back_whatever_of_it_was_refused_and_when() throws Exception {
        Message<String> question = Message.create("");
        question.to("Sensors/1").subject("get").replyTo("answers");
        List<Message<?>> refused = List.of(
                Message.create("to many").to("a/#"),
                Message.create("to none"),
                question,
                // More than a message may have: its link is closed, and the discharge comes through nevertheless.
                Message.create(new byte[17 << 20]).to("large"));
        for (Message<?> wrong : refused) {
            Session session = peer.connection().openSession();
            Sender sender = Peer.await(session.openAnonymousSender().openFuture());
            session.beginTransaction();
            Peer.send(sender, put("Sensors/1", "{\"temp\":1}"));
            try {
                Peer.send(sender, wrong);
            } catch (ClientException closed) {
                assertThat(closed).hasMessageContaining("a message of more than");
            }
            assertThatThrownBy(session::commitTransaction)
                    .as("to %s", wrong.to())
                    .isInstanceOf(ClientException.class);
            assertThat(node.row("Sensors/1")).isEmpty();
            // The next one has nothing to do with it.
            Sender next = Peer.await(session.openAnonymousSender().openFuture());
            session.beginTransaction();
            Peer.send(next, put("Sensors/2", "{\"temp\":2}"));
            session.commitTransaction();
            assertThat(node.row("Sensors/2")).isPresent();
            node.delete("Sensors/2");
            session.close();
        }
    }

    @Test
    void what_is_taken_in_a_transaction_is_taken_with_it() throws Exception {
        Session plain = peer.connection().openSession();
        Sender jobs = queue(plain, "jobs");
        Peer.send(jobs, Message.create("one"));
        Peer.send(jobs, Message.create("two"));

        Session session = peer.connection().openSession();
        Sender done = queue(session, "done");
        Receiver taking = Peer.await(session.openReceiver("jobs", queue()).openFuture());
        taking.addCredit(1);
        session.beginTransaction();
        assertThat(text(Peer.next(taking))).isEqualTo("one");
        Peer.send(done, Message.create("one is done"));
        session.rollbackTransaction();

        taking.addCredit(1);
        session.beginTransaction();
        Delivery again = Peer.next(taking);
        assertThat(text(again)).isEqualTo("one");
        assertThat(again.message().deliveryCount()).isEqualTo(1);
        Peer.send(done, Message.create("one is done"));
        session.commitTransaction();
        peer.close();

        node = node.restart();
        peer = Peer.of(node, "later", new ConnectionOptions());
        Receiver rest = peer.receiver("jobs", queue());
        rest.addCredit(1);
        assertThat(text(Peer.next(rest))).isEqualTo("two");
        Receiver results = peer.receiver("done", queue());
        results.addCredit(1);
        assertThat(text(Peer.next(results))).isEqualTo("one is done");
    }
}
