// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes values be of a declared scalar type: those that are stay the same object, those that clearly mean one of that
 * type are converted where the table allows it, and for all others null is returned.
 */
final class Coercion {

    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,400}");
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?([0-9]{1,400}(\\.[0-9]{0,400})?|\\.[0-9]{1,400})([eE][+-]?[0-9]{1,3})?");
    private static final BigInteger LEAST_LONG = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger GREATEST_LONG = BigInteger.valueOf(Long.MAX_VALUE);

    private final boolean converting;

    Coercion(boolean converting) {
        this.converting = converting;
    }

    /** The value as this type, or null when it is none. */
    @Nullable
    Object to(Attribute.Type type, Object value) {
        return switch (type) {
            case STRING, ID -> text(value);
            case INT -> value instanceof Long whole && whole == (int) (long) whole ? whole : narrowed(whole(value));
            case LONG -> value instanceof Long ? value : whole(value) instanceof Long fits ? fits : null;
            case BIGINT -> whole(value);
            case FLOAT -> number(value);
            case BOOLEAN -> truth(value);
            case DATE -> moment(value);
            case BYTES -> bytes(value);
            case BLOB -> value instanceof java.util.Map<?, ?> reference ? reference : bytes(value);
            case ANY -> value;
            case OBJECT -> value instanceof java.util.Map<?, ?> ? value : null;
        };
    }

    /** What a value of this type is called in a violation. */
    static String called(Attribute.Type type) {
        return switch (type) {
            case STRING, ID -> "text";
            case INT -> "a whole number of 32 bits";
            case LONG -> "a whole number of 64 bits";
            case BIGINT -> "a whole number";
            case FLOAT -> "a number";
            case BOOLEAN -> "true or false";
            case DATE -> "a date, such as 2026-11-21T09:30:00Z";
            case BYTES, BLOB -> "bytes (base64 in text formats)";
            case ANY -> "a value";
            case OBJECT -> "an object";
        };
    }

    private @Nullable Object text(Object value) {
        if (value instanceof String || !converting) {
            return value instanceof String ? value : null;
        }
        if (value instanceof BigDecimal decimal) {
            return decimal.toPlainString();
        }
        return value instanceof Number || value instanceof Boolean || value instanceof Instant
                ? value.toString()
                : null;
    }

    private static @Nullable Object narrowed(@Nullable Object whole) {
        return whole instanceof Long fits && fits == (int) (long) fits ? whole : null;
    }

    /** A Long, or a BigInteger beyond 64 bits; null when it is not whole. */
    private @Nullable Object whole(Object value) {
        if (value instanceof Long) {
            return value;
        }
        if (value instanceof BigInteger big) {
            return fitting(big);
        }
        if (!converting) {
            return null;
        }
        if (value instanceof Double number) {
            return number == Math.rint(number) && !Double.isInfinite(number)
                    ? fitting(new BigDecimal(number).toBigInteger())
                    : null;
        }
        if (value instanceof BigDecimal decimal) {
            return decimal.scale() <= 0 && decimal.scale() > -1_000 ? fitting(decimal.toBigInteger()) : null;
        }
        return value instanceof String text && WHOLE.matcher(text).matches() ? fitting(new BigInteger(text)) : null;
    }

    private static Object fitting(BigInteger big) {
        return big.compareTo(LEAST_LONG) >= 0 && big.compareTo(GREATEST_LONG) <= 0 ? (Object) big.longValue() : big;
    }

    /** A Long stays one: it is in the same order as doubles, and comes back as it was written. */
    private @Nullable Object number(Object value) {
        if (value instanceof Long || value instanceof Double) {
            return value;
        }
        if (value instanceof BigInteger || value instanceof BigDecimal) {
            double number = ((Number) value).doubleValue();
            return Double.isInfinite(number) ? null : (Object) number;
        }
        if (converting && value instanceof String text && NUMBER.matcher(text).matches()) {
            if (WHOLE.matcher(text).matches() && fitting(new BigInteger(text)) instanceof Long whole) {
                return whole;
            }
            double number = Double.parseDouble(text);
            return Double.isInfinite(number) ? null : (Object) number;
        }
        return null;
    }

    private @Nullable Object truth(Object value) {
        if (value instanceof Boolean || !converting) {
            return value instanceof Boolean ? value : null;
        }
        if (value.equals("true")) {
            return true;
        }
        return value.equals("false") ? false : null;
    }

    private @Nullable Object moment(Object value) {
        if (value instanceof Instant || !converting) {
            return value instanceof Instant ? value : null;
        }
        try {
            if (value instanceof Long milliseconds) {
                return Instant.ofEpochMilli(milliseconds);
            }
            return value instanceof String text && text.length() <= 64 ? parsed(text) : null;
        } catch (DateTimeException notADate) {
            return null;
        }
    }

    private static Instant parsed(String text) {
        int time = Math.max(text.indexOf('T'), text.indexOf('t'));
        if (time < 0) {
            return LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
        }
        boolean zoned =
                text.endsWith("Z") || text.endsWith("z") || text.indexOf('+', time) > 0 || text.indexOf('-', time) > 0;
        return zoned
                ? OffsetDateTime.parse(text).toInstant()
                : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    }

    private @Nullable Object bytes(Object value) {
        if (value instanceof byte[] || !converting) {
            return value instanceof byte[] ? value : null;
        }
        try {
            return value instanceof String text ? Base64.getDecoder().decode(text) : null;
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }
}
