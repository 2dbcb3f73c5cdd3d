// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.apache.qpid.protonj2.types.messaging.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The filters of AMQP Filter Expressions 1.0 (OASIS, working draft 9) §4.2, as the selectors that they stand for: each field that
 * is named has to be equal, or to begin or end with what is given ({@code &p:}, {@code &s:}; {@code &&} for an ampersand).
 */
final class PropertiesFilter {
    private PropertiesFilter() {}

    static final UnsignedLong PROPERTIES = UnsignedLong.valueOf(0x173L);
    static final UnsignedLong APPLICATION = UnsignedLong.valueOf(0x174L);

    /** What a selector calls a property of a message, before its name. */
    static final String PROPERTY = "amqp.properties.";

    /** What a selector calls an application property that an attribute of the row could be taken for. */
    static final String OWN = "amqp.application.";

    /** The selector that says the same about properties. */
    static String properties(@Nullable Object described) {
        return text(described, PROPERTY);
    }

    /** The selector that says the same about application properties. */
    static String application(@Nullable Object described) {
        return text(described, OWN);
    }

    private static String text(@Nullable Object described, String prefix) {
        if (!(described instanceof Map<?, ?> map) || map.isEmpty()) {
            throw new Failure(Failure.Code.MALFORMED, "a filter on properties is a map of at least one");
        }
        List<String> conditions = new ArrayList<>();
        map.forEach((key, value) -> {
            String name = String.valueOf(key);
            if (name.indexOf('"') >= 0) {
                throw new Failure(Failure.Code.MALFORMED, "a filter on a property whose name has a quote");
            }
            if (prefix.equals(PROPERTY)) {
                property(name, new Properties(), "");
            }
            conditions.add('"' + prefix + name + '"' + condition(Values.ofAmqp(value)));
        });
        return String.join(" AND ", conditions);
    }

    private static String condition(@Nullable Object wanted) {
        if (wanted == null) {
            return " IS NULL";
        }
        if (wanted instanceof Instant moment) {
            return " = " + moment.toEpochMilli();
        }
        if (wanted instanceof Boolean || wanted instanceof Number) {
            return " = " + wanted;
        }
        if (!(wanted instanceof String text)) {
            throw new Failure(Failure.Code.MALFORMED, "a filter on a property by something that is no plain value");
        }
        if (text.startsWith("&p:")) {
            return like(escaped(text.substring(3)) + "%");
        }
        if (text.startsWith("&s:")) {
            return like("%" + escaped(text.substring(3)));
        }
        return " = " + quoted(text.startsWith("&&") ? text.substring(1) : text);
    }

    private static String like(String pattern) {
        return " LIKE " + quoted(pattern) + " ESCAPE '!'";
    }

    private static String escaped(String text) {
        return text.replace("!", "!!").replace("%", "!%").replace("_", "!_");
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** A property of a message by its name in the specification; fails with MALFORMED where there is none of that name. */
    static @Nullable Object property(String name, @Nullable Properties kept, Change change) {
        Object value = property(
                name, kept == null ? new Properties() : kept, change.path().text());
        return value == null ? elsewhere(name, change.attributes()) : value;
    }

    /** As other protocols have said it. */
    private static @Nullable Object elsewhere(String name, Attributes attributes) {
        byte[] correlation = attributes.correlation();
        return switch (name) {
            case "content-type" -> attributes.contentType();
            case "reply-to" -> attributes.responsePath();
            case "correlation-id" -> correlation == null ? null : new String(correlation, StandardCharsets.UTF_8);
            case "absolute-expiry-time" -> attributes.expiresAt() == 0 ? null : (Object) attributes.expiresAt();
            default -> null;
        };
    }

    private static @Nullable Object property(String name, Properties properties, String path) {
        Object value = switch (name) {
            case "message-id" -> properties.getMessageId();
            case "user-id" -> properties.getUserId() == null ? null : properties.getUserId();
            case "to" -> path;
            case "subject" -> properties.getSubject();
            case "reply-to" -> properties.getReplyTo();
            case "correlation-id" -> properties.getCorrelationId();
            case "content-type" -> properties.getContentType();
            case "content-encoding" -> properties.getContentEncoding();
            case "absolute-expiry-time" ->
                properties.hasAbsoluteExpiryTime() ? (Object) properties.getAbsoluteExpiryTime() : null;
            case "creation-time" -> properties.hasCreationTime() ? (Object) properties.getCreationTime() : null;
            case "group-id" -> properties.getGroupId();
            case "group-sequence" -> properties.hasGroupSequence() ? (Object) properties.getGroupSequence() : null;
            case "reply-to-group-id" -> properties.getReplyToGroupId();
            default -> throw new Failure(Failure.Code.MALFORMED, "messages have no property " + name);
        };
        return Values.ofAmqp(value);
    }
}
