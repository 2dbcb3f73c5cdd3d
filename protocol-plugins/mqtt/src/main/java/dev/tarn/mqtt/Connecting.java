// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.security.Credentials;
import dev.tarn.transport.Connection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Judges a CONNECT and settles what both sides may do. */
final class Connecting {
    private Connecting() {}

    /** What holds for this connection, or why it is refused. */
    static Agreement agree(Packet.Connect connect, Broker broker, Connection connection) {
        PropertySet properties = connect.properties();
        Packet.Will will = connect.will();
        if (will != null) {
            check(will, broker.limits().offers());
        }
        return new Agreement(
                connect.version(),
                clientId(connect, broker.sessions()),
                keepAlive(connect, broker.limits()),
                new Agreement.Window(
                        (int) properties.number(PropertyType.RECEIVE_MAXIMUM, 65_535), // §3.1.2.11.3
                        properties.number(PropertyType.MAXIMUM_PACKET_SIZE, Long.MAX_VALUE),
                        (int) properties.number(PropertyType.TOPIC_ALIAS_MAXIMUM, 0)),
                properties.number(PropertyType.REQUEST_PROBLEM_INFORMATION, 1) == 1,
                format(properties, connection),
                sends(properties, connection));
    }

    private static void check(Packet.Will will, Limits.Offers offers) {
        if (will.qos() > offers.qos()) {
            throw new Violation(Reason.QOS_NOT_SUPPORTED, "a will above " + offers.qos()); // [MQTT-3.2.2-12]
        }
        if (will.retain() && !offers.retain()) {
            throw new Violation(Reason.RETAIN_NOT_SUPPORTED, "a retained will"); // [MQTT-3.2.2-13]
        }
        if (Messages.reserved(will.topic().path())) {
            throw new Violation(Reason.TOPIC_NAME_INVALID, "a will under the server's own topics");
        }
        if (will.properties().number(PropertyType.PAYLOAD_FORMAT, 0) == 1 && !Utf8.wellFormed(will.payload())) {
            throw new Violation(
                    Reason.PAYLOAD_FORMAT_INVALID, "the will is not the UTF-8 that its format indicator says");
        }
    }

    /** 3.1.1 [MQTT-3.1.3-7], [MQTT-3.1.3-9] */
    private static String clientId(Packet.Connect connect, Sessions sessions) {
        if (!connect.clientId().isEmpty()) {
            return connect.clientId();
        }
        boolean allowed = switch (connect.version()) {
            case V31 -> false;
            case V311 -> connect.clean(); // [MQTT-3.1.3-8]
            case V5 -> true; // [MQTT-3.1.3-6]
        };
        if (!allowed) {
            throw new Violation(Reason.CLIENT_IDENTIFIER_NOT_VALID, "an empty client identifier");
        }
        return sessions.newClientId();
    }

    /**
     * The client's, or the longest that is allowed where the client can be told [MQTT-3.1.2-21]. [MQTT-3.2.2-22]
     */
    private static Duration keepAlive(Packet.Connect connect, Limits limits) {
        Duration wanted = Duration.ofSeconds(connect.keepAlive());
        Duration longest = limits.times().keepAlive();
        boolean capped =
                connect.version().five() && !longest.isZero() && (wanted.isZero() || wanted.compareTo(longest) > 0);
        return capped ? longest : wanted;
    }

    /** How long the session is to outlast the connection, in seconds [MQTT-3.1.2-23], 3.1.1 [MQTT-3.1.2-6]. */
    static long expiry(Packet.Connect connect, Broker broker) {
        if (!broker.sessions().lasting()) {
            return 0;
        }
        long wanted = connect.version().five()
                ? connect.properties().number(PropertyType.SESSION_EXPIRY, 0)
                : connect.clean() ? 0 : Session.NEVER;
        return Math.min(wanted, broker.limits().times().session());
    }

    /** What the server adds to a CONNACK that accepts. [MQTT-3.1.2-28], [MQTT-3.1.3-7] */
    static PropertySet properties(Packet.Connect connect, Agreement agreement, Limits limits, long expiry) {
        PropertySet set = new PropertySet();
        if (!connect.version().five()) {
            return set;
        }
        if (connect.clientId().isEmpty()) {
            set.with(PropertyType.ASSIGNED_CLIENT_ID, (Object) agreement.clientId()); // [MQTT-3.2.2-16]
        }
        if (agreement.keepAlive().toSeconds() != connect.keepAlive()) {
            set.with(PropertyType.SERVER_KEEP_ALIVE, agreement.keepAlive().toSeconds());
        }
        if (connect.properties().number(PropertyType.SESSION_EXPIRY, 0) != expiry) {
            set.with(PropertyType.SESSION_EXPIRY, expiry); // §3.2.2.3.2
        }
        set.with(PropertyType.RECEIVE_MAXIMUM, limits.received());
        set.with(PropertyType.MAXIMUM_PACKET_SIZE, limits.packet());
        set.with(PropertyType.TOPIC_ALIAS_MAXIMUM, limits.aliases());
        Limits.Offers offers = limits.offers();
        if (offers.qos() < 2) {
            set.with(PropertyType.MAXIMUM_QOS, offers.qos()); // [MQTT-3.2.2-9]
        }
        if (!offers.retain()) {
            set.with(PropertyType.RETAIN_AVAILABLE, 0);
        }
        if (!offers.wildcards()) {
            set.with(PropertyType.WILDCARD_AVAILABLE, 0);
        }
        return set;
    }

    /** What the client shows to say who it is: without a name and password, the certificate that TLS has verified. */
    static Credentials credentials(Packet.Login login, Connection peer) {
        String user = login.user();
        byte[] password = login.password();
        if (user == null && password == null) {
            return peer.certificate()
                    .<Credentials>map(Credentials.Certificate::new)
                    .orElseGet(Credentials.Nothing::new);
        }
        return new Credentials.Password(user == null ? "" : user, password == null ? new byte[0] : password);
    }

    private static Format format(PropertySet properties, Connection connection) {
        Format asked = Format.accepted(user(properties, "accept"));
        if (asked == null && connection.overWebSocket()) {
            asked = Format.accepted(connection.upgrade().get("accept"));
        }
        return asked == null ? Format.JSON : asked;
    }

    private static @Nullable String sends(PropertySet properties, Connection connection) {
        String said = user(properties, "content-type");
        if (said == null && connection.overWebSocket()) {
            said = connection.upgrade().get("content-type");
        }
        return said == null || said.isBlank() || said.getBytes(StandardCharsets.UTF_8).length > 255 ? null : said;
    }

    private static @Nullable String user(PropertySet properties, String name) {
        for (dev.tarn.api.data.Property property : properties.users()) {
            if (property.name().equalsIgnoreCase(name)) {
                return property.value();
            }
        }
        return null;
    }
}
