// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Property;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Attributes as number, length and value, one after the other; what is not said takes no space, and numbers without a
 * meaning here come back as extensions. Timestamp and expiry are not in the block: rows and log entries have fields for
 * them.
 */
final class AttributeBlock {

    private static final int QOS = 1;
    private static final int CONTENT_TYPE = 2;
    private static final int PAYLOAD_FORMAT = 3;
    private static final int RESPONSE_PATH = 4;
    private static final int CORRELATION = 5;
    private static final int PROPERTY = 6;
    private static final int ORIGIN = 7;
    private static final int NODE = 8;

    private static final int LAST_KNOWN = NODE;

    private AttributeBlock() {}

    /** Appends the block, without its length. */
    static void write(ByteWriter out, Attributes attributes) {
        if (attributes.qos() != 2) {
            out.u8(QOS);
            out.u8(1);
            out.u8(attributes.qos());
        }
        text(out, CONTENT_TYPE, attributes.contentType());
        Integer format = attributes.payloadFormat();
        if (format != null) {
            out.u8(PAYLOAD_FORMAT);
            out.u8(1);
            out.u8(format);
        }
        text(out, RESPONSE_PATH, attributes.responsePath());
        byte[] correlation = attributes.correlation();
        if (correlation != null) {
            bytes(out, CORRELATION, correlation);
        }
        for (Property property : attributes.properties()) {
            ByteWriter pair = new ByteWriter(64);
            pair.text(property.name());
            pair.raw(property.value().getBytes(StandardCharsets.UTF_8));
            out.u8(PROPERTY);
            out.varint(pair.size());
            out.raw(pair.array(), 0, pair.size());
        }
        text(out, ORIGIN, attributes.origin());
        text(out, NODE, attributes.node());
        for (Map.Entry<Integer, byte[]> extension : attributes.extensions().entrySet()) {
            if (extension.getKey() <= LAST_KNOWN) {
                throw new Failure(Failure.Code.INVALID, "attribute number " + extension.getKey() + " is taken");
            }
            bytes(out, extension.getKey(), extension.getValue());
        }
    }

    private static void text(ByteWriter out, int number, @Nullable String text) {
        if (text != null) {
            bytes(out, number, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void bytes(ByteWriter out, int number, byte[] value) {
        out.varint(number);
        out.varint(value.length);
        out.raw(value);
    }

    /** Reads a block of so many bytes. */
    static Attributes read(ByteReader in, int length, long timestamp, long expiresAt) {
        if (length == 0 && expiresAt == 0) {
            return Attributes.NONE.accepted(null, timestamp);
        }
        Attributes.Builder builder = Attributes.builder().timestamp(timestamp).expiresAt(expiresAt);
        int end = in.take(length) + length;
        ByteReader block = new ByteReader(in.array(), end - length, end);
        List<Property> properties = null;
        while (block.left() > 0) {
            int number = block.count();
            int size = block.count();
            int from = block.take(size);
            switch (number) {
                case QOS -> builder.qos(block.array()[from]);
                case CONTENT_TYPE -> builder.contentType(text(block, from, size));
                case PAYLOAD_FORMAT -> builder.payloadFormat((int) block.array()[from]);
                case RESPONSE_PATH -> builder.responsePath(text(block, from, size));
                case CORRELATION -> builder.correlation(copy(block, from, size));
                case PROPERTY -> {
                    ByteReader pair = new ByteReader(block.array(), from, from + size);
                    String name = pair.text();
                    String value = text(pair, pair.at(), pair.left());
                    if (properties == null) {
                        properties = new ArrayList<>();
                    }
                    properties.add(new Property(name, value));
                }
                case ORIGIN -> builder.origin(text(block, from, size));
                case NODE -> builder.node(text(block, from, size));
                default -> builder.extension(number, copy(block, from, size));
            }
        }
        if (properties != null) {
            builder.properties(properties);
        }
        return builder.build();
    }

    private static String text(ByteReader in, int from, int size) {
        return new String(in.array(), from, size, StandardCharsets.UTF_8);
    }

    private static byte[] copy(ByteReader in, int from, int size) {
        return java.util.Arrays.copyOfRange(in.array(), from, from + size);
    }
}
