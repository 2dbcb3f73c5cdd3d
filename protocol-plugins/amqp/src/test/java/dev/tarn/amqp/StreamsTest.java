// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.testkit.Node;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.DeliveryState;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.SenderOptions;
import org.apache.qpid.protonj2.client.StreamSender;
import org.apache.qpid.protonj2.client.StreamSenderMessage;
import org.apache.qpid.protonj2.client.StreamSenderOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bodies that are longer than a message may be, in and out; {@code -Psoak} with 100 MB. */
class StreamsTest {

    private static final int LENGTH = Integer.getInteger("tarn.amqp.megabytes", 4) << 20;
    private static final long PATIENCE = 60;

    private Node node;
    private Peer peer;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        node = Node.in(directory).stream(services -> Peer.protocol(services, Map.of("maximumMessageSize", 1 << 20)))
                .start()
                .deploy(Peer.SENSORS);
        peer = Peer.of(node);
    }

    @AfterEach
    void stop() {
        peer.close();
        node.close();
    }

    private static byte[] bytes(int seed) {
        byte[] bytes = new byte[LENGTH];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Sender puts(String address) throws Exception {
        return Peer.await(peer.connection()
                .openSender(address, new SenderOptions().desiredCapabilities("put"))
                .openFuture());
    }

    private static DeliveryState.Type put(Sender sender, byte[] bytes) throws Exception {
        return Peer.send(sender, Message.create(bytes).contentType("image/raw"))
                .remoteState()
                .getType();
    }

    private void stored(String path, byte[] expected) {
        Body body = node.row(path).orElseThrow().body();
        Content content = body.contents().get(Content.WHOLE);
        assertThat(content).as("a content beside the row").isNotNull();
        assertThat(content.mediaType()).isEqualTo("image/raw");
        ByteBuffer read = ByteBuffer.allocate((int) content.length());
        try (Content.Reader reader = content.open()) {
            while (read.hasRemaining()) {
                read.put(reader.read(read.position(), read.remaining()));
            }
        }
        assertThat(Arrays.equals(read.array(), expected)).as("the same bytes").isTrue();
    }

    @Test
    void a_long_put_is_kept_and_sent_to_those_who_are_there_and_to_those_who_come() throws Exception {
        Receiver there = peer.receiver("files/#");
        byte[] bytes = bytes(1);
        assertThat(put(puts("files/a"), bytes)).isEqualTo(DeliveryState.Type.ACCEPTED);
        stored("files/a", bytes);
        Receiver late = peer.receiver("files/a");
        for (Receiver receiver : new Receiver[] {there, late}) {
            Message<byte[]> message = Peer.next(receiver).message();
            assertThat(message.contentType()).isEqualTo("image/raw");
            assertThat(message.to()).isEqualTo("files/a");
            assertThat(Arrays.equals(message.body(), bytes))
                    .as("the same bytes")
                    .isTrue();
        }
    }

    @Test
    void who_wants_no_bytes_is_told_of_them() throws Exception {
        assertThat(put(puts("files/a"), bytes(2))).isEqualTo(DeliveryState.Type.ACCEPTED);
        Receiver receiver =
                peer.receiver("files/a", new ReceiverOptions().properties(Map.of("accept", Content.REFERENCE)));
        Message<byte[]> message = Peer.next(receiver).message();
        assertThat(message.contentType()).isEqualTo(Content.REFERENCE);
        assertThat(new String(message.body(), UTF_8)).contains("\"length\":" + LENGTH);
    }

    @Test
    void a_request_is_answered_with_all_bytes() throws Exception {
        byte[] bytes = bytes(3);
        assertThat(put(puts("files/a"), bytes)).isEqualTo(DeliveryState.Type.ACCEPTED);
        Receiver answers = Peer.await(peer.connection().openDynamicReceiver().openFuture());
        Message<String> get = Message.create("");
        Peer.send(peer.sender("files/a"), get.subject("get").replyTo(answers.address()));
        Message<byte[]> answer = Peer.next(answers).message();
        assertThat(answer.property("status")).isEqualTo("200");
        assertThat(Arrays.equals(answer.body(), bytes)).as("the same bytes").isTrue();
    }

    @Test
    void sections_of_any_length_are_put_together_and_what_is_sent_after_them_comes_after_them() throws Exception {
        StreamSender stream =
                peer.connection().openStreamSender("files/a", new StreamSenderOptions().desiredCapabilities("put"));
        StreamSenderMessage message = stream.beginMessage();
        message.contentType("image/raw");
        byte[] bytes = bytes(4);
        try (OutputStream body = message.body()) {
            int at = 0;
            for (int part = 1; at < LENGTH; part = part * 3 + 1) {
                int length = Math.min(part, LENGTH - at);
                body.write(bytes, at, length);
                body.flush();
                at += length;
            }
        }
        Sender next = puts("files/a");
        assertThat(message.tracker()
                        .awaitSettlement(PATIENCE, TimeUnit.SECONDS)
                        .remoteState()
                        .getType())
                .isEqualTo(DeliveryState.Type.ACCEPTED);
        stored("files/a", bytes);
        Peer.send(next, Message.create("short"));
        assertThat(node.row("files/a").orElseThrow().body().bytes()).isEqualTo("short".getBytes(UTF_8));
    }

    @Test
    void what_is_broken_off_leaves_the_old_bytes() throws Exception {
        byte[] old = bytes(5);
        assertThat(put(puts("files/a"), old)).isEqualTo(DeliveryState.Type.ACCEPTED);
        StreamSender stream =
                peer.connection().openStreamSender("files/a", new StreamSenderOptions().desiredCapabilities("put"));
        StreamSenderMessage aborted = stream.beginMessage();
        aborted.contentType("image/raw");
        OutputStream body = aborted.body();
        body.write(bytes(6), 0, LENGTH / 2);
        body.flush();
        aborted.abort();
        // The link goes on.
        Sender other = puts("files/b");
        assertThat(put(other, old)).isEqualTo(DeliveryState.Type.ACCEPTED);
        StreamSenderMessage lost = stream.beginMessage();
        lost.contentType("image/raw");
        OutputStream half = lost.body();
        half.write(bytes(7), 0, LENGTH / 2);
        half.flush();
        peer.close();
        peer = Peer.of(node);
        stored("files/a", old);
        Delivery delivery = Peer.next(peer.receiver("files/a"));
        assertThat(Arrays.equals(delivery.<byte[]>message().body(), old)).isTrue();
    }

    @Test
    void what_has_to_be_understood_or_is_no_row_is_held_and_bounded() throws Exception {
        Message<byte[]> message = Message.create(bytes(8));
        Sender said = peer.sender("files/a");
        assertThatThrownBy(() -> {
                    Peer.send(said, message);
                    Peer.send(said, Message.create("after it"));
                })
                .hasMessageContaining("a message of more than 1048576 bytes");
        Sender object = puts("Sensors/1");
        assertThatThrownBy(() -> {
                    Peer.send(object, Message.create(bytes(9)).contentType("application/json"));
                    Peer.send(object, Message.create("after it"));
                })
                .satisfiesAnyOf(
                        tooLarge -> assertThat(tooLarge).hasMessageContaining("1048576"),
                        tooLarge -> assertThat(tooLarge).hasMessageContaining("max message size"));
        assertThat(node.row("files/a")).isEmpty();
        assertThat(node.row("Sensors/1")).isEmpty();
    }
}
