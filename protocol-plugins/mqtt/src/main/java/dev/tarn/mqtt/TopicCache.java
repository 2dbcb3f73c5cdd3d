// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * Finds the topic for the bytes of a topic name. Topics that come again are neither decoded nor checked again: a small
 * direct-mapped table that grows with the number of topics a client publishes to, and forgets rather than grows above
 * that. For one connection's thread.
 */
final class TopicCache {

    private static final int SMALLEST = 8;
    private static final int LARGEST = 1024;

    /** Longer topics are rare, and not worth their memory. */
    private static final int LONGEST = 256;

    private @Nullable Topic[] slots = new @Nullable Topic[0];
    private int evictions;

    /**
     * Reads a topic name with its two-byte length; null when the length is 0.
     * [MQTT-3.3.2-1]
     *
     * @throws Violation when it is not UTF-8, or has U+0000 or a wildcard [MQTT-3.3.2-2]
     */
    @Nullable
    Topic read(ByteBuf in) {
        int length = Fields.unsignedShort(in);
        if (length == 0) {
            return null;
        }
        if (length > LONGEST || in.readableBytes() < length) {
            return topic(Fields.bytes(in, length));
        }
        if (slots.length == 0) {
            slots = new @Nullable Topic[SMALLEST];
        }
        int hash = hash(in, in.readerIndex(), length);
        Topic known = slots[hash & slots.length - 1];
        if (known != null
                && known.bytes().length == length
                && ByteBufUtil.equals(in, in.readerIndex(), known.buffer(), 0, length)) {
            in.skipBytes(length);
            return known;
        }
        Topic topic = topic(Fields.bytes(in, length));
        if (known != null && ++evictions > slots.length && slots.length < LARGEST) {
            grow();
        }
        slots[hash & slots.length - 1] = topic;
        return topic;
    }

    private void grow() {
        @Nullable Topic[] old = slots;
        slots = new @Nullable Topic[old.length * 4];
        evictions = 0;
        for (Topic topic : old) {
            if (topic != null) {
                slots[hash(topic.buffer(), 0, topic.bytes().length) & slots.length - 1] = topic;
            }
        }
    }

    private static int hash(ByteBuf bytes, int from, int length) {
        int hash = length;
        int i = from;
        int end = from + length;
        for (; end - i >= 4; i += 4) {
            hash = hash * 0x9E3779B1 + bytes.getInt(i);
        }
        for (; i < end; i++) {
            hash = hash * 31 + bytes.getByte(i);
        }
        hash *= 0x85EBCA6B;
        return hash ^ hash >>> 15;
    }

    /** The topic with these bytes. [MQTT-4.7.0-1]; 3.1.1 [MQTT-4.7.1-1] */
    static Topic topic(byte[] utf8) {
        String text = Fields.text(utf8);
        try {
            return Topic.of(utf8, Path.of(text));
        } catch (Failure failure) {
            throw new Violation(Reason.TOPIC_NAME_INVALID, failure.reason());
        }
    }
}
