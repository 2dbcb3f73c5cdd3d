// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Traits;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The table that a record declares. */
public final class RecordTable {

    private static final Pattern TIME = Pattern.compile("([0-9]{1,9}) *(ms|s|m|h|d)");

    private RecordTable() {}

    /**
     * The table of a record with {@link Table}.
     *
     * @throws IllegalArgumentException when it declares none, or what no table can be
     */
    public static dev.tarn.api.data.Table of(Class<?> type) {
        Table declared = type.getAnnotation(Table.class);
        if (declared == null || !type.isRecord()) {
            throw new IllegalArgumentException(type.getName() + " is no record with @Table");
        }
        List<Attribute> attributes = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            attributes.add(attribute(component));
        }
        if (attributes.stream().noneMatch(Attribute::primaryKey)) {
            throw new IllegalArgumentException(type.getName() + " has no component with @Id");
        }
        dev.tarn.api.data.Table.Rules rules = new dev.tarn.api.data.Table.Rules(
                false,
                declared.sealed(),
                true,
                dev.tarn.api.data.Table.Keeping.LOGGED,
                time(declared.history()),
                time(declared.expiration()),
                declared.payload().isEmpty() ? null : declared.payload());
        return new dev.tarn.api.data.Table(
                declared.database(), declared.value(), export(type, declared.value()), attributes, rules);
    }

    /** The name under which something is exported; null where it is not. */
    static @Nullable String export(AnnotatedElement type, String name) {
        Export export = type.getAnnotation(Export.class);
        if (export == null) {
            return null;
        }
        return export.value().isEmpty() ? name : export.value().equals("/") ? "" : export.value();
    }

    /**
     * A span of time such as {@code 10m}; zero for an empty text.
     *
     * @throws IllegalArgumentException when it is none
     */
    public static Duration time(String text) {
        if (text.isEmpty()) {
            return Duration.ZERO;
        }
        Matcher matcher = TIME.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is no time such as 500ms, 30s, 10m, 1h or 7d");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }

    private static Attribute attribute(RecordComponent component) {
        Type type = component.getGenericType();
        boolean list = type instanceof ParameterizedType some && some.getRawType() == List.class;
        Type element = list ? ((ParameterizedType) type).getActualTypeArguments()[0] : type;
        // What cannot be converted is refused here, and not when the first row comes.
        Conversion.of(type, component.getName());
        boolean id = component.isAnnotationPresent(Id.class);
        Traits traits = traits(component, element);
        return new Attribute(
                component.getName(),
                id && element == String.class ? Attribute.Type.ID : kind(element),
                list,
                id || component.getType().isPrimitive() || component.isAnnotationPresent(Required.class),
                false,
                component.isAnnotationPresent(Indexed.class),
                id,
                nested(element),
                traits);
    }

    private static Traits traits(RecordComponent component, Type element) {
        List<String> values = element instanceof Class<?> type && type.isEnum()
                ? Arrays.stream(type.getEnumConstants())
                        .map(constant -> ((Enum<?>) constant).name())
                        .toList()
                : List.of();
        return new Traits(
                values,
                null,
                Traits.Bounds.NONE,
                component.isAnnotationPresent(Unique.class),
                component.isAnnotationPresent(Hidden.class),
                Origin.SENT);
    }

    private static List<Attribute> nested(Type element) {
        if (!(element instanceof Class<?> type) || !type.isRecord()) {
            return List.of();
        }
        List<Attribute> attributes = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            attributes.add(attribute(component));
        }
        return attributes;
    }

    private static Attribute.Type kind(Type type) {
        if (type == String.class || (type instanceof Class<?> some && some.isEnum())) {
            return Attribute.Type.STRING;
        } else if (Set.of(int.class, Integer.class, short.class, Short.class).contains(type)) {
            return Attribute.Type.INT;
        } else if (type == long.class || type == Long.class) {
            return Attribute.Type.LONG;
        } else if (Set.of(double.class, Double.class, float.class, Float.class).contains(type)) {
            return Attribute.Type.FLOAT;
        } else if (type == BigInteger.class) {
            return Attribute.Type.BIGINT;
        } else if (type == boolean.class || type == Boolean.class) {
            return Attribute.Type.BOOLEAN;
        } else if (type == Instant.class) {
            return Attribute.Type.DATE;
        } else if (type == byte[].class) {
            return Attribute.Type.BYTES;
        } else if (type instanceof ParameterizedType || (type instanceof Class<?> some && some.isRecord())) {
            return Attribute.Type.OBJECT;
        }
        return Attribute.Type.ANY;
    }
}
