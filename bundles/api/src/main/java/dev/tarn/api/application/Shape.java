// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Failure;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a record is an object of {@link dev.tarn.api.codec.Codec}'s values, and back. For maps: as they are. Immutable.
 *
 * @param <T> a record, or a map
 */
final class Shape<T> {

    private final @Nullable Constructor<T> constructor;
    private final List<Part> parts;

    /** One component of a record. */
    private record Part(RecordComponent component, Conversion conversion, boolean id) {
        @Nullable
        Object of(Object record) {
            try {
                return component.getAccessor().invoke(record);
            } catch (IllegalAccessException closed) {
                throw new IllegalStateException(component + " cannot be read", closed);
            } catch (InvocationTargetException thrown) {
                throw new IllegalStateException(component + " cannot be read", thrown.getCause());
            }
        }
    }

    private Shape(@Nullable Constructor<T> constructor, List<Part> parts) {
        this.constructor = constructor;
        this.parts = List.copyOf(parts);
    }

    /** The shape of a record's class, or of a map. */
    @SuppressWarnings("unchecked") // The constructor of the class makes what the class is.
    static <T> Shape<T> of(Class<?> type) {
        if (!type.isRecord()) {
            return new Shape<>(null, List.of());
        }
        List<Part> parts = new ArrayList<>();
        List<Class<?>> parameters = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            component.getAccessor().setAccessible(true);
            parts.add(new Part(
                    component,
                    Conversion.of(component.getGenericType(), component.getName()),
                    component.isAnnotationPresent(Id.class)));
            parameters.add(component.getType());
        }
        try {
            Constructor<T> made = (Constructor<T>) type.getDeclaredConstructor(parameters.toArray(new Class<?>[0]));
            made.setAccessible(true);
            return new Shape<>(made, parts);
        } catch (NoSuchMethodException never) {
            throw new IllegalStateException("a record has its canonical constructor", never);
        }
    }

    T read(@Nullable Object value) {
        return read(value, null);
    }

    /**
     * The record that an object is.
     *
     * @param id what the path says, or null
     * @throws Failure INVALID with every property that does not fit
     */
    @SuppressWarnings("unchecked") // Without a constructor T is a map of such values.
    T read(@Nullable Object value, @Nullable String id) {
        if (!(value instanceof Map<?, ?> object)) {
            throw new Failure(Failure.Code.INVALID, "it must be an object", List.of("body: must be an object"));
        }
        Constructor<T> making = constructor;
        if (making == null) {
            return (T) new LinkedHashMap<>(object);
        }
        Object[] arguments = new Object[parts.size()];
        List<String> violations = new ArrayList<>(0);
        for (int i = 0; i < arguments.length; i++) {
            Part part = parts.get(i);
            Object given =
                    part.id() && id != null ? id : object.get(part.component().getName());
            try {
                arguments[i] = part.conversion().read(given);
            } catch (Conversion.Unfit unfit) {
                violations.add(unfit.getMessage());
            }
        }
        if (!violations.isEmpty()) {
            throw new Failure(Failure.Code.INVALID, String.join("; ", violations), violations);
        }
        try {
            return making.newInstance(arguments);
        } catch (InvocationTargetException thrown) {
            Throwable cause = thrown.getCause();
            if (cause instanceof Failure refusal) {
                throw refusal;
            }
            throw new Failure(Failure.Code.INVALID, String.valueOf(cause == null ? thrown : cause.getMessage()));
        } catch (ReflectiveOperationException never) {
            throw new IllegalStateException("a record cannot be made", never);
        }
    }

    /** The object that a record is. */
    @SuppressWarnings("unchecked") // Without a constructor T is a map of such values.
    Map<String, @Nullable Object> write(T row) {
        if (constructor == null) {
            return (Map<String, @Nullable Object>) java.util.Objects.requireNonNull(plain(row), "a row is something");
        }
        return object(row, parts);
    }

    /** What is answered for a row: the object without properties that are not there. */
    Object answered(T row) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>(write(row));
        all.values().removeIf(java.util.Objects::isNull);
        return all;
    }

    private static Map<String, @Nullable Object> object(Object row, List<Part> parts) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (Part part : parts) {
            object.put(part.component().getName(), plain(part.of(row)));
        }
        return object;
    }

    /** The id that a record has. */
    String id(T row) {
        for (Part part : parts) {
            if (part.id() && part.of(row) != null) {
                return String.valueOf(part.of(row));
            }
        }
        throw new Failure(Failure.Code.INVALID, "the row has no id", List.of("id: is required"));
    }

    /** A value of Java as one of codecs. */
    static @Nullable Object plain(@Nullable Object value) {
        if (value instanceof Record record) {
            return object(record, Shape.of(record.getClass()).parts);
        } else if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> object = new LinkedHashMap<>();
            map.forEach((key, each) -> object.put(String.valueOf(key), plain(each)));
            return object;
        } else if (value instanceof Iterable<?> all) {
            List<@Nullable Object> list = new ArrayList<>();
            all.forEach(each -> list.add(plain(each)));
            return list;
        } else if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        } else if (value instanceof Float single) {
            return single.doubleValue();
        } else if (value instanceof Enum<?> constant) {
            return constant.name();
        } else if (value instanceof Character letter) {
            return letter.toString();
        } else if (value instanceof java.util.Optional<?> optional) {
            return plain(optional.orElse(null));
        }
        return value;
    }
}
