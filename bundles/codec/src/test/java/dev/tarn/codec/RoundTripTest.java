// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import static dev.tarn.codec.RandomValues.Kind.BIG;
import static dev.tarn.codec.RandomValues.Kind.BYTES;
import static dev.tarn.codec.RandomValues.Kind.MOMENTS;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whatever a format can hold comes back from it, and from any other format that can hold it. */
class RoundTripTest {

    private static final int ROUNDS = 3_000;

    private final JsonCodec json = new JsonCodec();
    private final CborCodec cbor = new CborCodec();
    private final MessagePackCodec messagePack = new MessagePackCodec();

    private static byte[] copied(Format from, byte[] bytes, Format to) {
        Format.Writer writer = to.writer(16);
        from.read(bytes, writer);
        return writer.finish();
    }

    private static void assertSame(long seed, Object expected, Object actual) {
        assertThat(RandomValues.same(expected, actual))
                .withFailMessage("seed %s: %s became %s", seed, expected, actual)
                .isTrue();
    }

    @Test
    void every_value_comes_back_from_cbor() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Object value = new RandomValues(seed, BYTES, MOMENTS, BIG).next();
            assertSame(seed, value, cbor.decode(cbor.encode(value)));
        }
    }

    @Test
    void every_value_without_bytes_and_moments_comes_back_from_json() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Object value = new RandomValues(seed, BIG).next();
            assertSame(seed, value, json.decode(json.encode(value)));
        }
    }

    @Test
    void every_value_without_big_numbers_comes_back_from_messagepack() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Object value = new RandomValues(seed, BYTES, MOMENTS).next();
            assertSame(seed, value, messagePack.decode(messagePack.encode(value)));
        }
    }

    @Test
    void copying_from_format_to_format_is_the_same_as_going_through_the_value() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Object value = new RandomValues(seed, BIG).next();
            byte[] first = cbor.encode(value);
            byte[] text = copied(cbor, first, json);
            assertThat(text).isEqualTo(json.encode(value));
            byte[] back = copied(json, text, cbor);
            assertSame(seed, value, cbor.decode(back));
            assertThat(copied(cbor, first, messagePack)).isEqualTo(messagePack.encode(value));
        }
    }

    @Test
    void copying_from_json_to_messagepack_keeps_every_value() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Object value = new RandomValues(seed).next();
            byte[] packed = copied(json, json.encode(value), messagePack);
            assertSame(seed, value, messagePack.decode(packed));
            assertThat(copied(messagePack, packed, cbor)).isEqualTo(cbor.encode(value));
        }
    }

    @Test
    void sizes_at_which_heads_grow_come_back_from_every_format() {
        for (int size : new int[] {0, 1, 15, 16, 23, 24, 31, 32, 255, 256, 65_535, 65_536, 70_000}) {
            Map<String, Object> map = new LinkedHashMap<>();
            for (int i = 0; i < size; i++) {
                map.put("k" + i, (long) i);
            }
            List<Object> list = new ArrayList<>(map.values());
            Object value = List.of(map, list, "x".repeat(size), "ü".repeat(size));
            byte[] text = json.encode(value);
            for (Format format : List.of(json, cbor, messagePack)) {
                assertThat(format.decode(format.encode(value))).isEqualTo(value);
                assertThat(format.decode(copied(json, text, format))).isEqualTo(value);
            }
            byte[] bytes = new byte[size];
            Arrays.fill(bytes, (byte) 0xE4);
            assertThat(cbor.decode(cbor.encode(bytes))).isEqualTo(bytes);
            assertThat(messagePack.decode(messagePack.encode(bytes))).isEqualTo(bytes);
        }
    }

    @Test
    void json_writes_bytes_as_base64_and_moments_as_iso_8601() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("b", new byte[] {1, 2, (byte) 0xFF, 0});
        value.put("t", Instant.parse("2026-11-21T03:00:00.000000001Z"));
        assertThat(new String(json.encode(value), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("{\"b\":\"AQL/AA==\",\"t\":\"2026-11-21T03:00:00.000000001Z\"}");
    }

    @Test
    void messagepack_keeps_the_digits_of_what_it_has_no_number_for() {
        assertThat(messagePack.decode(messagePack.encode(new BigInteger("18446744073709551615"))))
                .isEqualTo(new BigInteger("18446744073709551615"));
        assertThat(messagePack.decode(messagePack.encode(new BigInteger("18446744073709551616"))))
                .isEqualTo("18446744073709551616");
        assertThat(messagePack.decode(messagePack.encode(new BigInteger("-9223372036854775809"))))
                .isEqualTo("-9223372036854775809");
        assertThat(messagePack.decode(messagePack.encode(new BigDecimal("0.10000000000000001"))))
                .isEqualTo(0.1);
        assertThat(messagePack.decode(messagePack.encode(new BigDecimal("0.1000000000000000012"))))
                .isEqualTo("0.1000000000000000012");
        assertThat(messagePack.decode(messagePack.encode(new BigDecimal("1E+400"))))
                .isEqualTo("1E+400");
        assertThat(messagePack.decode(messagePack.encode(new BigDecimal("1E-400"))))
                .isEqualTo("1E-400");
    }
}
