// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes component configurations, which are annotations, as the framework would: defaults, and what is overridden. */
public final class Configs {

    private Configs() {}

    /**
     * A configuration of this type.
     *
     * @param overrides values by method name
     * @throws IllegalArgumentException when an override names no method, has another type, or a value is missing
     */
    public static <A extends Annotation> A of(Class<A> type, Map<String, ?> overrides) {
        Map<String, @Nullable Object> values = new HashMap<>();
        Set<String> unknown = new HashSet<>(overrides.keySet());
        for (Method method : type.getDeclaredMethods()) {
            if (method.getParameterCount() > 0 || method.isSynthetic()) {
                continue;
            }
            String name = method.getName();
            unknown.remove(name);
            Object value = overrides.containsKey(name) ? overrides.get(name) : method.getDefaultValue();
            values.put(name, checked(type, method, value == null ? absent(method.getReturnType()) : value));
        }
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(type.getName() + " has no " + unknown);
        }
        InvocationHandler answer = (proxy, method, arguments) -> switch (method.getName()) {
            case "annotationType" -> type;
            case "toString" -> "@" + type.getName() + values;
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> arguments != null && proxy == arguments[0];
            default -> values.get(method.getName());
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answer));
    }

    /** A configuration with nothing overridden. */
    public static <A extends Annotation> A of(Class<A> type) {
        return of(type, Map.of());
    }

    /** What Declarative Services gives for a property that is neither set nor has a default. */
    private static @Nullable Object absent(Class<?> type) {
        if (type == boolean.class) {
            return false;
        } else if (type == int.class) {
            return 0;
        } else if (type == long.class) {
            return 0L;
        } else if (type == double.class) {
            return 0.0;
        } else if (type.isArray()) {
            return java.lang.reflect.Array.newInstance(type.getComponentType(), 0);
        }
        return null;
    }

    private static @Nullable Object checked(Class<?> type, Method method, @Nullable Object value) {
        Class<?> wanted = boxed(method.getReturnType());
        Object given = value;
        if (wanted == Long.class && value instanceof Integer number) {
            given = number.longValue();
        } else if (wanted == Double.class && value instanceof Number number) {
            given = number.doubleValue();
        }
        if (given != null && !wanted.isInstance(given)) {
            throw new IllegalArgumentException(
                    type.getName() + "." + method.getName() + " is a " + wanted.getName() + ", not " + given);
        }
        return given;
    }

    private static Class<?> boxed(Class<?> type) {
        if (type == boolean.class) {
            return Boolean.class;
        } else if (type == int.class) {
            return Integer.class;
        } else if (type == long.class) {
            return Long.class;
        } else if (type == double.class) {
            return Double.class;
        }
        return type;
    }
}
