// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a change carries beside its body, in words that every protocol can fill and read. It is part of the row and of
 * the log, so that a retained message comes back with its properties. Immutable.
 */
public final class Attributes {

    /** Nothing said: quality of service 2, never expires. */
    public static final Attributes NONE = new Builder().build();

    private final int qos;
    private final @Nullable String contentType;
    private final @Nullable Integer payloadFormat;
    private final @Nullable String responsePath;
    private final byte @Nullable [] correlation;
    private final List<Property> properties;
    private final long expiresAt;
    private final @Nullable String origin;
    private final @Nullable String node;
    private final long timestamp;
    private final SortedMap<Integer, byte[]> extensions;

    private Attributes(Builder builder) {
        this.qos = builder.qos;
        this.contentType = builder.contentType;
        this.payloadFormat = builder.payloadFormat;
        this.responsePath = builder.responsePath;
        this.correlation = builder.correlation;
        this.properties = List.copyOf(builder.properties);
        this.expiresAt = builder.expiresAt;
        this.origin = builder.origin;
        this.node = builder.node;
        this.timestamp = builder.timestamp;
        this.extensions = builder.extensions == null
                ? Collections.emptySortedMap()
                : Collections.unmodifiableSortedMap(new TreeMap<>(builder.extensions));
    }

    private Attributes(Attributes from, @Nullable String origin, long timestamp) {
        this.qos = from.qos;
        this.contentType = from.contentType;
        this.payloadFormat = from.payloadFormat;
        this.responsePath = from.responsePath;
        this.correlation = from.correlation;
        this.properties = from.properties;
        this.expiresAt = from.expiresAt;
        this.origin = origin;
        this.node = from.node;
        this.timestamp = timestamp;
        this.extensions = from.extensions;
    }

    /** These attributes with an origin and a moment of acceptance (milliseconds since 1970); one small allocation. */
    public Attributes accepted(@Nullable String origin, long timestamp) {
        return new Attributes(this, origin, timestamp);
    }

    /** 0, 1 or 2: what the sender asked for; 2 for everything that is neither MQTT nor AMQP pre-settled. */
    public int qos() {
        return qos;
    }

    /** The media type as the sender spelled it, or null when it said none. */
    public @Nullable String contentType() {
        return contentType;
    }

    /** MQTT's payload format indicator: 0 bytes, 1 UTF-8 text, or null. */
    public @Nullable Integer payloadFormat() {
        return payloadFormat;
    }

    /** Where an answer should go, or null. */
    public @Nullable String responsePath() {
        return responsePath;
    }

    /** Bytes that the answer should repeat, or null; not to be changed. */
    public byte @Nullable [] correlation() {
        return correlation;
    }

    /** User properties in the sender's order. */
    public List<Property> properties() {
        return properties;
    }

    /** When the row or message is over, in milliseconds since 1970; 0 never. */
    public long expiresAt() {
        return expiresAt;
    }

    /** The connection or session that made the change, or null when the node did. */
    public @Nullable String origin() {
        return origin;
    }

    /** The node that accepted the change, or null for this one. */
    public @Nullable String node() {
        return node;
    }

    /** When it was accepted, in milliseconds since 1970; 0 until then. */
    public long timestamp() {
        return timestamp;
    }

    /**
     * Attributes by number that this version has no word for; they survive being stored and forwarded. Numbers below 64
     * belong to Tarn, the rest to plugins. The values are not to be changed.
     */
    public SortedMap<Integer, byte[]> extensions() {
        return extensions;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Attributes that
                && qos == that.qos
                && expiresAt == that.expiresAt
                && timestamp == that.timestamp
                && Objects.equals(contentType, that.contentType)
                && Objects.equals(payloadFormat, that.payloadFormat)
                && Objects.equals(responsePath, that.responsePath)
                && Arrays.equals(correlation, that.correlation)
                && properties.equals(that.properties)
                && Objects.equals(origin, that.origin)
                && Objects.equals(node, that.node)
                && sameExtensions(that);
    }

    private boolean sameExtensions(Attributes that) {
        if (!extensions.keySet().equals(that.extensions.keySet())) {
            return false;
        }
        for (Map.Entry<Integer, byte[]> entry : extensions.entrySet()) {
            if (!Arrays.equals(entry.getValue(), that.extensions.get(entry.getKey()))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return Objects.hash(qos, contentType, responsePath, properties, expiresAt, origin, timestamp);
    }

    @Override
    public String toString() {
        return "Attributes[qos=" + qos + ", contentType=" + contentType + ", properties=" + properties + ", expiresAt="
                + expiresAt + ", origin=" + origin + ", timestamp=" + timestamp + "]";
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts with these attributes. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.qos = qos;
        builder.contentType = contentType;
        builder.payloadFormat = payloadFormat;
        builder.responsePath = responsePath;
        builder.correlation = correlation;
        builder.properties = properties;
        builder.expiresAt = expiresAt;
        builder.origin = origin;
        builder.node = node;
        builder.timestamp = timestamp;
        builder.extensions = extensions.isEmpty() ? null : new TreeMap<>(extensions);
        return builder;
    }

    /** Collects attributes; for one thread. */
    public static final class Builder {
        private int qos = 2;
        private @Nullable String contentType;
        private @Nullable Integer payloadFormat;
        private @Nullable String responsePath;
        private byte @Nullable [] correlation;
        private List<Property> properties = List.of();
        private long expiresAt;
        private @Nullable String origin;
        private @Nullable String node;
        private long timestamp;
        private @Nullable SortedMap<Integer, byte[]> extensions;

        public Builder qos(int qos) {
            this.qos = qos;
            return this;
        }

        public Builder contentType(@Nullable String contentType) {
            this.contentType = contentType;
            return this;
        }

        public Builder payloadFormat(@Nullable Integer payloadFormat) {
            this.payloadFormat = payloadFormat;
            return this;
        }

        public Builder responsePath(@Nullable String responsePath) {
            this.responsePath = responsePath;
            return this;
        }

        public Builder correlation(byte @Nullable [] correlation) {
            this.correlation = correlation;
            return this;
        }

        public Builder properties(List<Property> properties) {
            this.properties = properties;
            return this;
        }

        public Builder expiresAt(long expiresAt) {
            this.expiresAt = expiresAt;
            return this;
        }

        public Builder origin(@Nullable String origin) {
            this.origin = origin;
            return this;
        }

        public Builder node(@Nullable String node) {
            this.node = node;
            return this;
        }

        public Builder timestamp(long timestamp) {
            this.timestamp = timestamp;
            return this;
        }

        public Builder extension(int number, byte[] value) {
            if (extensions == null) {
                extensions = new TreeMap<>();
            }
            extensions.put(number, value);
            return this;
        }

        public Attributes build() {
            return new Attributes(this);
        }
    }
}
