// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Logic;
import dev.tarn.api.application.Mount;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.client.DeliveryState;
import org.apache.qpid.protonj2.client.DurabilityMode;
import org.apache.qpid.protonj2.client.ExpiryPolicy;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.Decimal128;
import org.apache.qpid.protonj2.types.Decimal32;
import org.apache.qpid.protonj2.types.Decimal64;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.UnsignedByte;
import org.apache.qpid.protonj2.types.UnsignedInteger;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.apache.qpid.protonj2.types.UnsignedShort;
import org.apache.qpid.protonj2.types.messaging.AmqpValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Types of AMQP in bodies, from one AMQP client to another. */
class OriginalTest extends AtANode {

    private static final List<Object> SCALARS = List.of(
            true,
            UnsignedByte.valueOf((byte) 200),
            UnsignedShort.valueOf((short) 60_000),
            UnsignedInteger.valueOf(4_000_000_000L),
            UnsignedLong.valueOf(-1L),
            (byte) -1,
            (short) -2,
            -3,
            -4L,
            1.1f,
            1.1,
            'c',
            moment(),
            new UUID(1, 2),
            new Binary(new byte[] {1, 2, 3}),
            "text",
            Symbol.valueOf("symbol"),
            new Decimal32(0x318002EE),
            new Decimal64(0xB1800000000002EEL),
            new Decimal128(0x3040000000000000L, 7));

    /** The library has a timestamp in this class alone. */
    @SuppressWarnings("JavaUtilDate")
    private static Date moment() {
        return new Date(1_700_000_000_123L);
    }

    private static Map<String, Object> all() {
        Map<String, Object> all = new LinkedHashMap<>();
        SCALARS.forEach(value -> all.put(value.getClass().getSimpleName(), value));
        all.put("nothing", null);
        all.put("list", new ArrayList<>(SCALARS));
        all.put("by symbol", Map.of(Symbol.valueOf("a"), 1));
        all.put("by number", Map.of(7, Map.of(true, 'x')));
        all.put("ints", new int[] {1, 2, 300});
        all.put("symbols", new Symbol[] {Symbol.valueOf("x"), Symbol.valueOf("y")});
        return all;
    }

    /** Bodies of each sort; a list is a sequence for this client. */
    private static List<Object> bodies() {
        List<Object> bodies = new ArrayList<>(SCALARS);
        bodies.add(all());
        bodies.add(new ArrayList<>(SCALARS));
        bodies.add("done");
        return bodies;
    }

    private static byte[] encoded(Object value) {
        ProtonBuffer buffer = Codec.allocate(64);
        new Codec().write(buffer, new AmqpValue<>(value));
        return Codec.bytes(buffer);
    }

    private static void same(Message<Object> got, Object sent) throws Exception {
        // A moment is a number for the client's library, once it has read it.
        Object read = Sections.of(encoded(sent), new Codec()).value();
        assertThat(HexFormat.of().formatHex(encoded(got.body())))
                .as("%s is %s", got.body(), sent)
                .isEqualTo(HexFormat.of().formatHex(encoded(read)));
    }

    private void send(String path, Object body) throws Exception {
        assertThat(Peer.send(peer.sender(path), Message.create(body))
                        .remoteState()
                        .getType())
                .isEqualTo(DeliveryState.Type.ACCEPTED);
    }

    private void put(String path, Object body) throws Exception {
        Peer.send(peer.sender(path), Message.create(body).subject("put"));
    }

    private Receiver durable(String address) throws Exception {
        ReceiverOptions options = new ReceiverOptions().linkName("mine");
        options.sourceOptions().durabilityMode(DurabilityMode.UNSETTLED_STATE).expiryPolicy(ExpiryPolicy.NEVER);
        return peer.receiver(address, options);
    }

    private Receiver receiver(String way) throws Exception {
        return switch (way) {
            case "queue" -> peer.receiver("queue://some/1");
            case "durable" -> durable("some/1");
            case "declared" -> durable("Sensors/1");
            default -> peer.receiver("some/1");
        };
    }

    /** Messages to a topic, a queue, a durable subscription, and one to the path of a declared table. */
    @ParameterizedTest
    @ValueSource(strings = {"topic", "queue", "durable", "declared"})
    void messages_have_the_types_that_were_sent(String way) throws Exception {
        Receiver receiver = receiver(way);
        if (!way.equals("topic")) {
            receiver.detachAsync().get();
        }
        for (Object body : bodies()) {
            send(way.equals("declared") ? "Sensors/1" : "some/1", body);
        }
        if (!way.equals("topic")) {
            if (!way.equals("declared")) {
                restart();
            }
            receiver = receiver(way);
        }
        for (Object body : bodies()) {
            same(Peer.next(receiver).message(), body);
        }
    }

    @Test
    void rows_of_topics_have_the_types_that_were_sent_when_they_change_and_later() throws Exception {
        Receiver changes = peer.receiver("topic/#");
        int n = 0;
        for (Object body : bodies()) {
            put("topic/" + n++, body);
            same(Peer.next(changes).message(), body);
        }
        restart();
        n = 0;
        for (Object body : bodies()) {
            same(Peer.next(peer.receiver("topic/" + n++)).message(), body);
        }
    }

    @Test
    void rows_of_declared_tables_have_the_types_of_the_table() throws Exception {
        put("Sensors/1", Map.of("temp", 7.5f));
        Map<String, Object> row = Peer.next(peer.receiver("Sensors/1"))
                .<Map<String, Object>>message()
                .body();
        assertThat(row).isEqualTo(Map.of("id", "1", "temp", 7.5));
        assertThat(node.row("Sensors/1").orElseThrow().attributes().extensions())
                .doesNotContainKey(Original.EXTENSION);
    }

    @Test
    void what_is_written_another_way_afterwards_comes_as_that() throws Exception {
        put("topic/1", Map.of("a", 1));
        node.put("topic/1", "{\"a\":1}");
        Message<Object> row = Peer.next(peer.receiver("topic/1")).message();
        assertThat(new String((byte[]) row.body(), UTF_8)).isEqualTo("{\"a\":1}");
    }

    @Test
    void what_is_patched_is_told_as_it_is_now() throws Exception {
        node.services().tables().deploy("notes", List.of(notes()), List.of());
        put("Notes/1", Map.of("a", 1, "b", 2));
        Peer.send(
                peer.sender("Notes/1"), Message.create((Object) Map.of("a", 5)).subject("patch"));
        String now = node.text("Notes/1");
        Object body = Peer.next(peer.receiver("Notes/1")).<Object>message().body();
        Object told = body instanceof byte[] bytes ? node.value(new String(bytes, UTF_8)) : body;
        assertThat(String.valueOf(Values.ofAmqp(told))).isEqualTo(String.valueOf(node.value(now)));
    }

    private static Table notes() {
        return new Table("data", "Notes", "Notes", List.of(), Table.Rules.OPAQUE);
    }

    /** Logic that writes something else than what it was sent, with what it was sent of attributes. */
    private record Instead(String json) implements Logic {
        @Override
        public Set<Action> actions() {
            return Set.of(Action.PUT);
        }

        @Override
        public Answer answer(Call call) {
            Body body = call.bodies().opaque(Bodies.JSON, json.getBytes(UTF_8));
            call.plain().put(String.valueOf(call.id()), body);
            return Answer.PLAIN;
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"{\"a\":1}; {a=1}; Integer", "{\"a\":2}; {a=2}; Long"})
    void what_an_application_writes_instead_is_what_is_told(String json, String body, String type) throws Exception {
        node.services()
                .tables()
                .deploy("notes", List.of(notes()), List.of(new Mount("Notes", "data.Notes", new Instead(json))));
        put("Notes/1", Map.of("a", 1));
        Map<String, Object> row = Peer.next(peer.receiver("Notes/1"))
                .<Map<String, Object>>message()
                .body();
        assertThat(row).hasToString(body);
        assertThat(row.get("a").getClass().getSimpleName()).isEqualTo(type);
    }

    /** AMQP 1.0 §1.6.23 forbids one key twice; the text and the symbol a are two keys there, and one elsewhere. */
    @ParameterizedTest
    @ValueSource(strings = {"c10b04a101615401a101615402", "c10b04a301615401a101615402"})
    void nobody_is_sent_what_others_do_not_see(String hex) throws Exception {
        Receiver receiver = peer.receiver("chat/1");
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.open().begin(0).sender("chat/1");
            raw.transfer(0, false, HexFormat.of().parseHex("005377" + hex)).send();
            assertThat(Peer.next(receiver).<Object>message().body()).isEqualTo(Map.of("a", 2L));
        }
    }

    /** A sequence and a value; two values; sequences with properties between: a message has none of these, AMQP 1.0 §3.2. */
    @ParameterizedTest
    @CsvSource({
        "005376c003015401005377c003015402, [1]",
        "0053775401005377c003015402, [2]",
        "005376c003015401005373c00100005376c003015402, '[1, 2]'"
    })
    void of_what_is_no_message_everybody_sees_the_same(String hex, String seen) throws Exception {
        Receiver receiver = peer.receiver("chat/1");
        try (RawPeer raw = new RawPeer(node.port("amqp"))) {
            raw.open().begin(0).sender("chat/1");
            raw.transfer(0, false, HexFormat.of().parseHex(hex)).send();
            Object body = Peer.next(receiver).<Object>message().body();
            assertThat(body).hasToString(seen);
            assertThat(((List<?>) body).get(0)).isInstanceOf(Long.class);
        }
    }

    /** Several sequences; a moment; a character beyond the plane that Java's char has. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "005376c003015401" + "00537645" + "005376c003015402",
                "0053778300000000000003e8",
                "005377730001f600"
            })
    void sections_come_byte_by_byte(String hex) throws Exception {
        byte[] sections = HexFormat.of().parseHex(hex);
        try (RawPeer raw = new RawPeer(node.port("amqp"));
                RawPeer other = new RawPeer(node.port("amqp"))) {
            other.open().begin(0).receiver("chat/1", 10).until("chat/1");
            raw.open().begin(0).sender("chat/1").transfer(0, false, sections).send();
            other.until(new String(sections, ISO_8859_1));
        }
    }

    @Test
    void long_texts_and_binaries_beside_numbers_are_not_kept_twice_and_come_whole() throws Exception {
        byte[] picture = new byte[300_000];
        new Random(1).nextBytes(picture);
        Map<Object, Object> map = new LinkedHashMap<>();
        map.put("int", 1);
        map.put("picture", new Binary(picture));
        map.put("words ü \ud83d\ude00 ".repeat(300), new ArrayList<>(List.of('a', 2f)));
        map.put("text", "\u0000ü \ud83d\ude00 \"quoted\" ".repeat(20_000));
        map.put("short", (short) 3);
        Receiver queue = peer.receiver("queue://some/1");
        send("some/1", map);
        put("topic/1", map);
        assertThat(node.row("topic/1").orElseThrow().attributes().extensions().get(Original.EXTENSION))
                .hasSizeLessThan(500);
        queue.detachAsync().get();
        restart();
        same(Peer.next(peer.receiver("queue://some/1")).message(), map);
        same(Peer.next(peer.receiver("topic/1")).message(), map);
    }

    @Test
    void more_numbers_than_can_be_kept_come_as_others_see_them() throws Exception {
        List<Integer> numbers =
                IntStream.range(0, 50_000).map(i -> i * 1_000).boxed().toList();
        Receiver queue = peer.receiver("queue://some/1");
        send("some/1", new ArrayList<>(numbers));
        put("topic/1", new ArrayList<>(numbers));
        List<Long> seen = numbers.stream().map(Integer::longValue).toList();
        assertThat(Peer.next(queue).<Object>message().body()).isEqualTo(seen);
        assertThat(Peer.next(peer.receiver("topic/1")).<Object>message().body()).isEqualTo(seen);
    }

    /** Properties of 100 KB are taken with a body of 60 KB as they are without. */
    @Test
    void what_is_kept_leaves_room_for_properties() throws Exception {
        List<Integer> numbers =
                IntStream.range(0, 12_000).map(i -> i * 1_000).boxed().toList();
        Message<Object> put = Message.create((Object) new ArrayList<>(numbers)).subject("put");
        put.property("long", "x".repeat(50_000));
        assertThat(Peer.send(peer.sender("topic/1"), put).remoteState().getType())
                .isEqualTo(DeliveryState.Type.ACCEPTED);
        put("topic/2", new ArrayList<>(numbers));
        assertThat(Peer.next(peer.receiver("topic/2")).<Object>message().body()).isEqualTo(numbers);
    }

    @Test
    void nothing_is_kept_where_the_types_agree() throws Exception {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("a", Arrays.asList(1L, 2.5, "text", true));
        map.put("b", null);
        for (Object body : List.of(map, "text", 1L, 2.5, new Binary(new byte[] {1}))) {
            put("topic/1", body);
            assertThat(node.row("topic/1").orElseThrow().attributes().extensions())
                    .doesNotContainKey(Original.EXTENSION);
        }
        put("topic/1", map);
        assertThat(Peer.next(peer.receiver("topic/1")).<Object>message().body()).isEqualTo(map);
    }

    private static Object random(Random random, int deeper) {
        return switch (random.nextInt(deeper == 0 ? 4 : 7)) {
            case 0 -> "ü \ud83d\ude00 \u0000".repeat(random.nextInt(100));
            case 1 -> {
                byte[] bytes = new byte[random.nextInt(600)];
                random.nextBytes(bytes);
                yield new Binary(bytes);
            }
            case 2, 3 -> SCALARS.get(random.nextInt(SCALARS.size()));
            case 4 -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(20); i > 0; i--) {
                    String name = "k" + i + "x".repeat(random.nextInt(50) / 49 * 300);
                    map.put(random.nextBoolean() ? name : Symbol.valueOf(name), random(random, deeper - 1));
                }
                yield map;
            }
            case 5 -> {
                Symbol[] symbols = new Symbol[1 + random.nextInt(4)];
                Arrays.setAll(symbols, i -> Symbol.valueOf("s".repeat(random.nextInt(500))));
                yield symbols;
            }
            default -> {
                List<Object> list = new ArrayList<>();
                for (int i = random.nextInt(20); i > 0; i--) {
                    list.add(random(random, deeper - 1));
                }
                yield list;
            }
        };
    }

    @Test
    void whatever_json_lacks_a_type_of_comes_byte_by_byte_while_the_body_is_the_same() {
        Bodies bodies = node.services().bodies();
        Body another = bodies.opaque(Bodies.JSON, "{}".getBytes(UTF_8));
        int cut = 0;
        for (int seed = 0; seed < 3_000; seed++) {
            byte[] message = encoded(random(new Random(seed), 4));
            Sections sections = Sections.of(message, new Codec());
            Body value = bodies.of(Values.ofAmqp(sections.value()));
            Body body = seed % 2 == 0
                    ? value
                    : bodies.opaque(Bodies.JSON, value.as(Bodies.JSON).bytes());
            Attributes kept = Original.with(Attributes.NONE, sections, Request.Verb.PUBLISH, body);
            boolean needed = !(sections.value() instanceof Binary)
                    && !Shape.of(message, Integer.MAX_VALUE).common();
            assertThat(kept.extensions().containsKey(Original.EXTENSION))
                    .as("seed %d", seed)
                    .isEqualTo(needed);
            if (needed) {
                assertThat(Original.in(kept, body, Format.SENT))
                        .as("seed %d", seed)
                        .isEqualTo(message);
                assertThat(Original.in(kept, another, Format.SENT)).isNull();
                cut += kept.extensions().get(Original.EXTENSION).length < message.length ? 1 : 0;
            }
        }
        assertThat(cut).isGreaterThan(100);
    }
}
