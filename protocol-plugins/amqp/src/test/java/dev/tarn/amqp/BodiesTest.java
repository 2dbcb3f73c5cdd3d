// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.codec.Bodies;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.client.DeliveryState;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.types.Decimal128;
import org.apache.qpid.protonj2.types.Decimal32;
import org.apache.qpid.protonj2.types.UnknownDescribedType;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.apache.qpid.protonj2.types.messaging.AmqpSequence;
import org.apache.qpid.protonj2.types.messaging.AmqpValue;
import org.apache.qpid.protonj2.types.messaging.Data;
import org.apache.qpid.protonj2.types.messaging.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What bodies are, in and out: values, none, and the label on bytes. */
class BodiesTest extends AtANode {

    private static byte[] sections(Object... sections) {
        ProtonBuffer buffer = Codec.allocate(64);
        for (Object section : sections) {
            new Codec().write(buffer, section);
        }
        return Codec.bytes(buffer);
    }

    private Receiver accepting(String address, String type) throws Exception {
        return peer.receiver(address, new ReceiverOptions().properties(Map.of("accept", type)));
    }

    @Test
    void a_list_with_null_in_it_is_given_to_whoever_receives_from_a_queue() throws Exception {
        Receiver receiver = peer.receiver("queue://jobs/1");
        List<?> list = new ArrayList<>(Arrays.asList(1, null));
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.open().begin(0).sender("jobs/1");
            raw.transfer(0, false, sections(new AmqpValue<>(list)));
            raw.transfer(1, false, sections(new UnknownDescribedType(AmqpSequence.DESCRIPTOR_CODE, list)));
            raw.transfer(2, false, sections(new AmqpValue<>("good")));
            raw.send();
            assertThat(Peer.next(receiver).<Object>message().body()).isEqualTo(Arrays.asList(1, null));
            assertThat(Peer.next(receiver).<Object>message().body()).isEqualTo(Arrays.asList(1, null));
            assertThat(Peer.next(receiver).<Object>message().body()).isEqualTo("good");
        }
    }

    /** Null in a list, none of null, none of arrays, arrays of float, of char, of lists with null. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "c003024140",
                "e0020040",
                "e00200e0",
                "e00901e006017200000041",
                "e00901e006017300000041",
                "e00601c003024140"
            })
    void whatever_annotations_a_message_has_it_is_given_to_whoever_receives_from_a_queue(String hex) throws Exception {
        Receiver receiver = peer.receiver("queue://jobs/1");
        byte[] value = HexFormat.of().parseHex(hex);
        // AMQP 1.0 §3.2.3: a map of one symbol.
        byte[] before = {0, 0x53, 0x72, (byte) 0xc1, (byte) (5 + value.length), 2, (byte) 0xa3, 2, 'x', '-'};
        byte[] body = sections(new AmqpValue<>("good"));
        byte[] message = Arrays.copyOf(before, before.length + value.length + body.length);
        System.arraycopy(value, 0, message, before.length, value.length);
        System.arraycopy(body, 0, message, before.length + value.length, body.length);
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.open().begin(0).sender("jobs/1").transfer(0, false, message).send();
            Message<Object> got = Peer.next(receiver).message();
            assertThat(got.body()).isEqualTo("good");
            assertThat(got.hasAnnotation("x-")).isTrue();
        }
    }

    @Test
    void a_row_with_null_in_a_list_is_received_as_a_value() throws Exception {
        node.put("any/1", "{\"any\":[1,null]}");
        node.put("Sensors/1", "{\"any\":[1,null,{\"a\":null}],\"temp\":1}");
        Map<String, Object> row = Peer.next(accepting("Sensors/#", "amqp-value"))
                .<Map<String, Object>>message()
                .body();
        Map<String, Object> inner = new LinkedHashMap<>();
        inner.put("a", null);
        assertThat(row).containsEntry("any", Arrays.asList(1L, null, inner));
    }

    @Test
    void what_was_sent_without_a_body_arrives_without_one() throws Exception {
        Receiver receiver = peer.receiver("chat/#");
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.open().begin(0).sender("chat/1");
            raw.transfer(0, false, sections(new Properties().setContentType("text/x"), new AmqpValue<>(null)));
            raw.send();
            assertThat(Peer.next(receiver).<Object>message().body()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "no section", "no bytes", "nothing at all of two"})
    void a_put_without_a_body_deletes_the_row(String sort) throws Exception {
        node.put("Sensors/1", "{\"temp\":1}");
        node.put("topic/1", "{\"temp\":1}");
        Object[] body = switch (sort) {
            case "null" -> new Object[] {new AmqpValue<>(null)};
            case "no section" -> new Object[0];
            case "no bytes" -> new Object[] {new Data(new byte[0])};
            default -> new Object[] {new Data(new byte[0]), new Data(new byte[0])};
        };
        for (String path : List.of("Sensors/1", "topic/1")) {
            Receiver receiver = peer.receiver(path, new ReceiverOptions().properties(Map.of("omit-current", true)));
            try (RawPeer raw = new RawPeer(node.port("amqp"))) {
                raw.open().begin(0).sender(path);
                List<Object> all = new ArrayList<>(List.of(new Properties().setSubject("put")));
                all.addAll(Arrays.asList(body));
                raw.transfer(0, false, sections(all.toArray()));
                raw.send();
                assertThat(Peer.next(receiver).message().annotation("x-opt-kind"))
                        .isEqualTo("delete");
            }
            assertThat(node.row(path)).isEmpty();
        }
    }

    @Test
    void an_empty_text_is_a_body() throws Exception {
        Receiver receiver = peer.receiver("topic/1");
        Peer.send(peer.sender("topic/1"), Message.create("").subject("put"));
        Message<Object> put = Peer.next(receiver).message();
        assertThat(put.annotation("x-opt-kind")).isEqualTo("put");
        assertThat(put.body()).isEqualTo("");
        assertThat(node.row("topic/1")).isPresent();
    }

    @Test
    void the_content_type_says_what_the_bytes_are() throws Exception {
        Sender sender = peer.sender("Sensors/1");
        String json = "{\"temp\":1}";
        for (String verb : List.of("put", "patch")) {
            for (boolean text : List.of(true, false)) {
                Message<?> sent = text ? Message.create(json) : Message.create(json.getBytes(UTF_8));
                sent.contentType("application/json").subject(verb);
                Peer.send(sender, sent);
                for (String type : List.of(Bodies.JSON, Bodies.CBOR, Bodies.MSGPACK)) {
                    Receiver receiver = accepting("Sensors/1", type);
                    is(Peer.next(receiver).message(), type);
                    Peer.send(sender, sent);
                    is(Peer.next(receiver).message(), type);
                    receiver.close();
                }
                Receiver receiver = accepting("Sensors/1", "amqp-value");
                Message<Object> value = Peer.next(receiver).message();
                assertThat(value.body()).isInstanceOf(Map.class);
                assertThat(value.contentType()).isNull();
                receiver.close();
            }
        }
    }

    /** A map in each format: text, RFC 8949 §3.1, MessagePack "fixmap". */
    private static void is(Message<byte[]> row, String type) throws Exception {
        assertThat(row.contentType()).isEqualTo(type);
        int first = row.body()[0] & 0xff;
        switch (type) {
            case Bodies.JSON -> assertThat(first).isEqualTo('{');
            case Bodies.CBOR -> assertThat(first >> 5).isEqualTo(5);
            default -> assertThat(first >> 4).isEqualTo(8);
        }
    }

    @Test
    void a_row_that_leaves_a_query_is_said_to_leave_and_no_more() throws Exception {
        node.put("Sensors/0", "{\"temp\":1}");
        ReceiverOptions options = new ReceiverOptions();
        options.sourceOptions().addFilter("tarn:query", UnsignedLong.valueOf(1), "temp=gt=100");
        Receiver receiver = peer.receiver("Sensors/#", options);
        Sender sender = peer.sender("Sensors/1");
        for (int temp : new int[] {150, 50, 60, 200}) {
            Peer.send(
                    sender,
                    Message.create("{\"temp\":" + temp + "}")
                            .contentType("application/json")
                            .correlationId("secret")
                            .property("room", "secret")
                            .subject("put"));
        }
        Peer.send(sender, Message.create("").subject("delete"));
        Message<Object> in = Peer.next(receiver).message();
        assertThat(in.annotation("x-opt-kind")).isEqualTo("put");
        Message<Object> left = Peer.next(receiver).message();
        assertThat(left.annotation("x-opt-kind")).isEqualTo("leave");
        assertThat(left.to()).isEqualTo("Sensors/1");
        assertThat((long) left.annotation("x-opt-sequence-number"))
                .isGreaterThan((long) in.annotation("x-opt-sequence-number"));
        assertThat(left.body()).isNull();
        assertThat(left.contentType()).isNull();
        assertThat(left.correlationId()).isNull();
        assertThat(left.hasProperties()).isFalse();
        Message<byte[]> back = Peer.next(receiver).message();
        assertThat(back.annotation("x-opt-kind")).isEqualTo("put");
        assertThat(new String(back.body(), UTF_8)).contains("200");
        assertThat(Peer.next(receiver).message().annotation("x-opt-kind")).isEqualTo("delete");
    }

    @Test
    void decimals_are_numbers() throws Exception {
        Sender sender = peer.sender("Sensors/1");
        Message<Object> put = Message.create((Object) Map.of("temp", new Decimal32(0x318002EE)));
        put.subject("put").property("share", new Decimal128(0x3040000000000000L, 7));
        assertThat(Peer.send(sender, put).remoteState().getType()).isEqualTo(DeliveryState.Type.ACCEPTED);
        assertThat(node.value(node.text("Sensors/1"))).isEqualTo(node.value("{\"id\":\"1\",\"temp\":7.5}"));
        assertThat(node.row("Sensors/1").orElseThrow().attributes().properties())
                .singleElement()
                .satisfies(property -> assertThat(property.value()).isEqualTo("7"));
        for (String path : List.of("Sensors/1", "topic/1")) {
            Message<Object> infinite = Message.create((Object) Map.of("temp", new Decimal32(0x78000000)));
            assertThat(Peer.send(peer.sender(path), infinite.subject("put"))
                            .remoteState()
                            .getType())
                    .isEqualTo(DeliveryState.Type.REJECTED);
        }
        assertThat(node.value(node.text("Sensors/1"))).isEqualTo(node.value("{\"id\":\"1\",\"temp\":7.5}"));
    }
}
