// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.types.transport.Open;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What breaks the protocol costs its own connection, with a reason, and nobody else anything. */
class HostileTest {

    private static Node node;

    @BeforeAll
    static void start(@TempDir Path directory) {
        node = Node.in(directory).stream(services -> services.make(
                        AmqpProtocol.class,
                        Map.of("credit", 1, "maximumMessageSize", 65_536, "maximumFrameSize", 16_384, "sessions", 4)))
                .start()
                .deploy(Peer.SENSORS);
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @AfterEach
    void others_go_on() throws Exception {
        try (Peer peer = Peer.of(node)) {
            Peer.send(peer.sender("others"), Message.create("still here"));
        }
    }

    private static Arguments bad(String what, UnaryOperator<RawPeer> said, String condition) {
        return Arguments.of(what, said, condition);
    }

    static Stream<Arguments> violations() {
        return Stream.of(
                bad("an unknown version", peer -> peer.hex("414d515009090909"), "AMQP\u0003\u0001\u0000\u0000"),
                bad("AMQP 0-9-1", peer -> peer.hex("414d515000000901"), "AMQP\u0003\u0001\u0000\u0000"),
                bad("a frame of 7 bytes", peer -> peer.open().hex("00000007"), "amqp:connection:framing-error"),
                bad("a frame of 4 GB", peer -> peer.open().hex("ffffffff"), "amqp:connection:framing-error"),
                bad("a frame of 4 GB at once", peer -> peer.hex(RawPeer.PLAIN + "ffffffff"), "framing-error"),
                bad("a body inside the header", peer -> peer.open().hex("0000000801000000"), "framing-error"),
                bad("a body behind the frame", peer -> peer.open().hex("0000000803000000"), "framing-error"),
                bad("a frame of another type", peer -> peer.open().hex("0000000902070000ff"), "framing-error"),
                bad("a frame that is no performative", peer -> peer.open().hex("0000000902000000ff"), "decode-error"),
                bad("SASL once it is open", peer -> peer.open().hex(RawPeer.SASL), "framing-error"),
                bad("a SASL frame in AMQP", peer -> peer.open().hex("0000000c02010000" + "005341c0"), "framing-error"),
                bad(
                        "a list of 4 GB",
                        peer -> peer.hex(RawPeer.PLAIN + "0000001402000000" + "005310d0" + "ffffffffffffffff"),
                        "decode-error"),
                bad(
                        "a list of very many values",
                        peer -> peer.hex(RawPeer.PLAIN + "0000001402000000" + "005310d0" + "000000047fffffff"),
                        "decode-error"),
                bad(
                        "an odd map",
                        peer -> peer.open().hex("0000001302000000" + "005311c0" + "0601" + "c10301" + "4040"),
                        "decode-error"),
                bad(
                        "an array of nothing, four billion times",
                        peer -> peer.open().hex("0000001702000000" + "005311c00a01" + "f0000000057fffffff" + "40"),
                        "decode-error"),
                bad("nested descriptors", peer -> peer.open().raw(nested()), "decode-error"),
                bad("an idle timeout of 1 ms", HostileTest::restless, "amqp:not-allowed"),
                bad("a second open", peer -> peer.open().frame(0, new Open().setContainerId("again")), "second Open"),
                bad("begin before open", peer -> peer.hex(RawPeer.PLAIN).begin(), "amqp:illegal-state"),
                bad("a session above channel-max", peer -> peer.open().begin(4), "Channel Max Exceeded"),
                bad("a second session on a channel", peer -> peer.open().begin().begin(), "second begin"),
                bad("a transfer without a session", peer -> peer.open().transfer(0, false, new byte[0]), "Transfer"),
                bad("a transfer without a link", peer -> peer.open().begin().transfer(0, false, new byte[0]), "amqp:"));
    }

    private static RawPeer restless(RawPeer peer) {
        return peer.hex(RawPeer.PLAIN).frame(0, new Open().setContainerId("raw").setIdleTimeout(1));
    }

    private static byte[] nested() {
        byte[] frame = new byte[8 + 10_000];
        frame[2] = (byte) (frame.length >> 8);
        frame[3] = (byte) frame.length;
        frame[4] = 2;
        return frame;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("violations")
    void a_violation_ends_the_connection_with_its_reason(String what, UnaryOperator<RawPeer> said, String condition)
            throws Exception {
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            assertThat(said.apply(peer).untilClosed()).contains(condition);
        }
    }

    @Test
    void a_transfer_without_credit_detaches_the_link() throws Exception {
        byte[] put = message("put");
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            // The second comes before the first is durable, which alone gives credit again.
            peer.open().begin().sender("Sensors/1").until("Sensors/1");
            for (int i = 0; i < 20; i++) {
                peer.transfer(i, false, put);
            }
            peer.until("amqp:link:transfer-limit-exceeded");
        }
    }

    @Test
    void a_message_without_end_detaches_the_link() throws Exception {
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            peer.open().begin().sender("endless").until("endless");
            for (int i = 0; i < 8; i++) {
                peer.transfer(0, true, new byte[10_000]);
            }
            peer.until("amqp:link:message-size-exceeded");
        }
    }

    @Test
    void all_the_credit_there_is_brings_what_there_is() throws Exception {
        node.put("Sensors/credit", "{\"temp\":1}");
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            peer.open().begin().receiver("Sensors/credit", 0xFFFFFFFFL).until("x-opt-retain");
        }
    }

    @Test
    void bodies_that_cannot_be_read_are_rejected_and_the_link_goes_on() throws Exception {
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            peer.open().begin().sender("odd").until("odd");
            peer.transfer(0, false, new byte[] {0, 0x53, 0x75, (byte) 0xa0, 9}).until("amqp:decode-error");
            peer.transfer(1, false, new byte[] {0, 0x53, 0x77, (byte) 0xd0, -1, -1, -1, -1, 0, 0, 0, 0})
                    .until("amqp:decode-error");
            peer.transfer(2, false, new byte[] {0, 0x53, 0x77, 0, 0x53, 1, 0x40})
                    .until("amqp:not-implemented");
        }
    }

    private static byte[] message(String subject) {
        var buffer = Codec.allocate(64);
        new Codec().write(buffer, new org.apache.qpid.protonj2.types.messaging.Properties().setSubject(subject));
        new Codec().write(buffer, new org.apache.qpid.protonj2.types.messaging.AmqpValue<>("{\"temp\":1}"));
        return Codec.bytes(buffer);
    }

    /** A valid conversation with a few bytes changed, again and again: whatever comes of it, others go on. */
    @Test
    void changed_bytes_harm_nobody_else() throws Exception {
        Random random = new Random(20_261_121);
        byte[] valid;
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            valid = peer.open()
                    .begin()
                    .sender("Sensors/1")
                    .transfer(0, false, message("put"))
                    .bytes();
        }
        for (int i = 0; i < 150; i++) {
            byte[] changed = valid.clone();
            for (int n = 0; n < 1 + i % 4; n++) {
                changed[8 + random.nextInt(changed.length - 8)] = (byte) random.nextInt(256);
            }
            try (RawPeer peer = new RawPeer(node.port("amqp"))) {
                peer.raw(changed).send();
            }
        }
    }
}
