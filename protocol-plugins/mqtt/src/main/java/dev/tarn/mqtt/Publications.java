// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Property;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes the shared PUBLISH of a change for a format, a version, and with or without a packet identifier. */
final class Publications {

    private static final byte[] NOTHING = {};
    private static final Map<Format, List<Shared>> SHARED = new EnumMap<>(Format.class);

    static {
        for (Format format : Format.values()) {
            List<Shared> kinds = new ArrayList<>();
            for (int bits = 0; bits < 4; bits++) {
                boolean five = (bits & 2) != 0;
                boolean numbered = (bits & 1) != 0;
                kinds.add(new Shared(
                        new Change.FormKey<>(Publication.class), change -> make(change, format, five, numbered)));
            }
            SHARED.put(format, kinds);
        }
    }

    /** How a change keeps its PUBLISH of one kind, and how it is made. */
    private record Shared(Change.FormKey<Publication> key, Function<Change, Publication> maker) {}

    private Publications() {}

    /** The PUBLISH that all who get this change in the same way share; made for the first of them. */
    static Publication of(Change change, Format format, boolean five, boolean numbered) {
        Shared shared = Objects.requireNonNull(SHARED.get(format)).get((five ? 2 : 0) + (numbered ? 1 : 0));
        return change.form(shared.key(), shared.maker());
    }

    private static Publication make(Change change, Format format, boolean five, boolean numbered) {
        Body body = inFormat(change.body(), format);
        byte[] topic = change.path().text().getBytes(StandardCharsets.UTF_8);
        byte[] properties = five ? properties(change, body) : NOTHING;
        return new Publication(five, numbered, topic, properties, body == null ? NOTHING : body.bytes());
    }

    /** Structured bodies in the subscriber's format, opaque ones as they are. */
    private static @Nullable Body inFormat(@Nullable Body body, Format format) {
        if (body == null || !body.structured()) {
            return body;
        }
        try {
            return body.as(format.mediaType());
        } catch (Failure notInThisFormat) {
            return body;
        }
    }

    /** Everything that the publisher said, unaltered and in its order [MQTT-3.3.2-4], [MQTT-3.3.2-15] to [MQTT-3.3.2-20]. */
    private static byte[] properties(Change change, @Nullable Body body) {
        Attributes attributes = change.attributes();
        PropertySet set = new PropertySet();
        Integer payloadFormat = attributes.payloadFormat();
        if (payloadFormat != null) {
            set.with(PropertyType.PAYLOAD_FORMAT, payloadFormat.longValue());
        }
        String contentType = contentType(attributes, body);
        if (contentType != null) {
            set.with(PropertyType.CONTENT_TYPE, (Object) contentType);
        }
        String response = attributes.responsePath();
        if (response != null) {
            set.with(PropertyType.RESPONSE_TOPIC, (Object) response);
        }
        byte[] correlation = attributes.correlation();
        if (correlation != null) {
            set.with(PropertyType.CORRELATION, (Object) correlation);
        }
        for (Property user : attributes.properties()) {
            set.with(user);
        }
        if (set.isEmpty()) {
            return NOTHING;
        }
        byte[] bytes = new byte[PropertyWriter.size(set)];
        ByteBuf out = Unpooled.wrappedBuffer(bytes).clear();
        PropertyWriter.write(out, set);
        return bytes;
    }

    /** The publisher's own words where they hold for these bytes, else what the bytes are. */
    private static @Nullable String contentType(Attributes attributes, @Nullable Body body) {
        String said = attributes.contentType();
        if (body == null) {
            return said;
        }
        if (body.structured()) {
            String type = body.mediaType();
            return said != null || !type.equals(Format.JSON.mediaType()) ? type : null;
        }
        return said != null || body.mediaType().equals(Body.OPAQUE) ? said : body.mediaType();
    }
}
