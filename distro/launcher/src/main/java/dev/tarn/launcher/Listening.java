// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.lang.reflect.InvocationTargetException;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/**
 * A listener as the transport publishes it. Its type lives in a bundle and not on the launcher's class path, so it is
 * read through reflection.
 *
 * @param name the listener's
 * @param address where it accepts connections; empty when it could not
 * @param problem why it does not; empty when it does
 * @param optional whether the node serves without it
 */
record Listening(String name, Optional<InetSocketAddress> address, Optional<String> problem, boolean optional) {
    static final String TYPE = "dev.tarn.transport.Endpoint";

    /** Reads the service; empty when it has just gone. */
    static Optional<Listening> of(BundleContext context, ServiceReference<?> reference) {
        Object endpoint = context.getService(reference);
        Bundle bundle = reference.getBundle();
        if (endpoint == null || bundle == null) {
            return Optional.empty();
        }
        try {
            Class<?> type = bundle.loadClass(TYPE);
            return Optional.of(new Listening(
                    String.valueOf(type.getMethod("name").invoke(endpoint)),
                    ((Optional<?>) type.getMethod("address").invoke(endpoint)).map(InetSocketAddress.class::cast),
                    ((Optional<?>) type.getMethod("problem").invoke(endpoint)).map(String::valueOf),
                    Boolean.TRUE.equals(type.getMethod("optional").invoke(endpoint))));
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | IllegalAccessException
                | InvocationTargetException changed) {
            throw new IllegalStateException("the transport's endpoints are not what they were", changed);
        } finally {
            context.ungetService(reference);
        }
    }

    /** Name and address, such as {@code mqtt 127.0.0.1:1883}. */
    String words() {
        return name
                + address.map(at -> {
                            String host = at.getAddress() == null
                                    ? at.getHostString()
                                    : at.getAddress().getHostAddress();
                            return " " + (host.contains(":") ? "[" + host + "]" : host) + ":" + at.getPort();
                        })
                        .orElse("");
    }
}
