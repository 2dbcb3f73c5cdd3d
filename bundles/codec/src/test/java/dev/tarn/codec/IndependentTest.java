// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import static dev.tarn.codec.RandomValues.Kind.BYTES;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.Value;

/** What we write is held against readers that nobody here wrote, and the other way round. */
class IndependentTest {

    private static final int ROUNDS = 1_500;

    private final ObjectMapper json = new ObjectMapper();
    private final CBORMapper cbor = new CBORMapper();

    @Test
    void jackson_reads_our_json_and_we_read_its() throws IOException {
        json.enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS);
        for (long seed = 0; seed < ROUNDS; seed++) {
            Object value = new RandomValues(seed).next();
            assertSame(seed, value, plain(json.readValue(new JsonCodec().encode(value), Object.class)));
            assertSame(seed, value, new JsonCodec().decode(json.writeValueAsBytes(value)));
        }
    }

    @Test
    void jackson_reads_our_cbor_and_we_read_its() throws IOException {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Object value = new RandomValues(seed, BYTES).next();
            assertSame(seed, value, plain(cbor.readValue(new CborCodec().encode(value), Object.class)));
            assertSame(seed, value, new CborCodec().decode(cbor.writeValueAsBytes(value)));
        }
    }

    @Test
    void msgpack_core_reads_our_messagepack_and_we_read_its() throws IOException {
        for (long seed = 0; seed < ROUNDS; seed++) {
            Object value = new RandomValues(seed, BYTES).next();
            byte[] ours = new MessagePackCodec().encode(value);
            Value read;
            try (MessageUnpacker unpacker = MessagePack.newDefaultUnpacker(ours)) {
                read = unpacker.unpackValue();
                assertThat(unpacker.hasNext()).isFalse();
            }
            assertSame(seed, value, plain(read));
            try (var packer = MessagePack.newDefaultBufferPacker()) {
                packer.packValue(read);
                assertSame(seed, value, new MessagePackCodec().decode(packer.toByteArray()));
            }
        }
    }

    private static void assertSame(long seed, Object expected, Object actual) {
        assertThat(RandomValues.same(expected, actual))
                .withFailMessage("seed %s: %s became %s", seed, expected, actual)
                .isTrue();
    }

    /** Jackson's integers of any size as ours. */
    private static Object plain(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((key, element) -> copy.put(key, plain(element)));
            return copy;
        } else if (value instanceof List<?> list) {
            List<Object> copy = new ArrayList<>();
            list.forEach(element -> copy.add(plain(element)));
            return copy;
        } else if (value instanceof Integer number) {
            return number.longValue();
        } else if (value instanceof Float number) {
            return number.doubleValue();
        } else if (value instanceof BigInteger big && big.bitLength() < 64) {
            return big.longValue();
        }
        return value;
    }

    private static Object plain(Value value) {
        return switch (value.getValueType()) {
            case NIL -> null;
            case BOOLEAN -> value.asBooleanValue().getBoolean();
            case INTEGER -> plain(value.asIntegerValue().toBigInteger());
            case FLOAT -> value.asFloatValue().toDouble();
            case STRING -> value.asStringValue().asString();
            case BINARY -> value.asBinaryValue().asByteArray();
            case ARRAY -> {
                List<Object> copy = new ArrayList<>();
                value.asArrayValue().forEach(element -> copy.add(plain(element)));
                yield copy;
            }
            case MAP -> {
                Map<Object, Object> copy = new LinkedHashMap<>();
                for (Map.Entry<Value, Value> entry : value.asMapValue().entrySet()) {
                    copy.put(plain(entry.getKey()), plain(entry.getValue()));
                }
                yield copy;
            }
            case EXTENSION -> throw new AssertionError("no extension was written");
        };
    }
}
