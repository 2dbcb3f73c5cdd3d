// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.Node;
import dev.tarn.testkit.ScramClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.exceptions.ClientException;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.UnsignedInteger;
import org.apache.qpid.protonj2.types.security.SaslChallenge;
import org.apache.qpid.protonj2.types.security.SaslCode;
import org.apache.qpid.protonj2.types.security.SaslInit;
import org.apache.qpid.protonj2.types.security.SaslMechanisms;
import org.apache.qpid.protonj2.types.security.SaslOutcome;
import org.apache.qpid.protonj2.types.security.SaslResponse;
import org.apache.qpid.protonj2.types.transport.Open;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in, and how connections end. */
class ConnectionsTest {

    @TempDir
    private Path directory;

    private Node guarded() {
        return Node.in(directory).passwords().stream(Peer::protocol).start();
    }

    @Test
    void a_name_and_password_are_asked_for() throws Exception {
        try (Node node = guarded()) {
            assertThat(outcome(node, plain(Node.PASSWORD))).isEqualTo(SaslCode.OK);
            assertThat(outcome(node, plain("wrong"))).isEqualTo(SaslCode.AUTH);
            assertThat(outcome(node, new SaslInit().setMechanism(Symbol.valueOf("ANONYMOUS"))))
                    .isEqualTo(SaslCode.AUTH);
            assertThat(outcome(node, new SaslInit().setMechanism(Symbol.valueOf("EXTERNAL"))))
                    .isEqualTo(SaslCode.AUTH);
            try (RawPeer raw = new RawPeer(node.port("amqp"))) {
                assertThat(raw.open().untilClosed()).contains("amqp:unauthorized-access");
            }
        }
    }

    private static SaslInit plain(String password) {
        byte[] message = ("\0" + Node.ADMINISTRATOR + "\0" + password).getBytes(UTF_8);
        return new SaslInit().setMechanism(Symbol.valueOf("PLAIN")).setInitialResponse(new Binary(message));
    }

    private static SaslCode outcome(Node node, SaslInit init) throws Exception {
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.hex(RawPeer.SASL).sasl(init);
            assertThat(raw.sasl()).isInstanceOf(SaslMechanisms.class);
            return ((SaslOutcome) raw.sasl()).getCode();
        }
    }

    @Test
    void a_password_need_not_be_sent() throws Exception {
        try (Node node = guarded()) {
            assertThat(scram(node, Node.PASSWORD)).isEqualTo(SaslCode.OK);
            assertThat(scram(node, "wrong")).isEqualTo(SaslCode.AUTH);
        }
    }

    private static SaslCode scram(Node node, String password) throws Exception {
        ScramClient client = new ScramClient(Node.ADMINISTRATOR, password);
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.hex(RawPeer.SASL)
                    .sasl(new SaslInit()
                            .setMechanism(Symbol.valueOf("SCRAM-SHA-256"))
                            .setInitialResponse(new Binary(client.first())));
            assertThat(((SaslMechanisms) raw.sasl()).getSaslServerMechanisms())
                    .contains(Symbol.valueOf("SCRAM-SHA-256"));
            byte[] challenge = Codec.bytes(((SaslChallenge) raw.sasl()).getChallenge());
            raw.sasl(new SaslResponse().setResponse(new Binary(client.proof(challenge))));
            SaslOutcome outcome = (SaslOutcome) raw.sasl();
            if (outcome.getCode() == SaslCode.OK) {
                assertThat(client.knows(Codec.bytes(outcome.getAdditionalData())))
                        .isTrue();
                assertThat(raw.open().until("tarn")).contains("tarn");
            }
            return outcome.getCode();
        }
    }

    @Test
    void what_is_said_before_the_outcome_is_read_after_it() throws Exception {
        try (Node node = Peer.node(directory);
                RawPeer raw = new RawPeer(node.port("amqp"))) {
            // Header, init of ANONYMOUS, header, open, begin and attach in one segment.
            String said = raw.hex(RawPeer.SASL)
                    .sasl(new SaslInit().setMechanism(Symbol.valueOf("ANONYMOUS")))
                    .open()
                    .begin()
                    .sender("piped")
                    .until("piped");
            assertThat(said).contains("ANONYMOUS", "PLAIN", "tarn");
        }
    }

    @Test
    void a_container_may_ask_to_have_one_connection() throws Exception {
        try (Node node = Peer.node(directory);
                Peer first = Peer.of(node, "only", sole(0))) {
            Receiver receiver = first.receiver("a");
            assertThatThrownBy(() -> {
                        try (Peer second = Peer.of(node, "only", sole(0))) {
                            second.receiver("a");
                        }
                    })
                    .isInstanceOf(ClientException.class);
            try (Peer third = Peer.of(node, "only", sole(1))) {
                third.receiver("a");
                assertThatThrownBy(() -> Peer.next(receiver)).isInstanceOf(ClientException.class);
            }
        }
    }

    private static ConnectionOptions sole(int policy) {
        return new ConnectionOptions()
                .desiredCapabilities("sole-connection-for-container")
                .properties(Map.of("sole-connection-enforcement-policy", UnsignedInteger.valueOf(policy)));
    }

    @Test
    void a_quiet_connection_is_kept_alive() throws Exception {
        try (Node node = Peer.node(directory);
                RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.hex(RawPeer.PLAIN)
                    .frame(0, new Open().setContainerId("quiet").setIdleTimeout(200))
                    .until("tarn");
            String beat = "\u0000\u0000\u0000\u0008\u0002\u0000\u0000\u0000";
            for (int i = 0; i < 3; i++) {
                raw.until(beat);
            }
        }
    }

    @Test
    void a_silent_connection_is_closed() throws Exception {
        try (Node node = Node.in(directory).stream(
                                services -> services.make(AmqpProtocol.class, Map.of("idleTimeout", 1)))
                        .start();
                RawPeer raw = new RawPeer(node.port("amqp"))) {
            assertThat(raw.open().untilClosed()).contains("local-idle-timeout expired");
        }
    }

    @Test
    void who_does_not_open_in_time_is_closed() throws Exception {
        try (Node node = Node.in(directory).stream(
                        services -> services.make(AmqpProtocol.class, Map.of("connectTimeout", 1)))
                .start()) {
            for (String said : new String[] {"41", RawPeer.PLAIN, RawPeer.SASL}) {
                try (RawPeer raw = new RawPeer(node.port("amqp"))) {
                    assertThat(raw.hex(said).untilClosed()).doesNotContain("amqp:");
                }
            }
        }
    }

    @Test
    void what_is_not_configured_is_not_offered_and_refused() throws Exception {
        Map<String, Object> guarded =
                Map.of("mechanisms", new String[] {"SCRAM-SHA-256", "PLAIN"}, "plainNeedsTls", true);
        try (Node node = Node.in(directory).passwords().stream(services -> Peer.protocol(services, guarded))
                .start()) {
            assertThat(scram(node, Node.PASSWORD)).isEqualTo(SaslCode.OK);
            assertThat(outcome(node, plain(Node.PASSWORD))).isEqualTo(SaslCode.AUTH);
            try (RawPeer raw = new RawPeer(node.port("amqp"))) {
                raw.hex(RawPeer.SASL);
                assertThat(((SaslMechanisms) raw.sasl()).getSaslServerMechanisms())
                        .containsExactly(Symbol.valueOf("SCRAM-SHA-256"));
            }
        }
        // Where callers without credentials are let in, they still are not over AMQP.
        Path open = directory.resolve("open");
        try (Node node = Node.in(open).stream(services -> Peer.protocol(services, guarded))
                        .start();
                RawPeer raw = new RawPeer(node.port("amqp"))) {
            assertThat(outcome(node, new SaslInit().setMechanism(Symbol.valueOf("ANONYMOUS"))))
                    .isEqualTo(SaslCode.AUTH);
            assertThat(raw.open().untilClosed()).contains("amqp:unauthorized-access");
        }
    }

    @Test
    void a_node_that_stops_says_so() throws Exception {
        Node node = Peer.node(directory);
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.open().begin().receiver("a", 10).until("in");
            node.close();
            assertThat(raw.untilClosed()).contains("amqp:connection:forced");
        } finally {
            node.close();
        }
    }

    @Test
    void members_of_a_shared_subscription_get_each_message_once() throws Exception {
        try (Node node = Peer.node(directory);
                Peer peer = Peer.of(node)) {
            Receiver one = peer.receiver("work", shared("jobs|1"));
            Receiver two = peer.receiver("work", shared("jobs|2"));
            Sender sender = peer.sender("work");
            for (int i = 0; i < 10; i++) {
                Peer.send(sender, Message.create("job " + i));
            }
            Set<String> got = new TreeSet<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            int count = 0;
            while (count < 10 && System.nanoTime() < deadline) {
                for (Receiver receiver : List.of(one, two)) {
                    Delivery delivery = receiver.receive(20, TimeUnit.MILLISECONDS);
                    if (delivery != null) {
                        count++;
                        got.add(delivery.<String>message().body());
                    }
                }
            }
            assertThat(count).isEqualTo(10);
            assertThat(got).hasSize(10);
        }
    }

    private static ReceiverOptions shared(String name) {
        ReceiverOptions options = new ReceiverOptions().linkName(name);
        options.sourceOptions().capabilities("topic", "shared");
        return options;
    }
}
