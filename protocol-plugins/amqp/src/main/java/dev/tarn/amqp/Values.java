// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.UnsignedByte;
import org.apache.qpid.protonj2.types.UnsignedInteger;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.apache.qpid.protonj2.types.UnsignedShort;
import org.jspecify.annotations.Nullable;

/** Values of AMQP's types and those that bodies have, each as the other. */
final class Values {
    private Values() {}

    /** As a body has it: whole numbers are long or larger, decimals BigDecimal, symbols, characters and UUIDs are text. */
    static @Nullable Object ofAmqp(@Nullable Object value) {
        if (value == null || value instanceof Boolean || value instanceof String || value instanceof Double) {
            return value;
        }
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof UnsignedLong wide) {
            return wide.longValue() < 0 ? (Object) wide.bigIntegerValue() : (Object) wide.longValue();
        }
        if (value instanceof UnsignedInteger || value instanceof UnsignedShort || value instanceof UnsignedByte) {
            return ((Number) value).longValue();
        }
        Number decimal = Decimals.of(value);
        if (decimal != null) {
            return decimal;
        }
        if (value instanceof Float single) {
            return single.doubleValue();
        }
        if (value instanceof Date moment) {
            return moment.toInstant();
        }
        if (value instanceof Binary binary) {
            return bytes(binary);
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> read = new LinkedHashMap<>();
            map.forEach((key, entry) -> read.put(String.valueOf(key), ofAmqp(entry)));
            return read;
        }
        if (value instanceof Iterable<?> list) {
            List<@Nullable Object> read = new ArrayList<>();
            list.forEach(element -> read.add(ofAmqp(element)));
            return read;
        }
        if (value.getClass().isArray()) {
            List<@Nullable Object> read = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) {
                read.add(ofAmqp(Array.get(value, i)));
            }
            return read;
        }
        return value.toString();
    }

    /** How many keys with their values all maps have together when keys are text, as bodies have them. */
    static long pairs(@Nullable Object value) {
        long pairs = 0;
        if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                pairs += pairs(entry.getKey()) + pairs(entry.getValue());
            }
            return pairs + names(map);
        }
        if (value instanceof Iterable<?> list) {
            for (Object element : list) {
                pairs += pairs(element);
            }
        } else if (value instanceof Object[] array) {
            for (Object element : array) {
                pairs += pairs(element);
            }
        }
        return pairs;
    }

    private static int names(Map<?, ?> map) {
        for (Object key : map.keySet()) {
            if (!(key instanceof String)) {
                return map.keySet().stream()
                        .map(String::valueOf)
                        .collect(Collectors.toSet())
                        .size();
            }
        }
        return map.size();
    }

    /** As AMQP has it: what does not fit a long is text. */
    static @Nullable Object toAmqp(@Nullable Object value) {
        if (value instanceof Instant moment) {
            return timestamp(moment);
        }
        if (value instanceof byte[] bytes) {
            return new Binary(bytes);
        }
        if (value instanceof BigInteger || value instanceof BigDecimal) {
            return value.toString();
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> written = new LinkedHashMap<>();
            map.forEach((key, entry) -> written.put(String.valueOf(key), toAmqp(entry)));
            return written;
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> written = new ArrayList<>(list.size());
            list.forEach(element -> written.add(toAmqp(element)));
            return written;
        }
        return value;
    }

    /** A value that was read so that it can be written: arrays that the library cannot write, of arrays or null, become lists. */
    static @Nullable Object again(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<@Nullable Object, @Nullable Object> written = new LinkedHashMap<>();
            map.forEach((key, entry) -> written.put(again(key), again(entry)));
            return written;
        }
        if (value instanceof Iterable<?> || (value != null && unwritable(value.getClass()))) {
            Iterable<?> elements = value instanceof Iterable<?> list ? list : Arrays.asList((Object[]) value);
            List<@Nullable Object> written = new ArrayList<>();
            elements.forEach(element -> written.add(again(element)));
            return written;
        }
        return value;
    }

    private static boolean unwritable(Class<?> type) {
        Class<?> element = type.componentType();
        return element != null && (element.isArray() || element == Object.class || element == Void.class);
    }

    /** The library writes a timestamp for this class alone. */
    @SuppressWarnings("JavaUtilDate")
    private static Date timestamp(Instant moment) {
        return new Date(moment.toEpochMilli());
    }

    /** As other protocols see it in a user property. */
    static String text(@Nullable Object value) {
        if (value == null) {
            return "";
        }
        Object plain = ofAmqp(value);
        return plain instanceof byte[] bytes ? Base64.getEncoder().encodeToString(bytes) : String.valueOf(plain);
    }

    /** The bytes of a binary, not shared with it. */
    static byte[] bytes(Binary binary) {
        byte[] bytes = binary.asByteArray();
        return bytes == null ? new byte[0] : bytes.clone();
    }

    /** A whole number, such as a sequence. Fails with MALFORMED. */
    static long number(String what, @Nullable Object value) {
        Object plain = ofAmqp(value);
        if (plain instanceof Long number && number >= 0) {
            return number;
        }
        try {
            long number = plain instanceof String text ? Long.parseLong(text) : -1;
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException notOne) {
            throw new Failure(Failure.Code.MALFORMED, what + " is no whole number");
        }
        throw new Failure(Failure.Code.MALFORMED, what + " is no whole number from 0 on");
    }
}
