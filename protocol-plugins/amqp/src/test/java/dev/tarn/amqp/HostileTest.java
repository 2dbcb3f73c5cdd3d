// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.RawClient;
import dev.tarn.transport.Traffic;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.messaging.Target;
import org.apache.qpid.protonj2.types.transport.Attach;
import org.apache.qpid.protonj2.types.transport.Close;
import org.apache.qpid.protonj2.types.transport.Detach;
import org.apache.qpid.protonj2.types.transport.End;
import org.apache.qpid.protonj2.types.transport.Flow;
import org.apache.qpid.protonj2.types.transport.Open;
import org.apache.qpid.protonj2.types.transport.Role;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** What breaks the protocol costs its own connection, with a reason, and nobody else anything. */
class HostileTest {

    private static final Pattern CONNECTION = Pattern.compile("^(?:ended|refused|closed):.*\\bconnection=(\\S+)");

    /** How often the end of each connection was logged. */
    private static final Map<String, Integer> ENDS = new ConcurrentHashMap<>();

    private static Node node;
    private static Traffic traffic;

    @BeforeAll
    static void start(@TempDir Path directory) {
        node = Node.in(directory).stream(services -> {
                    traffic = services.meter().traffic("amqp");
                    return services.make(
                            AmqpProtocol.class,
                            Map.of(
                                    "credit",
                                    1,
                                    "maximumMessageSize",
                                    65_536,
                                    "maximumFrameSize",
                                    16_384,
                                    "sessions",
                                    4));
                })
                .start()
                .deploy(Peer.SENSORS);
        AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                Matcher ended = CONNECTION.matcher(event.getFormattedMessage());
                if (ended.find()) {
                    ENDS.merge(ended.group(1), 1, Integer::sum);
                }
            }
        };
        appender.start();
        Logger logger = (Logger) LoggerFactory.getLogger("dev.tarn.amqp");
        logger.setLevel(Level.DEBUG);
        logger.addAppender(appender);
    }

    @AfterAll
    static void stop() {
        node.close();
        ((Logger) LoggerFactory.getLogger("dev.tarn.amqp")).setLevel(null);
        assertThat(ENDS).isNotEmpty();
        assertThat(ENDS.values()).as("each reason is logged once").allMatch(times -> times == 1);
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
                bad(
                        "a map of 4 GB",
                        peer -> peer.open().hex("0000001402000000" + "005311d1" + "ffffffffffffffff"),
                        "decode-error"),
                bad(
                        "a text of 4 GB",
                        peer -> peer.open().hex("0000001002000000" + "005311b1" + "ffffffff"),
                        "decode-error"),
                bad("a SASL frame of 4 GB", peer -> peer.hex(RawPeer.SASL + "ffffffff"), "PLAIN"),
                bad("a SASL frame inside its header", peer -> peer.hex(RawPeer.SASL + "0000000801010000"), "PLAIN"),
                bad("a flow for no session", peer -> peer.open().frame(3, flow(0)), "amqp:"),
                bad("a flow for no link", peer -> peer.open().begin().frame(0, flow(7)), "amqp:"),
                bad("an end of no session", peer -> peer.open().frame(3, new End()), "amqp:"),
                bad("a detach of no link", peer -> peer.open().begin().frame(0, new Detach().setHandle(9)), "amqp:"),
                bad("nested descriptors", peer -> peer.open().raw(nested()), "decode-error"),
                bad("an idle timeout of 1 ms", HostileTest::restless, "amqp:not-allowed"),
                bad("a second open", peer -> peer.open().frame(0, new Open().setContainerId("again")), "second Open"),
                bad("begin before open", peer -> peer.hex(RawPeer.PLAIN).begin(), "amqp:illegal-state"),
                bad("a session above channel-max", peer -> peer.open().begin(4), "framing-error"),
                bad("a session far above channel-max", peer -> peer.open().begin(65_535), "framing-error"),
                bad(
                        "an open with a list of capabilities",
                        peer -> peer.hex(RawPeer.PLAIN + open("c00401a30178")),
                        "amqp:decode-error"),
                bad(
                        "an open with a text as capabilities",
                        peer -> peer.hex(RawPeer.PLAIN + open("a10178")),
                        "decode-error"),
                bad(
                        "an open with a number as capabilities",
                        peer -> peer.hex(RawPeer.PLAIN + open("5207")),
                        "decode-error"),
                bad("a second session on a channel", peer -> peer.open().begin().begin(), "second begin"),
                bad("a transfer without a session", peer -> peer.open().transfer(0, false, new byte[0]), "Transfer"),
                bad("a transfer without a link", peer -> peer.open().begin().transfer(0, false, new byte[0]), "amqp:"));
    }

    /** An open whose offered capabilities are this. */
    private static String open(String capabilities) {
        String fields = "a10172" + "404040404040" + capabilities;
        int size = fields.length() / 2;
        return String.format("%08x02000000005310c0%02x08", 8 + 3 + 3 + size, 1 + size) + fields;
    }

    private static Flow flow(long handle) {
        return new Flow()
                .setNextIncomingId(0)
                .setIncomingWindow(1)
                .setNextOutgoingId(0)
                .setOutgoingWindow(1)
                .setHandle(handle)
                .setDeliveryCount(0)
                .setLinkCredit(1);
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
        long before = traffic.refused.sum();
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            assertThat(said.apply(peer).untilClosed()).contains(condition);
        }
        assertThat(traffic.refused.sum()).as("counted").isGreaterThan(before);
    }

    /** AMQP 1.0 §2.7.3: not an end of the session, a close. */
    @Test
    void two_links_of_one_number_end_the_connection() throws Exception {
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            String said = peer.open().begin().sender("a").sender("b").untilClosed();
            // A close begins with its descriptor, a small number.
            assertThat(said.substring(said.lastIndexOf("S\u0018"))).contains("amqp:session:handle-in-use");
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
            for (int i = 0; i < 7; i++) {
                peer.transfer(0, true, new byte[10_000]);
            }
            peer.until("amqp:link:message-size-exceeded");
            // Who goes on for a while, since he has not read that yet, keeps his connection.
            for (int i = 0; i < 500; i++) {
                peer.transfer(0, true, new byte[10_000]);
            }
            peer.frame(0, new Detach().setHandle(0).setClosed(true))
                    .sender("after it")
                    .until("after it");
        }
    }

    @Test
    void messages_to_a_link_that_was_closed_for_them_cost_the_connection_in_the_end() throws Exception {
        byte[] put = message("put");
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            peer.open().begin().sender("Sensors/1").until("Sensors/1");
            for (int i = 0; i < 20; i++) {
                peer.transfer(i, false, put);
            }
            assertThat(peer.untilClosed()).contains("messages without credit");
        }
    }

    @Test
    void a_link_that_is_attached_twice_ends_its_session_and_names_it() throws Exception {
        for (boolean receives : List.of(true, false)) {
            try (RawPeer peer = new RawPeer(node.port("amqp"))) {
                peer.open().begin();
                if (receives) {
                    peer.receiver("Sensors/1", 1);
                } else {
                    peer.sender("Sensors/1").until("Sensors/1");
                }
                peer.frame(
                        0,
                        new Attach()
                                .setName(receives ? "in" : "out")
                                .setHandle(1)
                                .setRole(receives ? Role.RECEIVER : Role.SENDER)
                                .setSource(new Source().setAddress("Sensors/2"))
                                .setTarget(new Target().setAddress("Sensors/2"))
                                .setInitialDeliveryCount(0));
                String said = peer.until("is attached in this session already");
                assertThat(said).contains("amqp:not-allowed").doesNotContain("internal-error");
                // The connection goes on.
                peer.begin(1).frame(0, new Close()).untilClosed();
            }
        }
    }

    @Test
    void a_message_of_no_bytes_without_end_takes_no_memory() throws Exception {
        try (RawPeer peer = new RawPeer(node.port("amqp"))) {
            peer.open().begin().sender("empty").until("empty");
            for (int round = 0; round < 20; round++) {
                for (int i = 0; i < 1_000; i++) {
                    peer.transfer(0, true, new byte[0]);
                }
                peer.send();
            }
            // AMQP 1.0 §2.7.5: it is one message still, and that it is refused for having no sections is told at its
            // end.
            peer.transfer(0, false, message("hello")).until("\u0000S$");
        }
    }

    /** Of each no more than the frame that is not complete, and 64 KB. */
    @Test
    void many_who_stop_in_the_middle_of_a_frame_take_little_memory() throws Exception {
        int peers = 200;
        List<RawPeer> halves = new ArrayList<>();
        long before = used();
        try {
            for (int i = 0; i < peers; i++) {
                RawPeer peer = new RawPeer(node.port("amqp"));
                halves.add(peer);
                peer.open().begin().sender("half").until("half");
                // A frame of 16,384 bytes of which the last 384 never come.
                peer.raw(Arrays.copyOf(new byte[] {0, 0, 0x40, 0, 2}, 16_000)).send();
            }
            assertThat(used() - before).as("bytes").isLessThan(peers * (64L + 16) * 1_024);
        } finally {
            for (RawPeer peer : halves) {
                peer.close();
            }
        }
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
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
            peer.transfer(3, false, lists(1_000)).until("nested more than 32 deep");
            peer.transfer(4, false, RawClient.bytes("005377" + "f0000000057fffffff40"))
                    .until("amqp:decode-error");
            peer.transfer(5, false, RawClient.bytes("005374" + "d1000000077fffffffa10161"))
                    .until("amqp:decode-error");
        }
    }

    /** A value of lists in lists, each of them the only one in the other. */
    private static byte[] lists(int depth) {
        ByteBuffer value = ByteBuffer.allocate(3 + 9 * depth + 1);
        value.put(new byte[] {0, 0x53, 0x77});
        for (int left = depth; left > 0; left--) {
            value.put((byte) 0xd0).putInt(4 + 9 * (left - 1) + 1).putInt(1);
        }
        return value.put((byte) 0x40).array();
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
