// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Traits;
import graphql.language.ArrayValue;
import graphql.language.BooleanValue;
import graphql.language.EnumValue;
import graphql.language.FieldDefinition;
import graphql.language.FloatValue;
import graphql.language.IntValue;
import graphql.language.ObjectValue;
import graphql.language.StringValue;
import graphql.language.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what directives say about one attribute beyond its type; what is wrong goes to the findings. */
final class TraitReader {
    private static final int LONGEST_TEXT = 4_000;
    private static final List<String> STAMPS = List.of("createdTime", "updatedTime", "expiresAt");

    private final String file;
    private final FieldDefinition field;
    private final Directives directives;
    private final Findings findings;

    TraitReader(String file, FieldDefinition field, Directives directives, Findings findings) {
        this.file = file;
        this.field = field;
        this.directives = directives;
        this.findings = findings;
    }

    /**
     * The traits.
     *
     * @param attribute the attribute without any
     * @param values those of its enum; empty where it is none
     * @param inside whether it is of a type inside a table
     */
    Traits read(Attribute attribute, List<String> values, boolean inside) {
        directives.allow("computed", List.of("from", "version"));
        directives.allow("default", List.of("value"));
        directives.allow("range", List.of("min", "max"));
        directives.allow("length", List.of("min", "max"));
        directives.allow("pattern", List.of("regex"));
        for (String bare : List.of("createdTime", "updatedTime", "expiresAt", "hidden", "unique")) {
            directives.allow(bare, List.of());
            if (inside && directives.has(bare)) {
                refuse(bare, "@" + bare + " belongs on an attribute of a table, not of a type inside one");
            }
        }
        Origin origin = origin(attribute, inside);
        if (!(origin instanceof Origin.Sent) && attribute.primaryKey()) {
            refuse(field, "the primary key is sent, or made up by the server, and nothing else");
        }
        if (directives.has("hidden") && attribute.primaryKey()) {
            refuse("hidden", "the primary key cannot be hidden, it is part of every path");
        }
        boolean unique = directives.has("unique");
        if (unique && (attribute.list() || !plain(attribute.type()))) {
            refuse("unique", "@unique needs a plain value, no list, Object, Any or Blob");
        }
        return new Traits(
                values,
                otherwise(attribute, values, origin),
                bounds(attribute),
                unique && !attribute.primaryKey(),
                directives.has("hidden"),
                origin);
    }

    private static boolean plain(Attribute.Type type) {
        return switch (type) {
            case STRING, ID, INT, LONG, FLOAT, BIGINT, BOOLEAN, DATE, BYTES -> true;
            case BLOB, ANY, OBJECT -> false;
        };
    }

    private static boolean text(Attribute.Type type) {
        return type == Attribute.Type.STRING || type == Attribute.Type.ID;
    }

    private static boolean number(Attribute.Type type) {
        return type == Attribute.Type.INT
                || type == Attribute.Type.LONG
                || type == Attribute.Type.FLOAT
                || type == Attribute.Type.BIGINT;
    }

    private void refuse(String directive, String text) {
        findings.refuse(file, directives.line(directive), text);
    }

    private void refuse(FieldDefinition at, String text) {
        findings.refuse(file, Lines.of(at), text);
    }

    private static Origin.Moment moment(String stamp) {
        return switch (stamp) {
            case "createdTime" -> Origin.Moment.CREATED;
            case "updatedTime" -> Origin.Moment.UPDATED;
            default -> Origin.Moment.EXPIRES;
        };
    }

    private Origin origin(Attribute attribute, boolean inside) {
        Origin origin = Origin.SENT;
        int origins = 0;
        for (String stamp : STAMPS) {
            if (directives.has(stamp)) {
                origins++;
                origin = new Origin.Stamped(moment(stamp));
                boolean holds = !attribute.list()
                        && (attribute.type() == Attribute.Type.DATE
                                || attribute.type() == Attribute.Type.LONG
                                || attribute.type() == Attribute.Type.FLOAT
                                || attribute.type() == Attribute.Type.BIGINT
                                || attribute.type() == Attribute.Type.ANY);
                if (!holds) {
                    refuse(stamp, "@" + stamp + " needs a Date, or a Long for milliseconds since 1970");
                }
            }
        }
        if (directives.has("computed")) {
            origins++;
            String from = directives.text("computed", "from");
            if (from == null || from.isBlank() || from.length() > LONGEST_TEXT) {
                refuse("computed", "@computed needs from: \"an expression\", such as \"price * (1 + taxRate)\"");
            }
            if (inside) {
                refuse("computed", "@computed belongs on an attribute of a table, not of a type inside one");
            }
            origin = new Origin.Computed(from == null ? "" : from, version());
        }
        if (directives.has("relationship")) {
            origins++;
        }
        if (origins > 1) {
            refuse(field, "only one of @createdTime, @updatedTime, @expiresAt, @computed and @relationship");
        }
        return origin;
    }

    /** Whatever the version is, it is compared as text. */
    private String version() {
        Object version = directives
                .value("computed", "version")
                .map(each -> literal(each, "version"))
                .orElse("");
        return version.toString();
    }

    private @Nullable Object otherwise(Attribute attribute, List<String> values, Origin origin) {
        if (!directives.has("default")) {
            return null;
        }
        Value<?> written = directives.value("default", "value").orElse(null);
        if (written == null) {
            refuse("default", "@default needs a value, such as @default(value: 0)");
            return null;
        }
        if (!(origin instanceof Origin.Sent) || attribute.primaryKey()) {
            refuse("default", "@default is for values that are sent");
            return null;
        }
        Object value = literal(written, "value");
        if (!values.isEmpty() && !values.contains(value.toString()) && !attribute.list()) {
            refuse("default", "\"" + value + "\" is none of " + String.join(", ", values));
        }
        boolean fits = attribute.list() == value instanceof List<?> || attribute.type() == Attribute.Type.ANY;
        if (!fits
                || (number(attribute.type()) && !attribute.list() && !(value instanceof Number))
                || (attribute.type() == Attribute.Type.BOOLEAN && !attribute.list() && !(value instanceof Boolean))) {
            refuse("default", "the value of @default is not of the attribute's type");
            return null;
        }
        return value;
    }

    /** The value of a literal, as codecs have values. */
    private Object literal(Value<?> value, String argument) {
        if (value instanceof StringValue text) {
            return text.getValue();
        } else if (value instanceof EnumValue name) {
            return name.getName();
        } else if (value instanceof BooleanValue truth) {
            return truth.isValue();
        } else if (value instanceof IntValue whole) {
            BigInteger number = whole.getValue();
            return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
        } else if (value instanceof FloatValue real) {
            return real.getValue().doubleValue();
        } else if (value instanceof ArrayValue list) {
            List<Object> elements = new ArrayList<>();
            list.getValues().forEach(each -> elements.add(literal(each, argument)));
            return elements;
        } else if (value instanceof ObjectValue object) {
            Map<String, Object> properties = new LinkedHashMap<>();
            object.getObjectFields()
                    .forEach(each -> properties.put(each.getName(), literal(each.getValue(), argument)));
            return properties;
        }
        findings.refuse(file, Lines.of(value), "'" + argument + "' cannot be null");
        return "";
    }

    private Traits.Bounds bounds(Attribute attribute) {
        BigDecimal min = directives.number("range", "min");
        BigDecimal max = directives.number("range", "max");
        if (directives.has("range")) {
            if (!number(attribute.type())) {
                refuse("range", "@range needs numbers");
            }
            if (min == null && max == null) {
                refuse("range", "@range needs a min, a max, or both");
            } else if (min != null && max != null && min.compareTo(max) > 0) {
                refuse("range", "@range: min is above max");
            }
        }
        int shortest = count("min", 0);
        int longest = count("max", Integer.MAX_VALUE);
        if (directives.has("length")) {
            if (!attribute.list() && !text(attribute.type()) && attribute.type() != Attribute.Type.BYTES) {
                refuse("length", "@length needs text, bytes or a list");
            }
            if (shortest > longest) {
                refuse("length", "@length: min is above max");
            }
        }
        String pattern = directives.text("pattern", "regex");
        if (directives.has("pattern")) {
            if (!text(attribute.type())) {
                refuse("pattern", "@pattern needs text");
            }
            if (pattern == null || pattern.length() > LONGEST_TEXT) {
                refuse("pattern", "@pattern needs regex: \"an expression\", such as \"[A-Z]{2}[0-9]+\"");
            }
        }
        return new Traits.Bounds(min, max, shortest, longest, pattern);
    }

    private int count(String argument, int otherwise) {
        BigDecimal number = directives.number("length", argument);
        if (number == null) {
            return otherwise;
        }
        try {
            int count = number.intValueExact();
            if (count >= 0) {
                return count;
            }
        } catch (ArithmeticException notWhole) {
            refuse("length", "@length: " + argument + " is a whole number, 0 or more");
            return otherwise;
        }
        refuse("length", "@length: " + argument + " is a whole number, 0 or more");
        return otherwise;
    }
}
