// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.transport.Watch;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for in one message.
 *
 * @param verb what to do
 * @param members everything that it says
 */
record Request(Verb verb, Map<?, ?> members) {

    /** What a client may ask for, in the words it uses. */
    enum Verb {
        PUT,
        PATCH,
        DELETE,
        MESSAGE,
        GET,
        SUBSCRIBE,
        UNSUBSCRIBE;

        private static Verb of(@Nullable Object type) {
            for (Verb verb : values()) {
                if (verb.word().equals(type)) {
                    return verb;
                }
            }
            throw new Failure(
                    Failure.Code.MALFORMED,
                    "type is put, patch, delete, message, get, subscribe or unsubscribe, not " + shown(type));
        }

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private static final String CONTENT_TYPE = "contentType";
    private static final String DATA = "data";
    private static final String ENCODING = "encoding";

    /**
     * The request that a decoded message is.
     *
     * @throws Failure MALFORMED when it is none
     */
    static Request of(@Nullable Object message) {
        if (message instanceof Map<?, ?> members) {
            return new Request(Verb.of(members.get("type")), members);
        }
        throw new Failure(
                Failure.Code.MALFORMED, "a message is an object like {\"type\":\"put\",\"id\":\"1\",\"value\":{}}");
    }

    /** What a client calls a message, whether or not the rest of it makes sense; null for nothing. */
    static @Nullable Object ref(@Nullable Object message) {
        Object ref = message instanceof Map<?, ?> members ? members.get("ref") : null;
        return ref instanceof String || ref instanceof Number ? ref : null;
    }

    /** The text that a member has; null when it is not there. */
    @Nullable
    String text(String member) {
        Object value = members.get(member);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        if (value instanceof Long || value instanceof java.math.BigInteger) {
            return value.toString();
        }
        throw new Failure(Failure.Code.MALFORMED, member + " is text, not " + shown(value));
    }

    /** Where a subscription should begin; with the current rows when nothing is said. */
    Start start() {
        Long since = number("since");
        Long startTime = number("startTime");
        Long previousCount = number("previousCount");
        if (since != null) {
            return Start.after(since);
        } else if (startTime != null) {
            return new Start(Start.From.SINCE, startTime);
        } else if (previousCount != null) {
            return new Start(Start.From.LAST, previousCount);
        }
        return Boolean.TRUE.equals(members.get("omitCurrent")) ? Start.LIVE : Start.CURRENT;
    }

    /** What is wanted of the changes that a subscription covers. */
    Interest interest() {
        return Watch.interest(text("query"), text("database"), Boolean.TRUE.equals(members.get("coalesce")));
    }

    /** The number that a member has, or null. */
    private @Nullable Long number(String member) {
        Object value = members.get(member);
        if (value == null) {
            return null;
        }
        if (value instanceof Long number && number >= 0) {
            return number;
        }
        throw new Failure(Failure.Code.MALFORMED, member + " is a whole number from 0 on, not " + shown(value));
    }

    /**
     * The value as a body. An object of {@code contentType} and {@code data} alone is what opaque bodies look like in
     * messages to the client, and becomes one again.
     */
    Body body(Bodies bodies) {
        Object value = members.get("value");
        if (value == null && !members.containsKey("value")) {
            throw new Failure(Failure.Code.MALFORMED, "a " + verb.word() + " needs a value");
        }
        if (value instanceof Map<?, ?> map && map.get(CONTENT_TYPE) instanceof String mediaType) {
            byte[] bytes = opaque(map);
            if (bytes != null) {
                return bodies.opaque(mediaType, bytes);
            }
        }
        return bodies.of(value);
    }

    private static byte @Nullable [] opaque(Map<?, ?> map) {
        Object data = map.get(DATA);
        if (map.keySet().equals(Set.of(CONTENT_TYPE, DATA))) {
            if (data instanceof byte[] bytes) {
                return bytes;
            }
            return data instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : null;
        }
        if (map.keySet().equals(Set.of(CONTENT_TYPE, DATA, ENCODING))
                && "base64".equals(map.get(ENCODING))
                && data instanceof String text) {
            try {
                return Base64.getDecoder().decode(text);
            } catch (IllegalArgumentException notBase64) {
                throw new Failure(Failure.Code.MALFORMED, "data is not base64: " + notBase64.getMessage());
            }
        }
        return null;
    }

    private static String shown(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() > 40 ? text.substring(0, 40) + "…" : text;
    }
}
