// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Property;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.UnknownDescribedType;
import org.apache.qpid.protonj2.types.messaging.AmqpSequence;
import org.apache.qpid.protonj2.types.messaging.AmqpValue;
import org.apache.qpid.protonj2.types.messaging.ApplicationProperties;
import org.apache.qpid.protonj2.types.messaging.Data;
import org.apache.qpid.protonj2.types.messaging.Header;
import org.apache.qpid.protonj2.types.messaging.MessageAnnotations;
import org.apache.qpid.protonj2.types.messaging.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A change as a message: written once for each format and shared by all links that spell its path as it is. Immutable.
 */
final class Publication {
    private Publication() {}

    static final Symbol SEQUENCE = Symbol.valueOf("x-opt-sequence-number");
    private static final Symbol RETAIN = Symbol.valueOf("x-opt-retain");
    private static final Symbol KIND = Symbol.valueOf("x-opt-kind");
    private static final String LEAVE = "leave";
    private static final Map<Format, Change.FormKey<byte[]>> KEYS = new EnumMap<>(Format.class);

    static {
        for (Format format : Format.values()) {
            KEYS.put(format, new Change.FormKey<byte[]>(byte[].class));
        }
    }

    /** What the maker of a form needs. */
    private record Order(Change change, Format format, Codec codec) {}

    /**
     * The message's bytes, not to be changed.
     *
     * @param topic the path as the link spells it
     * @param failures how often it was sent before and not taken
     */
    static byte[] of(Change change, String topic, Format format, Codec codec, int failures) {
        if (failures > 0 || !topic.equals(change.path().text())) {
            return encode(change, topic, format, codec, failures);
        }
        return change.form(
                Objects.requireNonNull(KEYS.get(format)),
                new Order(change, format, codec),
                order -> encode(order.change(), order.change().path().text(), order.format(), order.codec(), 0));
    }

    /** The content that a row is and that is streamed to who gets it in this format; null for none. */
    static @Nullable Content content(Change change, Format format) {
        Body body = change.body();
        Content content = body == null || format == Format.REFERENCE
                ? null
                : body.contents().get(Content.WHOLE);
        return content == null || content.length() > Integer.MAX_VALUE ? null : content;
    }

    /** What precedes the bytes of a content, which are one section. */
    static byte[] head(Parcel parcel, Content content, Codec codec) {
        Change change = parcel.change();
        ProtonBuffer buffer = Codec.allocate(256);
        Sections kept = Kept.sections(change.attributes(), codec);
        before(buffer, change, parcel.failures(), codec, kept);
        codec.write(buffer, properties(change, parcel.topic(), kept).setContentType(content.mediaType()));
        application(buffer, change, codec, kept);
        buffer.writeByte((byte) 0)
                .writeByte((byte) 0x53)
                .writeByte((byte) 0x75)
                .writeByte((byte) 0xb0)
                .writeInt((int) content.length());
        return Codec.bytes(buffer);
    }

    /** That a row is no longer among those that a link asks for: that alone, since its value is not for that link. */
    static byte[] leave(Parcel parcel, Codec codec) {
        Change change = parcel.change();
        ProtonBuffer buffer = Codec.allocate(256);
        codec.write(buffer, header(change.logged(), parcel.failures()));
        codec.write(buffer, new MessageAnnotations(annotations(change, LEAVE, null)));
        Properties properties = new Properties();
        properties.setTo(parcel.topic());
        if (change.attributes().timestamp() != 0) {
            properties.setCreationTime(change.attributes().timestamp());
        }
        codec.write(buffer, properties);
        codec.write(buffer, new AmqpValue<>(null));
        return Codec.bytes(buffer);
    }

    private static byte[] encode(Change change, String topic, Format format, Codec codec, int failures) {
        Body body = change.body();
        ProtonBuffer buffer = Codec.allocate(256 + (body == null ? 0 : body.size()));
        Sections kept = Kept.sections(change.attributes(), codec);
        before(buffer, change, failures, codec, kept);
        byte[] original = body == null ? null : Original.in(change.attributes(), body, format);
        Object content = original == null ? content(body, change, format) : original;
        Properties properties = properties(change, topic, kept);
        if (body != null && content instanceof Data) {
            properties.setContentType(contentType(change.attributes(), body(body, format)));
        } else if (body != null && body.structured()) {
            // What its sender said is of the bytes that it came as. "SHOULD NOT be set" here, AMQP 1.0 §3.2.4.
            properties.setContentType(null);
        }
        codec.write(buffer, properties);
        application(buffer, change, codec, kept);
        if (original == null) {
            codec.write(buffer, content);
        } else {
            buffer.writeBytes(original);
        }
        return Codec.bytes(buffer);
    }

    private static void before(ProtonBuffer buffer, Change change, int failures, Codec codec, @Nullable Sections kept) {
        Header header = header(Kept.durable(change, kept), failures);
        byte priority = Kept.priority(kept);
        codec.write(buffer, priority == Header.DEFAULT_PRIORITY ? header : header.setPriority(priority));
        codec.write(buffer, new MessageAnnotations(annotations(change, kind(change), kept)));
    }

    private static String kind(Change change) {
        return change.kind().name().toLowerCase(Locale.ROOT);
    }

    private static void application(ProtonBuffer buffer, Change change, Codec codec, @Nullable Sections kept) {
        List<Property> properties = change.attributes().properties();
        byte[] application = kept == null ? new byte[0] : kept.keptApplication();
        if (application.length > 0) {
            buffer.writeBytes(application);
        } else if (!properties.isEmpty()) {
            codec.write(buffer, new ApplicationProperties(application(properties)));
        }
    }

    private static Header header(boolean durable, int failures) {
        Header header = new Header().setDurable(durable);
        return failures > 0 ? header.setDeliveryCount(failures) : header;
    }

    private static Map<Symbol, Object> annotations(Change change, String kind, @Nullable Sections kept) {
        Map<Symbol, Object> annotations = new LinkedHashMap<>();
        if (kept != null) {
            kept.annotations()
                    .forEach((key, value) -> annotations.put(Symbol.valueOf(String.valueOf(key)), Values.again(value)));
        }
        annotations.remove(RETAIN);
        annotations.put(KIND, kind);
        if (change.kind() != Kind.MESSAGE) {
            annotations.put(RETAIN, true);
        }
        if (change.logged()) {
            annotations.put(SEQUENCE, change.sequence());
        }
        return annotations;
    }

    /** The body in the link's format. */
    private static Body body(Body body, Format format) {
        String type = format.mediaType();
        return !body.structured() || type == null ? body : body.as(type);
    }

    private static Properties properties(Change change, String topic, @Nullable Sections kept) {
        Attributes attributes = change.attributes();
        Properties properties =
                kept == null ? new Properties() : kept.properties().copy();
        properties.setTo(topic);
        if (change.kind() == Kind.DELETE || change.kind() == Kind.EXPIRE) {
            properties.setSubject(kind(change));
        }
        if (attributes.responsePath() != null && !properties.hasReplyTo()) {
            properties.setReplyTo(attributes.responsePath());
        }
        byte[] correlation = attributes.correlation();
        if (correlation != null && !properties.hasCorrelationId()) {
            properties.setCorrelationId(text(correlation));
        }
        if (attributes.expiresAt() != 0) {
            properties.setAbsoluteExpiryTime(attributes.expiresAt());
        }
        if (!properties.hasCreationTime() && attributes.timestamp() != 0) {
            properties.setCreationTime(attributes.timestamp());
        }
        return properties;
    }

    /** As text where it is text: most clients make them so. */
    private static Object text(byte[] correlation) {
        String text = new String(correlation, StandardCharsets.UTF_8);
        return text.indexOf('\ufffd') < 0 ? text : new Binary(correlation);
    }

    private static String contentType(Attributes attributes, Body body) {
        String said = attributes.contentType();
        return said != null && !body.structured() ? said : body.mediaType();
    }

    /** Names may repeat elsewhere, but not here: the last one counts. */
    private static Map<String, Object> application(List<Property> properties) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (Property property : properties) {
            map.put(property.name(), property.value());
        }
        return map;
    }

    private static Object content(@Nullable Body body, Change change, Format format) {
        if (body == null) {
            return new Data(new byte[0]);
        }
        byte sort = Kept.sort(change.attributes());
        if (sort == Kept.TEXT && !body.structured()) {
            return new AmqpValue<>(new String(body.bytes(), StandardCharsets.UTF_8));
        }
        if (sort == Kept.NOTHING && !body.structured() && body.bytes().length == 0) {
            return new AmqpValue<>(null);
        }
        if (sort == Kept.BINARY && !body.structured()) {
            return new AmqpValue<>(new Binary(body.bytes()));
        }
        boolean free = format == Format.SENT || !body.structured();
        boolean value = sort == Kept.VALUE || sort == Kept.BINARY || sort == Kept.SEQUENCE;
        if ((free && value) || (body.structured() && format == Format.VALUE)) {
            Object written = Values.toAmqp(value(body));
            return sort == Kept.SEQUENCE && written instanceof List<?>
                    // The library writes the list of its own class for this past the encoder for its class.
                    ? new UnknownDescribedType(AmqpSequence.DESCRIPTOR_CODE, written)
                    : new AmqpValue<>(written);
        }
        return new Data(body(body, format).bytes());
    }

    /** What an opaque body that came as a value stands for; it was written as JSON. */
    private static @Nullable Object value(Body body) {
        return body.structured() || body.mediaType().equals(Bodies.JSON)
                ? body.as(Bodies.JSON).value()
                : body.bytes();
    }
}
