// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.util.Map;

/** Component configurations without a framework. */
final class Configured {

    private Configured() {}

    /** The defaults of the annotation, and what is given by method name. */
    static <A extends Annotation> A with(Class<A> type, Map<String, Object> given) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> given.getOrDefault(method.getName(), method.getDefaultValue())));
    }
}
