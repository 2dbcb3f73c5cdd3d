// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes what a record's component holds of a codec's value; what is clearly meant is converted. Immutable. */
interface Conversion {

    /**
     * The value as the component holds it.
     *
     * @throws Unfit when it cannot be what the component holds
     */
    @Nullable
    Object read(@Nullable Object value);

    /** A value that is not what a component holds; the message is a violation. */
    final class Unfit extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unfit(String name, String wanted, @Nullable Object value) {
            super(name + ": must be " + wanted + ", not " + shown(value), null, false, false);
        }

        private static String shown(@Nullable Object value) {
            String text = value instanceof String said ? "\"" + said + "\"" : String.valueOf(value);
            return text.length() > 40 ? text.substring(0, 40) + "…" : text;
        }
    }

    /** What a number may be. */
    interface Numbers {
        Object of(BigDecimal number);
    }

    /** For a component of this type. */
    static Conversion of(Type type, String name) {
        if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
            return list(of(list.getActualTypeArguments()[0], name), name);
        }
        if (type instanceof ParameterizedType map && map.getRawType() == Map.class) {
            return value -> value == null || value instanceof Map<?, ?> ? value : unfit(name, "an object", value);
        }
        if (!(type instanceof Class<?> plain)) {
            throw new IllegalArgumentException("component " + name + " has a type that no attribute has: " + type);
        }
        if (plain.isPrimitive()) {
            Conversion boxed = of(boxed(plain), name);
            return value -> value == null ? unfit(name, "there", null) : boxed.read(value);
        }
        return of(plain, name);
    }

    private static Class<?> boxed(Class<?> primitive) {
        return java.lang.invoke.MethodType.methodType(primitive).wrap().returnType();
    }

    private static Conversion of(Class<?> type, String name) {
        if (type == Object.class || type == Map.class || type == List.class) {
            return value -> value;
        } else if (type == String.class) {
            return value -> value == null || value instanceof String
                    ? value
                    : value instanceof Number || value instanceof Boolean
                            ? value.toString()
                            : unfit(name, "text", value);
        } else if (type == Boolean.class) {
            return value -> truth(value, name);
        } else if (type == Instant.class) {
            return value -> moment(value, name);
        } else if (type == byte[].class) {
            return value -> value == null || value instanceof byte[] ? value : unfit(name, "bytes", value);
        } else if (type.isRecord()) {
            return value -> value == null ? null : Shape.of(type).read(value);
        } else if (type.isEnum()) {
            return value -> value == null ? null : constant(type, name, value);
        }
        Numbers numbers = numbers(type);
        if (numbers == null) {
            throw new IllegalArgumentException("component " + name + " has a type that no attribute has: " + type);
        }
        String wanted = Set.of(Double.class, Float.class, BigDecimal.class, Number.class)
                        .contains(type)
                ? "a number"
                : "a whole number of " + type.getSimpleName();
        return value -> number(numbers, wanted, name, value);
    }

    private static @Nullable Numbers numbers(Class<?> type) {
        if (type == Double.class) {
            return BigDecimal::doubleValue;
        } else if (type == Float.class) {
            return BigDecimal::floatValue;
        } else if (type == Long.class) {
            return BigDecimal::longValueExact;
        } else if (type == Integer.class) {
            return BigDecimal::intValueExact;
        } else if (type == Short.class) {
            return BigDecimal::shortValueExact;
        } else if (type == BigInteger.class) {
            return BigDecimal::toBigIntegerExact;
        } else if (type == BigDecimal.class || type == Number.class) {
            return number -> number;
        }
        return null;
    }

    private static Object unfit(String name, String wanted, @Nullable Object value) {
        throw new Unfit(name, wanted, value);
    }

    private static @Nullable Object truth(@Nullable Object value, String name) {
        if (value == null || value instanceof Boolean) {
            return value;
        }
        if ("true".equals(value) || "false".equals(value)) {
            return Boolean.valueOf((String) value);
        }
        return unfit(name, "true or false", value);
    }

    private static @Nullable Object moment(@Nullable Object value, String name) {
        if (value == null || value instanceof Instant) {
            return value;
        }
        try {
            return value instanceof Number number
                    ? Instant.ofEpochMilli(number.longValue())
                    : Instant.parse(value.toString());
        } catch (DateTimeException none) {
            return unfit(name, "a moment such as 2026-01-31T12:00:00Z", value);
        }
    }

    private static Object constant(Class<?> type, String name, Object value) {
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(value)) {
                return constant;
            }
        }
        return unfit(name, "one of " + List.of(type.getEnumConstants()), value);
    }

    private static @Nullable Object number(Numbers numbers, String wanted, String name, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        try {
            BigDecimal number = value instanceof Double d
                    ? BigDecimal.valueOf(d)
                    : new BigDecimal(value.toString().strip());
            return numbers.of(number);
        } catch (ArithmeticException | NumberFormatException none) {
            return unfit(name, wanted, value);
        }
    }

    private static Conversion list(Conversion element, String name) {
        return value -> {
            if (value == null) {
                return null;
            }
            if (!(value instanceof List<?> given)) {
                return unfit(name, "a list", value);
            }
            List<@Nullable Object> read = new ArrayList<>(given.size());
            for (Object each : given) {
                read.add(element.read(each));
            }
            return read;
        };
    }
}
