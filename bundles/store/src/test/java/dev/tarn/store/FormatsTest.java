// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FormatsTest {

    private final Shapes shapes = new Shapes();
    private final PayloadFormat format = new PayloadFormat(Stores.BODIES, shapes, 1 << 20);
    private final AtomicLong numbers = new AtomicLong();

    private Payload payload(Attributes attributes, Body body, boolean opaque) {
        return format.payload(attributes, body, opaque, numbers::incrementAndGet);
    }

    @Test
    void attributes_come_back_whatever_is_said() {
        Cases.each(800, cases -> {
            Attributes attributes = cases.attributes();
            ByteWriter out = new ByteWriter(4);
            AttributeBlock.write(out, attributes);
            ByteReader in = new ByteReader(out.array(), 0, out.size());
            assertThat(AttributeBlock.read(in, out.size(), 7, 9))
                    .isEqualTo(attributes.toBuilder().timestamp(7).expiresAt(9).build());
        });
    }

    @Test
    void attributes_of_a_later_version_survive_this_one() {
        ByteWriter block = new ByteWriter(16);
        block.raw(HexFormat.of().parseHex("010101" + "0A020102" + "C80103AABBCC"));
        Attributes read = AttributeBlock.read(new ByteReader(block.array(), 0, block.size()), block.size(), 0, 0);
        assertThat(read.qos()).isEqualTo(1);
        assertThat(read.extensions().keySet()).containsExactly(10, 200);
        ByteWriter again = new ByteWriter(16);
        AttributeBlock.write(again, read);
        assertThat(again.toArray()).isEqualTo(block.toArray());
        assertThatThrownBy(() -> AttributeBlock.write(
                        again, Attributes.builder().extension(3, new byte[0]).build()))
                .isInstanceOf(Failure.class);
    }

    @Test
    void rows_and_log_entries_come_back() {
        Cases.each(600, cases -> {
            Attributes attributes = cases.attributes();
            boolean opaque = cases.oneIn(3);
            Body body = cases.oneIn(3)
                    ? Stores.BODIES.opaque(cases.text(9), cases.bytes(2_000))
                    : Stores.BODIES.of(cases.oneIn(4) ? cases.value(3) : cases.object(3));
            Payload payload = payload(attributes, body, opaque);
            byte[] key = Keys.id(cases.text(6));
            long expiresAt = cases.oneIn(2) ? 0 : 99;
            RowFormat.StoredRow made = RowFormat.write(key, 1L << 51, 5, expiresAt, payload);
            RowFormat.StoredRow stored = RowFormat.read(key, made.bytes(), made.length());
            assertThat(made).isEqualTo(stored);
            assertThat(stored.version()).isEqualTo(1L << 51);
            assertThat(stored.expiresAt()).isEqualTo(expiresAt);
            check(attributes, body, opaque, payload, stored.payload(), expiresAt);

            LogFormat.Stamp stamp = new LogFormat.Stamp(5, 6, 7, expiresAt);
            LogFormat.Place place = new LogFormat.Place(cases.below(300), 300);
            LogFormat.Entry entry = new LogFormat.Entry(
                    1L << 40, Kind.PATCH, RowFormat.flags(payload, expiresAt), place, stamp, 1_000, cases.text(9));
            byte[] logged = LogFormat.write(entry, payload);
            ByteReader in = new ByteReader(logged, 0, logged.length);
            assertThat(LogFormat.read(1L << 40, in)).isEqualTo(entry);
            check(attributes, body, opaque, payload, in, expiresAt);
        });
    }

    private void check(
            Attributes attributes, Body body, boolean opaque, Payload payload, ByteReader in, long expiresAt) {
        Attributes stamped =
                attributes.toBuilder().timestamp(5).expiresAt(expiresAt).build();
        assertThat(format.attributes(in, 5, expiresAt)).isEqualTo(stamped);
        Body read = format.body(in, payload.form(), payload.chunked() != 0, (number, length) -> {
            assertThat(number).isEqualTo(payload.chunked());
            assertThat(length).isEqualTo(payload.content().length);
            return payload.content();
        });
        if (opaque || !body.structured()) {
            assertThat(read.mediaType()).isEqualTo(body.mediaType());
            assertThat(read.bytes()).isEqualTo(body.bytes());
            assertThat(read.structured()).isFalse();
        } else {
            assertThat(read.structured()).isTrue();
            assertThat(read.as(Bodies.JSON).bytes())
                    .isEqualTo(body.as(Bodies.JSON).bytes());
        }
    }

    @Test
    void one_changed_bit_or_a_wrong_key_is_found() {
        Cases.each(300, cases -> {
            Payload payload = payload(cases.attributes(), Stores.BODIES.of(cases.object(2)), false);
            byte[] key = Keys.id("a");
            byte[] row = RowFormat.write(key, 5, 5, 0, payload).bytes();
            assertThatThrownBy(() -> RowFormat.read(Keys.id("b"), row, row.length))
                    .isInstanceOf(DamagedException.class);
            row[cases.below(row.length)] ^= (byte) (1 << cases.below(8));
            assertThatThrownBy(() -> RowFormat.read(key, row, row.length)).isInstanceOf(DamagedException.class);
            byte[] cut = Arrays.copyOf(row, cases.below(row.length));
            assertThatThrownBy(() -> RowFormat.read(key, cut, cut.length)).isInstanceOf(DamagedException.class);
        });
    }

    @Test
    void rows_of_one_shape_share_it_and_one_property_is_found_without_the_others() {
        Cases.each(200, cases -> {
            Map<String, Object> object = cases.object(2);
            Payload payload = payload(Attributes.NONE, Stores.BODIES.of(object), false);
            for (Map.Entry<String, Object> property : object.entrySet()) {
                ByteReader in = new ByteReader(payload.bytes(), 0, payload.bytes().length);
                Cbor item = format.item(in, payload.form(), false, (n, l) -> new byte[0], property.getKey());
                byte[] alone =
                        Stores.BODIES.of(property.getValue()).as(Bodies.CBOR).bytes();
                int from = item.at();
                item.skip();
                assertThat(Arrays.copyOfRange(item.array(), from, item.at())).isEqualTo(alone);
            }
        });
        int known =
                payload(Attributes.NONE, Stores.json("{'x':1,'y':2}"), false).bytes()[1];
        assertThat(payload(Attributes.NONE, Stores.json("{'x':'longer','y':[1]}"), false)
                        .bytes()[1])
                .isEqualTo((byte) known);
    }

    @Test
    void scalars_are_read_as_the_codec_reads_them() {
        Cases.each(600, cases -> {
            Object value = cases.value(0);
            byte[] cbor = Stores.BODIES.of(value).as(Bodies.CBOR).bytes();
            Object read = new Cbor(cbor, 0, cbor.length).scalar();
            assertThat(read)
                    .isEqualTo(Stores.BODIES.structured(Bodies.CBOR, cbor).value());
        });
        byte[] moment = Stores.BODIES
                .of(java.time.Instant.parse("2026-11-21T01:02:03.123456789Z"))
                .as(Bodies.CBOR)
                .bytes();
        assertThat(new Cbor(moment, 0, moment.length).scalar())
                .isEqualTo(java.time.Instant.parse("2026-11-21T01:02:03.123456789Z"));
    }

    @Test
    void cbor_of_other_writers_is_understood_and_kept() {
        // {_ "a": (_ "x", "y"), "b": [_ 1, {_ }], "c": 0("2013-03-21T20:04:00Z"), "d": 1.5 as half}
        String hex = "BF" + "6161" + "7F61786179FF" + "6162" + "9F01BFFFFF" + "6163"
                + "C074323031332D30332D32315432303A30343A30305A" + "7F6164FF" + "F93E00" + "FF";
        byte[] cbor = HexFormat.of().parseHex(hex);
        Payload payload = payload(Attributes.NONE, Stores.BODIES.structured(Bodies.CBOR, cbor), false);
        assertThat(payload.form()).isEqualTo(PayloadFormat.SHAPED);
        Map<String, Object> expected = new LinkedHashMap<>();
        expected.put("a", "xy");
        expected.put("c", java.time.Instant.parse("2013-03-21T20:04:00Z"));
        expected.put("d", 1.5);
        expected.forEach((name, value) -> {
            ByteReader in = new ByteReader(payload.bytes(), 0, payload.bytes().length);
            assertThat(format.item(in, payload.form(), false, (n, l) -> new byte[0], name)
                            .scalar())
                    .isEqualTo(value);
        });
    }

    @Test
    void bytes_that_are_not_cbor_are_refused() {
        for (String hex : List.of(
                "",
                "A1",
                "A101",
                "A16161",
                "BF6161",
                "BF6161FF",
                "5B7FFFFFFFFFFFFFFF",
                "9B7FFFFFFFFFFFFFFF",
                "BBFFFFFFFFFFFFFFFF",
                "FF",
                "1C",
                "A1616101FF",
                "7F01FF",
                "7F7F6161FFFF",
                "DF",
                "F800",
                "9F".repeat(2_000))) {
            byte[] cbor = HexFormat.of().parseHex(hex);
            assertThatThrownBy(() -> payload(Attributes.NONE, Stores.BODIES.structured(Bodies.CBOR, cbor), false))
                    .as(hex)
                    .isInstanceOf(Failure.class);
        }
        Cases.each(5_000, cases -> {
            byte[] noise = cases.bytes(40);
            try {
                payload(Attributes.NONE, Stores.BODIES.structured(Bodies.CBOR, noise), false);
            } catch (Failure e) {
                assertThat(e.code()).isIn(Failure.Code.MALFORMED, Failure.Code.TOO_LARGE);
            }
        });
    }

    @Test
    void paths_in_the_logs_index_are_by_table_then_path_then_sequence() {
        byte[] a = LogFormat.pathKey(1, Path.of("a"), 300);
        byte[] b = LogFormat.pathKey(1, Path.of("a"), 301);
        byte[] c = LogFormat.pathKey(1, Path.of("a/b"), 1);
        byte[] d = LogFormat.pathKey(2, Path.of("a"), 1);
        assertThat(List.of(a, b, c, d)).isSortedAccordingTo(Arrays::compareUnsigned);
    }
}
