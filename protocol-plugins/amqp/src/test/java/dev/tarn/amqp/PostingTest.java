// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.Node;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.SenderOptions;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Data;
import org.apache.qpid.protonj2.types.messaging.Properties;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.transactions.Declare;
import org.apache.qpid.protonj2.types.transactions.Discharge;
import org.apache.qpid.protonj2.types.transactions.TransactionalState;
import org.apache.qpid.protonj2.types.transport.Detach;
import org.apache.qpid.protonj2.types.transport.Disposition;
import org.apache.qpid.protonj2.types.transport.Role;
import org.apache.qpid.protonj2.types.transport.SenderSettleMode;
import org.apache.qpid.protonj2.types.transport.Transfer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages that come in parts, and the transactions that they are part of; AMQP 1.0 §4.4.1. */
class PostingTest {

    private static final String ROLLBACK = "amqp:transaction:rollback";
    private static final String ACCEPTED = "\u0000S$E";

    /** The second transaction of a connection, as it is declared. */
    private static final String DECLARED_SECOND = "\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0002";

    private static final String BODY = "{\"temp\":1}";

    private Node node;
    private RawPeer peer;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        node = Peer.node(directory);
        peer = new RawPeer(node.port("amqp"));
        peer.open().begin().coordinator().sender(null);
    }

    @AfterEach
    void stop() throws Exception {
        peer.close();
        node.close();
    }

    private static byte[] put(String path, byte[] body) {
        Properties properties = new Properties();
        properties.setTo(path).setSubject("put");
        ProtonBuffer buffer = Codec.allocate(256);
        Codec codec = new Codec();
        codec.write(buffer, properties);
        codec.write(buffer, new Data(body));
        return Codec.bytes(buffer);
    }

    private static byte[] put(String path) {
        return put(path, BODY.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] first(byte[] message) {
        return Arrays.copyOf(message, message.length / 2);
    }

    private static byte[] rest(byte[] message) {
        return Arrays.copyOfRange(message, message.length / 2, message.length);
    }

    private static Discharge discharge(long transaction, boolean fail) {
        return new Discharge().setTxnId(id(transaction)).setFail(fail);
    }

    private static Binary id(long transaction) {
        return new Binary(ByteBuffer.allocate(Long.BYTES).putLong(transaction).array());
    }

    @Test
    void a_transaction_is_not_discharged_before_the_end_of_a_message_that_is_part_of_it() throws Exception {
        byte[] message = put("Sensors/2");
        String heard = peer.control(0, new Declare())
                .transfer(1, 1, false, put("Sensors/1"))
                .transfer(2, 1, true, first(message))
                .control(3, discharge(1, false))
                .until("is part of it");
        assertThat(heard).contains(ROLLBACK);
        peer.transfer(2, 1, false, rest(message)).until("amqp:transaction:unknown-id");
        assertThat(node.row("Sensors/1")).isEmpty();
        assertThat(node.row("Sensors/2")).isEmpty();
    }

    @Test
    void a_message_that_its_sender_takes_back_does_not_hold_up_a_discharge() throws Exception {
        peer.control(0, new Declare()).transfer(1, 1, false, put("Sensors/1")).until(ACCEPTED);
        peer.transfer(2, 1, true, first(put("Sensors/2")))
                .frame(0, new Transfer().setHandle(0).setAborted(true))
                .control(3, discharge(1, false))
                .until(ACCEPTED);
        assertThat(node.row("Sensors/1")).isPresent();
        assertThat(node.row("Sensors/2")).isEmpty();
    }

    @Test
    void a_message_may_not_be_in_two_transactions_and_neither_is_committed() throws Exception {
        byte[] message = put("Sensors/3");
        String heard = peer.control(0, new Declare())
                .control(1, new Declare())
                .transfer(2, 1, false, put("Sensors/1"))
                .transfer(3, 2, false, put("Sensors/2"))
                .transfer(4, 1, true, first(message))
                .transfer(4, 2, false, rest(message))
                .until("a message in two transactions");
        assertThat(heard).contains("amqp:not-allowed").doesNotContain(ROLLBACK);
        peer.control(5, discharge(1, false)).until(ROLLBACK);
        peer.control(6, discharge(2, false)).until(ROLLBACK);
        assertThat(node.row("Sensors/1")).isEmpty();
        assertThat(node.row("Sensors/2")).isEmpty();
        assertThat(node.row("Sensors/3")).isEmpty();
    }

    @Test
    void a_link_that_ends_within_a_message_is_missing_in_its_transaction() throws Exception {
        peer.control(0, new Declare())
                .transfer(1, 1, false, put("Sensors/1"))
                .transfer(2, 1, true, first(put("Sensors/2")))
                .frame(0, new Detach().setHandle(0).setClosed(true))
                .control(3, discharge(1, false))
                .until(ROLLBACK);
        assertThat(node.row("Sensors/1")).isEmpty();
    }

    @Test
    void what_goes_into_the_store_as_it_comes_cannot_become_part_of_a_transaction() throws Exception {
        byte[] message = put("files/a", new byte[600_000]);
        peer.control(0, new Declare()).transfer(1, 1, false, put("Sensors/1"));
        int at = 0;
        for (; at < 550_000; at += 50_000) {
            peer.transfer(2, true, Arrays.copyOfRange(message, at, at + 50_000));
        }
        peer.transfer(2, 1, false, Arrays.copyOfRange(message, at, message.length));
        assertThat(peer.until("a transaction is named after the beginning")).contains("amqp:not-allowed");
        peer.control(3, discharge(1, false)).until(ROLLBACK);
        assertThat(node.row("Sensors/1")).isEmpty();
        assertThat(node.row("files/a")).isEmpty();
    }

    /** A link that has been sent the one message of a queue, as delivery 0. */
    private RawPeer taking() throws Exception {
        try (Peer other = Peer.of(node)) {
            SenderOptions queue = new SenderOptions();
            queue.targetOptions().capabilities("queue");
            Peer.send(Peer.await(other.connection().openSender("jobs", queue).openFuture()), Message.create("one"));
        }
        Source jobs = new Source().setAddress("jobs").setCapabilities(Symbol.valueOf("queue"));
        RawPeer taker = new RawPeer(node.port("amqp"));
        taker.open()
                .begin()
                .coordinator()
                .receiver(jobs, SenderSettleMode.UNSETTLED, 1)
                .until("one");
        return taker;
    }

    private static Disposition accepted(long transaction) {
        return new Disposition()
                .setRole(Role.RECEIVER)
                .setFirst(0)
                .setSettled(false)
                .setState(new TransactionalState().setTxnId(id(transaction)).setOutcome(Accepted.getInstance()));
    }

    private static Receiver jobs(Peer peer) throws Exception {
        ReceiverOptions queue = new ReceiverOptions().autoAccept(false);
        queue.sourceOptions().capabilities("queue");
        return peer.receiver("jobs", queue);
    }

    /** Whether there is something in the queue that is nobody's; it is put back. */
    private boolean left() throws Exception {
        try (Peer other = Peer.of(node)) {
            Receiver rest = jobs(other);
            Peer.await(rest.drain());
            Delivery found = rest.tryReceive();
            if (found != null) {
                found.release();
            }
            return found != null;
        }
    }

    private String comes() throws Exception {
        try (Peer other = Peer.of(node)) {
            return Peer.next(jobs(other)).<String>message().body();
        }
    }

    @Test
    void a_delivery_is_settled_in_one_transaction_only_however_often_that_is_said() throws Exception {
        try (RawPeer taker = taking()) {
            taker.control(0, new Declare())
                    .control(1, new Declare())
                    .frame(0, accepted(1))
                    .frame(0, accepted(1))
                    .frame(0, accepted(2))
                    .control(2, discharge(2, false))
                    .until(ROLLBACK);
            taker.control(3, discharge(1, false)).until(ACCEPTED);
        }
        assertThat(left()).isFalse();
    }

    @Test
    void a_settlement_in_a_transaction_that_is_not_there_costs_the_link() throws Exception {
        try (RawPeer taker = taking()) {
            taker.frame(0, accepted(1)).until("amqp:transaction:unknown-id");
            taker.control(0, new Declare()).control(1, discharge(1, false)).until(ACCEPTED);
        }
        assertThat(left()).isTrue();
    }

    @Test
    void what_is_settled_in_a_transaction_is_nobody_else_s_until_that_is_discharged() throws Exception {
        for (boolean committed : new boolean[] {true, false}) {
            try (RawPeer taker = taking()) {
                try (Peer other = Peer.of(node)) {
                    Receiver waiting = jobs(other);
                    taker.control(0, new Declare())
                            .frame(0, accepted(1))
                            .frame(0, new Detach().setHandle(0).setClosed(true))
                            .control(1, new Declare())
                            .until(DECLARED_SECOND);
                    Peer.await(waiting.drain());
                    assertThat(waiting.tryReceive()).isNull();
                }
                assertThat(left()).isFalse();
                taker.control(2, discharge(1, !committed)).until(ACCEPTED);
            }
            assertThat(left()).isEqualTo(!committed);
        }
    }

    @Test
    void a_connection_that_is_lost_gives_back_what_it_would_have_settled() throws Exception {
        try (RawPeer taker = taking()) {
            taker.control(0, new Declare())
                    .frame(0, accepted(1))
                    .frame(0, new Detach().setHandle(0).setClosed(true))
                    .control(1, new Declare())
                    .until(DECLARED_SECOND);
            assertThat(left()).isFalse();
        }
        assertThat(comes()).isEqualTo("one");
    }
}
