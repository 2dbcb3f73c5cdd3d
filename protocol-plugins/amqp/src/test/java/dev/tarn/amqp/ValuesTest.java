// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.types.Decimal128;
import org.apache.qpid.protonj2.types.Decimal32;
import org.apache.qpid.protonj2.types.Decimal64;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.messaging.AmqpValue;
import org.apache.qpid.protonj2.types.messaging.MessageAnnotations;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values of bodies as AMQP's, through bytes and back. */
class ValuesTest {

    private static byte[] written(@Nullable Object value) {
        ProtonBuffer buffer = Codec.allocate(64);
        new Codec().write(buffer, new AmqpValue<>(Values.toAmqp(value)));
        return Codec.bytes(buffer);
    }

    private static @Nullable Object throughBytes(@Nullable Object value) {
        return Values.ofAmqp(Sections.of(written(value), new Codec()).value());
    }

    /** As equals compares it: bytes as text, as text what AMQP has no type for here, and moments as the library reads them. */
    private static @Nullable Object plain(@Nullable Object value) {
        if (value instanceof byte[] bytes) {
            return "bytes " + HexFormat.of().formatHex(bytes);
        }
        if (value instanceof BigInteger || value instanceof BigDecimal) {
            return value.toString();
        }
        if (value instanceof Instant moment) {
            return moment.toEpochMilli();
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> plain = new ArrayList<>();
            list.forEach(element -> plain.add(plain(element)));
            return plain;
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, @Nullable Object> plain = new LinkedHashMap<>();
            map.forEach((key, entry) -> plain.put(key, plain(entry)));
            return plain;
        }
        return value;
    }

    private static String text(Random random) {
        return random.ints(random.nextInt(100), 0, 0x11000)
                .map(point -> Character.isSurrogate((char) point) ? 'x' : point)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static @Nullable Object value(Random random, int deeper) {
        return switch (random.nextInt(deeper == 0 ? 9 : 12)) {
            case 0, 1 -> null;
            case 2 -> random.nextBoolean();
            case 3 -> random.nextLong() >> random.nextInt(64);
            case 4 -> random.nextGaussian();
            case 5 -> text(random);
            case 6 -> bytes(random);
            case 7 -> Instant.ofEpochMilli(random.nextLong() >> 20);
            case 8 ->
                random.nextBoolean()
                        ? new BigInteger(200, random).setBit(80)
                        : new BigDecimal(new BigInteger(200, random), random.nextInt(40));
            case 9 -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                IntStream.range(0, random.nextInt(6)).forEach(i -> map.put(text(random), value(random, deeper - 1)));
                yield map;
            }
            default -> {
                List<@Nullable Object> list = new ArrayList<>();
                IntStream.range(0, random.nextInt(6)).forEach(i -> list.add(value(random, deeper - 1)));
                yield list;
            }
        };
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(300)];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void whatever_a_body_holds_survives() {
        for (int seed = 0; seed < 20_000; seed++) {
            Object value = value(new Random(seed), 5);
            assertThat(plain(throughBytes(value))).as("seed %d", seed).isEqualTo(plain(value));
        }
    }

    @Test
    void null_may_be_anywhere_in_a_list() {
        for (List<?> list : List.of(
                List.of(),
                Arrays.asList(1L, null),
                Arrays.asList(null, 1L),
                Arrays.asList(null, null),
                Arrays.asList(1L, null, "a", null, List.of(), Arrays.asList(null, 2.5, null), Map.of(), true))) {
            assertThat(throughBytes(list)).isEqualTo(list);
        }
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("nothing", null);
        map.put("list", Arrays.asList("a", null));
        assertThat(throughBytes(map)).isEqualTo(map);
    }

    @Test
    void what_is_as_deep_as_bodies_may_be_is_written() {
        Object value = null;
        for (int i = 0; i < 1_000; i++) {
            value = i % 2 == 0 ? Arrays.asList(1L, value) : Map.of("a", value);
        }
        Object read = Values.ofAmqp(Sections.read(written(value), new Codec()).value());
        assertThat(String.valueOf(read)).isEqualTo(String.valueOf(value));
    }

    @Test
    void annotations_that_came_can_be_sent_on_whatever_is_in_them() {
        for (Object value : new Object[] {
            Arrays.asList(1, null),
            new ArrayList<>(Arrays.asList(1, null)),
            new List<?>[] {new ArrayList<>(Arrays.asList("a", null)), new ArrayList<>()},
            Map.of("a", new ArrayList<>(Arrays.asList(true, null)))
        }) {
            ProtonBuffer buffer = Codec.allocate(64);
            // As it is read, since what is sent on was read.
            new Codec().write(buffer, new MessageAnnotations(Map.of(Symbol.valueOf("x-a"), listed(value))));
            byte[] came = Codec.bytes(buffer);
            Map<?, ?> read = Sections.of(came, new Codec()).annotations();
            ProtonBuffer again = Codec.allocate(64);
            new Codec()
                    .write(
                            again,
                            new MessageAnnotations(Map.of(Symbol.valueOf("x-a"), read.get(Symbol.valueOf("x-a")))));
            assertThat(Codec.bytes(again)).isEqualTo(came);
        }
    }

    private static Object listed(Object value) {
        return value instanceof List<?> list ? new ArrayList<>(list) : value;
    }

    /** The bits of the first three and of the greatest ones are in IEEE 754-2008's terms, "binary encoding". */
    @ParameterizedTest
    @CsvSource({
        "32800001, 1",
        "B2800001, -1",
        "31800000, 0.00",
        "318002EE, 7.50",
        "77F8967F, 9.999999E+96",
        "00000001, 1E-101",
        "6CBFFFFF, 0E+0",
        "31C0000000000001, 1",
        "B1800000000002EE, -7.50",
        "77FB86F26FC0FFFF, 9.999999999999999E+384",
        "0000000000000001, 1E-398",
        "30400000000000000000000000000001, 1",
        "B03C00000000000000000000000002EE, -7.50",
        "5FFFED09BEAD87C0378D8E63FFFFFFFF, 9.999999999999999999999999999999999E+6144",
        "00000000000000000000000000000001, 1E-6176",
        "60000000000000000000000000000001, 0E-6176",
    })
    void decimals_are_read_from_their_bits(String bits, String number) {
        Object read = Values.ofAmqp(decimal(bits));
        assertThat(read).isInstanceOf(BigDecimal.class);
        assertThat((BigDecimal) read).isEqualByComparingTo(number);
        if (((BigDecimal) read).signum() != 0) {
            assertThat(read).hasToString(number);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "78000000, Infinity",
        "F8000000, -Infinity",
        "7C000000, NaN",
        "7E000001, NaN",
        "7800000000000000, Infinity",
        "FC00000000000000, NaN",
        "F8000000000000000000000000000000, -Infinity",
        "7C000000000000000000000000000000, NaN",
    })
    void what_is_no_number_is_said_by_that_name(String bits, String name) {
        assertThat(Values.ofAmqp(decimal(bits))).isEqualTo(Double.valueOf(name));
        assertThat(Values.text(decimal(bits))).isEqualTo(name);
    }

    private static Object decimal(String bits) {
        BigInteger all = new BigInteger(bits, 16);
        return switch (bits.length()) {
            case 8 -> new Decimal32(all.intValue());
            case 16 -> new Decimal64(all.longValue());
            default -> new Decimal128(all.shiftRight(64).longValue(), all.longValue());
        };
    }
}
