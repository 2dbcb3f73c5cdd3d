// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** What one receiver's copy of a PUBLISH has that others do not. Reused from delivery to delivery; for one loop. */
final class Own {

    private static final byte[] NO_NAME = {};

    private byte @Nullable [] topic;
    private int alias;
    private int[] subscriptionIds = new int[4];
    private int subscriptions;
    private long expirySeconds = -1;

    /** Forgets what was set. */
    void clear() {
        topic = null;
        alias = 0;
        subscriptions = 0;
        expirySeconds = -1;
    }

    /** Whether nothing is set, so that the shared packet is the whole truth. */
    boolean isEmpty() {
        return topic == null && alias == 0 && subscriptions == 0 && expirySeconds < 0;
    }

    /** The name as this receiver spells it. */
    void topic(byte[] utf8) {
        topic = utf8;
    }

    /** A topic alias. */
    void alias(int number) {
        alias = number;
    }

    /** Leaves the name out, since the receiver knows the alias [MQTT-3.3.2-11]. */
    void nameless() {
        topic = NO_NAME;
    }

    /** One more matching subscription [MQTT-3.3.4-4]. */
    void subscriptionId(int id) {
        for (int i = 0; i < subscriptions; i++) {
            if (subscriptionIds[i] == id) {
                return;
            }
        }
        if (subscriptions == subscriptionIds.length) {
            subscriptionIds = java.util.Arrays.copyOf(subscriptionIds, subscriptions * 2);
        }
        subscriptionIds[subscriptions++] = id;
    }

    /** How long the message has still to live [MQTT-3.3.2-6]. */
    void expirySeconds(long seconds) {
        expirySeconds = seconds;
    }

    byte @Nullable [] topic() {
        return topic;
    }

    int topicLength(int otherwise) {
        return topic == null ? otherwise : topic.length;
    }

    /** Bytes of the properties. */
    int size() {
        int size = (alias == 0 ? 0 : 3) + (expirySeconds < 0 ? 0 : 5);
        for (int i = 0; i < subscriptions; i++) {
            size += 1 + PropertyWriter.sizeOfVariable(subscriptionIds[i]);
        }
        return size;
    }

    void write(ByteBuf out) {
        if (expirySeconds >= 0) {
            out.writeByte(PropertyType.MESSAGE_EXPIRY.id()).writeInt((int) expirySeconds);
        }
        for (int i = 0; i < subscriptions; i++) {
            out.writeByte(PropertyType.SUBSCRIPTION_ID.id());
            PropertyWriter.variable(out, subscriptionIds[i]);
        }
        if (alias != 0) {
            out.writeByte(PropertyType.TOPIC_ALIAS.id()).writeShort(alias);
        }
    }
}
