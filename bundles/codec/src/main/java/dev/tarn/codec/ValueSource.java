// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.data.Failure;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a value into a sink, within the limits that a reader has too, so that what is written can be read again. */
final class ValueSource {

    private final Sink sink;
    private final Limits limits;

    private ValueSource(Sink sink, Limits limits) {
        this.sink = sink;
        this.limits = limits;
    }

    /**
     * Gives the value to the sink.
     *
     * @throws Failure MALFORMED for NaN, an infinity or a lone surrogate, TOO_LARGE for what is too deep or too long
     * @throws IllegalArgumentException for an object that is no value
     */
    static void write(@Nullable Object value, Sink sink, Limits limits) {
        new ValueSource(sink, limits).value(value, 0);
    }

    private void value(@Nullable Object value, int depth) {
        if (value == null) {
            sink.nothing();
        } else if (value instanceof String text) {
            sink.text(text);
        } else if (value instanceof Number number) {
            number(number);
        } else if (value instanceof Boolean bool) {
            sink.bool(bool);
        } else if (value instanceof Map<?, ?> map) {
            map(map, deeper(depth));
        } else if (value instanceof Collection<?> list) {
            int inside = deeper(depth);
            sink.startList(list.size());
            for (Object element : list) {
                value(element, inside);
            }
            sink.endList();
        } else if (value instanceof byte[] bytes) {
            sink.bytes(bytes, 0, bytes.length);
        } else if (value instanceof Instant moment) {
            sink.moment(moment);
        } else {
            throw new IllegalArgumentException(value.getClass().getName() + " is not a value that formats can hold");
        }
    }

    private void map(Map<?, ?> map, int inside) {
        sink.startMap(map.size());
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (!(entry.getKey() instanceof String name)) {
                throw new IllegalArgumentException("a map has a key that is not a String: " + entry.getKey());
            }
            sink.key(name);
            value(entry.getValue(), inside);
        }
        sink.endMap();
    }

    private int deeper(int depth) {
        if (depth == limits.depth()) {
            throw new Failure(Failure.Code.TOO_LARGE, "more than " + depth + " lists and maps within one another");
        }
        return depth + 1;
    }

    private void number(Number number) {
        if (number instanceof Long || number instanceof Integer || number instanceof Short || number instanceof Byte) {
            sink.integer(number.longValue());
        } else if (number instanceof Double || number instanceof Float) {
            double value = number.doubleValue();
            if (!Double.isFinite(value)) {
                throw new Failure(Failure.Code.MALFORMED, value + " is not a number that a body can hold");
            }
            sink.number(value);
        } else if (number instanceof BigInteger big) {
            if (big.bitLength() > limits.numberBytes() * Byte.SIZE) {
                throw tooLong();
            }
            sink.integer(big);
        } else if (number instanceof BigDecimal big) {
            if (big.precision() > limits.digits() || Math.abs((long) big.scale()) > limits.exponent()) {
                throw tooLong();
            }
            sink.number(big);
        } else {
            throw new IllegalArgumentException(number.getClass().getName() + " is not a number that formats can hold");
        }
    }

    private Failure tooLong() {
        return new Failure(
                Failure.Code.TOO_LARGE,
                "a number of more than " + limits.digits() + " digits, or with a huge exponent");
    }
}
