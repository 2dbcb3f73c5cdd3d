// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Filter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client sends, decoded and checked as far as one packet alone can be. Immutable but for arrays. */
@SuppressWarnings("ArrayRecordComponent") // packets are not compared; arrays are not copied, since nobody changes them
sealed interface Packet {
    int CONNECT = 1;
    int CONNACK = 2;
    int PUBLISH = 3;
    int PUBACK = 4;
    int PUBREC = 5;
    int PUBREL = 6;
    int PUBCOMP = 7;
    int SUBSCRIBE = 8;
    int SUBACK = 9;
    int UNSUBSCRIBE = 10;
    int UNSUBACK = 11;
    int PINGREQ = 12;
    int PINGRESP = 13;
    int DISCONNECT = 14;
    int AUTH = 15;

    /**
     * The first packet.
     *
     * @param clean Clean Session of 3.1 and 3.1.1, Clean Start of 5.0
     * @param keepAlive in seconds, 0 for none
     * @param clientId may be empty
     */
    record Connect(
            Version version,
            boolean clean,
            int keepAlive,
            PropertySet properties,
            String clientId,
            @Nullable Will will,
            Login login)
            implements Packet {}

    /** User name and password as far as the client gave them. */
    record Login(@Nullable String user, byte @Nullable [] password) {}

    /** What to publish when the connection is lost. */
    record Will(Topic topic, byte[] payload, int qos, boolean retain, PropertySet properties) {}

    /**
     * A message.
     *
     * @param topic null when there is a topic alias instead
     * @param packetId 0 at quality of service 0
     */
    record Publish(
            int qos,
            boolean dup,
            boolean retain,
            @Nullable Topic topic,
            int packetId,
            PropertySet properties,
            byte[] payload)
            implements Packet {}

    /** PUBACK, PUBREC, PUBREL or PUBCOMP, as the type says. */
    record Acknowledge(int type, int packetId, Reason reason) implements Packet {}

    /** One or more filters. */
    record Subscribe(int packetId, PropertySet properties, List<Wish> wishes) implements Packet {}

    /**
     * One filter of a SUBSCRIBE.
     *
     * @param group the share name, or null when the subscription is not shared
     * @param filter without the {@code $share} part
     * @param spelling the whole filter as the client wrote it
     */
    record Wish(String spelling, @Nullable String group, Filter filter, Options options) {}

    /**
     * Subscription options.
     *
     * @param retainHandling 0 send current rows, 1 only if the subscription is new, 2 do not
     */
    record Options(int qos, boolean noLocal, boolean retainAsPublished, int retainHandling) {}

    /** One or more filters, as the client wrote them. */
    record Unsubscribe(int packetId, List<String> spellings) implements Packet {}

    /** A sign of life. */
    record Ping() implements Packet {}

    /** The last packet. */
    record Disconnect(Reason reason, PropertySet properties) implements Packet {}

    /** A step of extended authentication. */
    record Auth(Reason reason, PropertySet properties) implements Packet {}
}
