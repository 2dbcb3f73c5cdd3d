// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes components as Declarative Services would, of what is given. */
final class Components {
    private Components() {}

    static <T> T make(Class<T> component, Map<String, ?> configuration, List<?> services) {
        Constructor<?>[] constructors = component.getConstructors();
        if (constructors.length != 1) {
            throw new IllegalArgumentException(
                    component.getName() + " has " + constructors.length + " public constructors; call one of them");
        }
        List<@Nullable Object> arguments = new ArrayList<>();
        for (Parameter parameter : constructors[0].getParameters()) {
            arguments.add(argument(component, parameter, configuration, services));
        }
        try {
            return component.cast(constructors[0].newInstance(arguments.toArray()));
        } catch (InvocationTargetException refused) {
            if (refused.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(refused.getCause());
        } catch (ReflectiveOperationException unusable) {
            throw new IllegalArgumentException(component.getName() + " cannot be made here", unusable);
        }
    }

    private static @Nullable Object argument(
            Class<?> component, Parameter parameter, Map<String, ?> configuration, List<?> services) {
        Class<?> type = parameter.getType();
        if (type.isAnnotation()) {
            return Configs.of(type.asSubclass(Annotation.class), configuration);
        }
        for (Object service : services) {
            if (type.isInstance(service)) {
                return service;
            }
        }
        boolean optional = Arrays.stream(parameter.getAnnotatedType().getAnnotations())
                .anyMatch(annotation -> annotation instanceof Nullable);
        if (!optional) {
            throw new IllegalArgumentException(component.getName() + " needs a " + type.getName());
        }
        return null;
    }
}
