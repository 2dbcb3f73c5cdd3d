// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes conditions be about the properties of one table: each literal becomes a value of the property's type. */
final class Binder {

    private static final Pattern NUMBER =
            Pattern.compile("[+-]?([0-9]{1,400}(\\.[0-9]{0,400})?|\\.[0-9]{1,400})([eE][+-]?[0-9]{1,3})?");
    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,400}");

    private final Subject subject;

    Binder(Subject subject) {
        this.subject = subject;
    }

    /**
     * The conditions on rows of the table.
     *
     * @throws Failure MALFORMED when a literal is none of its property's type
     */
    Matcher bind(Where where) {
        if (where instanceof Where.And and) {
            return new Matcher.All(and.parts().stream().map(this::bind).toList());
        } else if (where instanceof Where.Or or) {
            return new Matcher.Any(or.parts().stream().map(this::bind).toList());
        }
        return test((Where.Compare) where);
    }

    private Matcher test(Where.Compare compare) {
        Property property = Property.of(subject, compare.property()).comparable();
        Operator operator = compare.operator();
        boolean text = operator == Operator.CONTAINS || operator == Operator.STARTS || operator == Operator.ENDS;
        List<Object> values = new ArrayList<>();
        boolean none = false;
        for (Literal literal : compare.literals()) {
            Object value = text ? literal.text() : value(property, literal);
            if (value == null) {
                none = true;
            } else {
                values.add(value);
                // Harper's users ask so for rows without a value; a text can be just that, too.
                none |= value.equals("null") && literal.strict() && !text && !operator.range();
            }
        }
        if (none && operator.range()) {
            throw QueryParser.wrong(compare.position(), "null is neither less nor greater than anything");
        }
        return new Matcher.Test(property, operator, values, none);
    }

    /** The value that a literal stands for; null for null. */
    private static @Nullable Object value(Property property, Literal literal) {
        if (literal.strict()) {
            boolean none = literal.text().equals("null") && !text(property.type());
            return none ? null : typed(property, literal, literal.text());
        }
        String text = literal.text();
        if (text.equals("null")) {
            return null;
        }
        int colon = text.indexOf(':');
        String rest = text.substring(colon + 1);
        Object said = switch (colon < 0 ? "" : text.substring(0, colon)) {
            case "number" -> required(number(rest), "a number", literal);
            case "boolean" -> required(truth(rest), "true or false", literal);
            case "date" -> required(moment(rest), "a date, such as 2026-11-21T09:30:00Z", literal);
            case "string" -> rest;
            default -> null;
        };
        if (said != null) {
            // What a query says of its literal counts, but a moment of $updatedtime is a number there.
            return said instanceof Instant moment && updated(property) ? (Object) moment.toEpochMilli() : said;
        }
        if (property.type() == Attribute.Type.ANY || property.type() == Attribute.Type.OBJECT) {
            Object number = number(text);
            Object truth = truth(text);
            return number != null ? number : truth != null ? truth : text;
        }
        return typed(property, literal, text);
    }

    private static boolean updated(Property property) {
        Property inner = property.inner();
        return inner == null ? property.kind() == Property.Kind.UPDATED : updated(inner);
    }

    private static boolean text(Attribute.Type type) {
        return type == Attribute.Type.STRING || type == Attribute.Type.ID;
    }

    private static Object typed(Property property, Literal literal, String text) {
        if (property.kind() == Property.Kind.KEY && property.type() == Attribute.Type.ANY) {
            return number(text) instanceof Long number && number.toString().equals(text) ? number : text;
        }
        return switch (property.type()) {
            case STRING, ID, ANY, OBJECT -> text;
            case INT, LONG, BIGINT, FLOAT -> required(number(text), "a number", literal);
            case BOOLEAN -> required(truth(text), "true or false", literal);
            case DATE -> required(moment(text), "a date, such as 2026-11-21T09:30:00Z", literal);
            case BYTES, BLOB -> required(bytes(text), "bytes in base64", literal);
        };
    }

    private static Object required(@Nullable Object value, String expected, Literal literal) {
        if (value == null) {
            throw QueryParser.wrong(
                    literal.position(),
                    "expected " + expected + ", found \"" + QueryParser.shown(literal.text()) + "\"");
        }
        return value;
    }

    private static @Nullable Object number(String text) {
        if (WHOLE.matcher(text).matches()) {
            BigInteger whole = new BigInteger(text);
            return whole.bitLength() < Long.SIZE ? (Object) whole.longValue() : whole;
        }
        if (!NUMBER.matcher(text).matches()) {
            return null;
        }
        double number = Double.parseDouble(text);
        return Double.isInfinite(number) ? (Object) new BigDecimal(text) : (Object) number;
    }

    private static @Nullable Object truth(String text) {
        return text.equals("true") ? (Object) true : text.equals("false") ? (Object) false : null;
    }

    private static @Nullable Object moment(String text) {
        try {
            if (WHOLE.matcher(text).matches() && text.length() <= 18) {
                return Instant.ofEpochMilli(Long.parseLong(text));
            }
            int time = Math.max(text.indexOf('T'), text.indexOf('t'));
            if (time < 0) {
                return LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
            }
            boolean zoned = text.endsWith("Z")
                    || text.endsWith("z")
                    || text.indexOf('+', time) > 0
                    || text.indexOf('-', time) > 0;
            return zoned
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException notADate) {
            return null;
        }
    }

    private static byte @Nullable [] bytes(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }
}
