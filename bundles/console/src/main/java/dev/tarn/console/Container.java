// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import jakarta.servlet.ServletContext;
import java.net.URLConnection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Felix' bridge asks of the servlet container that it is in; see {@link Partial}. Methods are named as in {@code
 * jakarta.servlet.ServletContext}. Safe on any thread.
 */
final class Container {
    private static final Logger LOG = LoggerFactory.getLogger(Container.class);

    private final Map<String, Object> attributes = new ConcurrentHashMap<>();

    /** The bridge's own configuration. */
    static final class Config {
        private final ServletContext context = Partial.of(ServletContext.class, new Container());

        String getServletName() {
            return "console";
        }

        ServletContext getServletContext() {
            return context;
        }

        @Nullable
        String getInitParameter(String name) {
            return null;
        }

        Enumeration<String> getInitParameterNames() {
            return Collections.emptyEnumeration();
        }
    }

    String getContextPath() {
        return "";
    }

    String getServerInfo() {
        return "Tarn";
    }

    String getServletContextName() {
        return "console";
    }

    String getVirtualServerName() {
        return "admin";
    }

    int getMajorVersion() {
        return 5;
    }

    int getMinorVersion() {
        return 0;
    }

    int getEffectiveMajorVersion() {
        return 5;
    }

    int getEffectiveMinorVersion() {
        return 0;
    }

    @Nullable
    Object getAttribute(String name) {
        return attributes.get(name);
    }

    Enumeration<String> getAttributeNames() {
        return Collections.enumeration(attributes.keySet());
    }

    void setAttribute(String name, @Nullable Object value) {
        if (value == null) {
            attributes.remove(name);
        } else {
            attributes.put(name, value);
        }
    }

    void removeAttribute(String name) {
        attributes.remove(name);
    }

    @Nullable
    String getInitParameter(String name) {
        return null;
    }

    Enumeration<String> getInitParameterNames() {
        return Collections.emptyEnumeration();
    }

    String getMimeType(String file) {
        return URLConnection.guessContentTypeFromName(file);
    }

    @Nullable
    String getRealPath(String path) {
        return null;
    }

    int getSessionTimeout() {
        return 0;
    }

    void log(String message) {
        LOG.info("{}", message);
    }

    void log(String message, Throwable cause) {
        LOG.warn("{}", message, cause);
    }
}
