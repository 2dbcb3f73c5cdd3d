// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Makes an object into an interface of which it has only some methods, by name and parameters. Servlet's interfaces have
 * dozens of methods that a console never calls; calling one of those is refused by its name.
 */
final class Partial {
    private Partial() {}

    /** The interface, as far as the object has its methods; they must be public or of this package. */
    static <T> T of(Class<T> type, Object object) {
        Map<String, Method> methods = new HashMap<>();
        for (Method method : object.getClass().getDeclaredMethods()) {
            if (!method.isSynthetic()) {
                methods.put(key(method), method);
            }
        }
        Object made =
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, called, arguments) -> {
                    Method method = methods.get(key(called));
                    if (method != null) {
                        return invoke(method, object, arguments);
                    } else if (called.getDeclaringClass() == Object.class) {
                        return called.invoke(object, arguments);
                    }
                    throw new UnsupportedOperationException(
                            type.getSimpleName() + "." + called.getName() + " is not offered here");
                });
        return type.cast(made);
    }

    private static String key(Method method) {
        return method.getName() + Arrays.toString(method.getParameterTypes());
    }

    @SuppressWarnings("NullAway") // a method without arguments is called with null
    private static Object invoke(Method method, Object object, Object[] arguments) throws Throwable {
        try {
            return method.invoke(object, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}
