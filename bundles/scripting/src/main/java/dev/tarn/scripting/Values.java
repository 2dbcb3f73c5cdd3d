// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Row;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.graalvm.polyglot.Value;
import org.jspecify.annotations.Nullable;

/**
 * Values of {@link dev.tarn.api.codec.Codec} as values of the language, and back. Objects are made by functions that the
 * isolate makes for their keys, since what has its properties all at once is made several times as fast. For the thread that
 * is in the isolate.
 */
final class Values {

    private static final int MOST_MAKERS = 512;
    private static final int DEEPEST = 64;
    private static final long SAFE = 1L << 53;

    private final Value parts;
    private final Map<List<String>, Value> rows = new HashMap<>();
    private final Map<List<String>, Value> objects = new HashMap<>();
    private final Value list;

    /** With the functions that an isolate begins with. */
    Values(Value parts) {
        this.parts = parts;
        this.list = parts.getMember("list");
    }

    /** A row as applications see it. */
    Value row(Row row) {
        Body body = row.body();
        Object value = body.structured() ? body.value() : null;
        Map<?, ?> properties = value instanceof Map<?, ?> map ? map : opaque(body);
        List<String> keys = keys(properties);
        Object[] arguments = new Object[keys.size() + 1];
        arguments[0] = row;
        int at = 1;
        for (Object property : properties.values()) {
            arguments[at++] = in(property);
        }
        return maker(rows, "rowMaker", keys).execute(arguments);
    }

    private static Map<String, Object> opaque(Body body) {
        Map<String, Object> properties = new LinkedHashMap<>(4);
        properties.put("contentType", body.mediaType());
        properties.put(
                "data", text(body.mediaType()) ? new String(body.bytes(), StandardCharsets.UTF_8) : body.bytes());
        return properties;
    }

    /** Whether bytes of this type are text. */
    static boolean text(String mediaType) {
        return mediaType.startsWith("text/")
                || mediaType.startsWith("application/json")
                || mediaType.startsWith("application/xml")
                || mediaType.contains("+json")
                || mediaType.contains("charset=");
    }

    private static List<String> keys(Map<?, ?> map) {
        List<String> keys = new ArrayList<>(map.size());
        for (Object key : map.keySet()) {
            keys.add(String.valueOf(key));
        }
        return keys;
    }

    private Value maker(Map<List<String>, Value> makers, String name, List<String> keys) {
        Value known = makers.get(keys);
        if (known != null) {
            return known;
        }
        if (makers.size() >= MOST_MAKERS) {
            makers.clear();
        }
        Value made = parts.invokeMember(name, list.execute(keys.toArray()));
        makers.put(keys, made);
        return made;
    }

    /** A value for the graal. */
    @Nullable
    Object in(@Nullable Object value) {
        if (value instanceof Long number) {
            return number == number.intValue()
                    ? (Object) number.intValue()
                    : Math.abs(number) <= SAFE ? (Object) (double) number : big(number.toString());
        } else if (value instanceof Map<?, ?> map) {
            Object[] arguments = new Object[map.size()];
            int at = 0;
            for (Object property : map.values()) {
                arguments[at++] = in(property);
            }
            return maker(objects, "objectMaker", keys(map)).execute(arguments);
        } else if (value instanceof List<?> elements) {
            return list(elements);
        } else if (value instanceof Instant instant) {
            return parts.invokeMember("date", instant.toEpochMilli());
        } else if (value instanceof byte[] bytes) {
            return parts.invokeMember("bytes", ByteBuffer.wrap(bytes));
        } else if (value instanceof BigInteger number) {
            return big(number.toString());
        } else if (value instanceof BigDecimal number) {
            return number.doubleValue();
        }
        return value;
    }

    private Value big(String digits) {
        return parts.invokeMember("big", digits);
    }

    /** An array of the graal. */
    Value list(List<?> elements) {
        Object[] arguments = new Object[elements.size()];
        for (int at = 0; at < arguments.length; at++) {
            arguments[at] = in(elements.get(at));
        }
        return list.execute(arguments);
    }

    /** Rows as an array of the graal. */
    Value rows(List<Row> found) {
        Object[] arguments = new Object[found.size()];
        for (int at = 0; at < arguments.length; at++) {
            arguments[at] = row(found.get(at));
        }
        return list.execute(arguments);
    }

    /**
     * A value of the language for us. Functions and what is undefined are left out of objects.
     *
     * @throws IllegalArgumentException when it is nested too deep or in itself, or has something that is no data
     */
    static @Nullable Object out(Value value) {
        return out(value, 0);
    }

    private static @Nullable Object out(Value value, int depth) {
        if (depth > DEEPEST) {
            throw new IllegalArgumentException("a value is nested deeper than " + DEEPEST + ", or holds itself");
        }
        if (value.isString()) {
            return value.asString();
        } else if (value.isNumber()) {
            return number(value);
        } else if (value.isBoolean()) {
            return value.asBoolean();
        } else if (value.isNull()) {
            return null;
        } else if (value.isInstant()) {
            return value.asInstant();
        } else if (value.hasBufferElements()) {
            return bytes(value);
        } else if (value.hasArrayElements()) {
            return value.getMetaObject() != null
                            && value.getMetaObject().getMetaSimpleName().startsWith("Uint8")
                    ? bytes(value.getMember("buffer"))
                    : elements(value, depth);
        } else if (value.canExecute()) {
            throw new IllegalArgumentException("a function is no data");
        } else if (value.hasMembers()) {
            return members(value, depth);
        }
        throw new IllegalArgumentException("this is no data: " + value);
    }

    private static Object number(Value value) {
        if (value.fitsInLong()) {
            return value.asLong();
        }
        if (value.fitsInDouble()) {
            return value.asDouble();
        }
        return value.asBigInteger();
    }

    private static byte[] bytes(Value value) {
        byte[] bytes = new byte[Math.toIntExact(value.getBufferSize())];
        value.readBuffer(0, bytes, 0, bytes.length);
        return bytes;
    }

    private static List<@Nullable Object> elements(Value value, int depth) {
        List<@Nullable Object> elements = new ArrayList<>();
        long size = value.getArraySize();
        for (long at = 0; at < size; at++) {
            elements.add(out(value.getArrayElement(at), depth + 1));
        }
        return elements;
    }

    private static Object members(Value value, int depth) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        for (String key : value.getMemberKeys()) {
            Value member = value.getMember(key);
            boolean left =
                    member.canExecute() || (member.isNull() && member.toString().equals("undefined"));
            if (!left) {
                members.put(key, out(member, depth + 1));
            }
        }
        return members;
    }
}
