// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.store.Draft;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a client publishes, or left as its will, into a row, the end of a row, or a message. Safe on any thread.
 */
final class Messages {

    private static final Attributes[] PLAIN = {
        Attributes.builder().qos(0).build(),
        Attributes.builder().qos(1).build(),
        Attributes.builder().qos(2).build()
    };

    private final Resources resources;
    private final Bodies bodies;
    private final Clock clock;

    Messages(Resources resources, Bodies bodies, Clock clock) {
        this.resources = resources;
        this.bodies = bodies;
        this.clock = clock;
    }

    /**
     * What is to be said or kept.
     *
     * @param type media type of payloads whose sender does not say, or null
     */
    @SuppressWarnings("ArrayRecordComponent") // not compared; the payload is not copied, since nobody changes it
    record Message(
            Path path,
            byte[] payload,
            int qos,
            boolean retain,
            PropertySet properties,
            @Nullable String type) {}

    /**
     * Retained with a payload puts the row, retained without one deletes it, all else is a message [MQTT-3.3.1-5],
     * [MQTT-3.3.1-6], [MQTT-3.3.1-8]. Completes when it may be acknowledged; fails with a {@link Failure}.
     * [MQTT-3.1.2-14], [MQTT-3.1.2-15], [MQTT-3.3.1-7]; 3.1.1 [MQTT-3.1.2-16], [MQTT-3.1.2-17], [MQTT-3.3.1-10] to
     * [MQTT-3.3.1-12]
     *
     * @param alongside what the session must remember together with it
     */
    CompletionStage<Commit> send(Context context, Message message, List<Draft> alongside) {
        Path path = message.path();
        if (reserved(path)) {
            return CompletableFuture.failedStage(
                    new Failure(Failure.Code.MALFORMED, "topics under " + path.first() + " are the server's own"));
        }
        PropertySet properties = message.properties();
        if (properties.number(PropertyType.PAYLOAD_FORMAT, 0) == 1 && !Utf8.wellFormed(message.payload())) {
            return CompletableFuture.failedStage(
                    new Failure(Failure.Code.INVALID, "the payload is not the UTF-8 that its format indicator says"));
        }
        Attributes attributes = attributes(message.qos(), properties);
        Terms terms = new Terms(attributes, Expectation.ANYTHING, alongside);
        if (message.retain() && message.payload().length == 0) {
            return resources.delete(context, path, terms);
        }
        Body body = body(context, message);
        return message.retain()
                ? resources.put(context, path, body, terms)
                : resources.publish(context, path, body, terms);
    }

    /** The server's own topics, and names that would be mistaken for shared subscriptions. */
    static boolean reserved(Path path) {
        String text = path.text();
        return text.charAt(0) == '$'
                && (path.first().equals("$SYS") || path.first().equals("$share"));
    }

    /** A refusal that the sender cannot be told of. */
    CompletionStage<Void> rejected(Context context, Message message, Failure why) {
        return resources.rejected(context, message.path(), body(context, message), why);
    }

    /** [MQTT-3.1.3-10] */
    private Attributes attributes(int qos, PropertySet properties) {
        if (properties.isEmpty()) {
            return PLAIN[qos];
        }
        Attributes.Builder builder = Attributes.builder()
                .qos(qos)
                .contentType(properties.text(PropertyType.CONTENT_TYPE))
                .responsePath(properties.text(PropertyType.RESPONSE_TOPIC))
                .correlation(properties.bytes(PropertyType.CORRELATION))
                .properties(properties.users());
        if (properties.has(PropertyType.PAYLOAD_FORMAT)) {
            builder.payloadFormat((int) properties.number(PropertyType.PAYLOAD_FORMAT, 0));
        }
        if (properties.has(PropertyType.MESSAGE_EXPIRY)) {
            builder.expiresAt(clock.millis() + 1_000 * properties.number(PropertyType.MESSAGE_EXPIRY, 0));
        }
        return builder.build();
    }

    private Body body(Context context, Message message) {
        byte[] payload = message.payload();
        String type = message.properties().text(PropertyType.CONTENT_TYPE);
        if (type == null || type.isEmpty()) {
            type = message.type();
        }
        Optional<Table> table = resources.table(context, message.path());
        if (table.isEmpty() || table.get().rules().opaque()) {
            return bodies.opaque(type == null ? Body.OPAQUE : type, payload);
        }
        if (type != null) {
            return bodies.codec(type).isPresent() ? bodies.structured(type, payload) : bodies.opaque(type, payload);
        }
        if (mayBeObject(payload)) {
            Body json = bodies.structured(Bodies.JSON, payload);
            try {
                if (json.value() instanceof Map) {
                    return json;
                }
            } catch (Failure notJson) {
                return bodies.opaque(Body.OPAQUE, payload);
            }
        }
        return bodies.opaque(Body.OPAQUE, payload);
    }

    /** Spares most payloads that are no JSON object the attempt to parse them. */
    private static boolean mayBeObject(byte[] payload) {
        for (byte b : payload) {
            if (b == '{') {
                return true;
            } else if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return false;
            }
        }
        return false;
    }
}
