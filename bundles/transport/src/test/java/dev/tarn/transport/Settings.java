// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.util.Map;

/** A component's settings as a framework would give them: the defaults, but for some. */
final class Settings {
    private Settings() {}

    static <T extends Annotation> T of(Class<T> type, Map<String, Object> values) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object value = values.containsKey(method.getName())
                            ? values.get(method.getName())
                            : method.getDefaultValue();
                    if (value == null) {
                        throw new IllegalArgumentException(method.getName() + " has no default and is not given");
                    }
                    return value;
                }));
    }
}
