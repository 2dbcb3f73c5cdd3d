// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Kind;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Subscription;
import dev.tarn.transport.Traffic;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes PUBLISH packets of one connection: first a change is addressed, which says what is this receiver's own, then it
 * is written. For the connection's loop.
 */
final class Sender {

    private static final int LARGEST_AVERAGE = 1_048_576;

    private final Line line;
    private final Agreement agreement;
    private final Clock clock;
    private final Traffic traffic;
    private final Statistics statistics;
    private final boolean five;
    private final Own own = new Own();
    private final AliasesSent aliases;
    private int average = 256;

    private @Nullable Change change;
    private String topic = "";
    private boolean retain;
    private boolean again;

    Sender(Line line, Broker broker) {
        this.line = line;
        this.agreement = line.agreement();
        this.clock = broker.clock();
        this.traffic = broker.traffic();
        this.statistics = broker.statistics();
        this.five = agreement.version().five();
        this.aliases = new AliasesSent(
                Math.min(agreement.window().aliases(), broker.limits().aliases()));
    }

    /** Bytes of a packet, about, as they were lately. */
    int averageSize() {
        return average;
    }

    /** Whether what was addressed is to be marked as retained. */
    boolean retain() {
        return retain;
    }

    /**
     * Addresses a delivery; returns the quality of service that it has for this receiver [MQTT-3.8.4-8].
     * [MQTT-3.3.2-3], [MQTT-3.3.4-2], [MQTT-4.8.2-3]; 3.1.1 [MQTT-3.3.5-1], [MQTT-3.8.4-6]
     */
    int address(Delivery delivery) {
        own.clear();
        int granted = 0;
        boolean marked = false;
        Change what = delivery.change();
        List<Subscription> matched = delivery.matched();
        for (int i = 0; i < matched.size(); i++) {
            if (matched.get(i).tag() instanceof Held held) {
                Packet.Options options = held.options();
                granted = Math.max(granted, options.qos());
                // [MQTT-3.3.1-8], [MQTT-3.3.1-9], [MQTT-3.3.1-12], [MQTT-3.3.1-13]
                marked |= delivery.current()
                        ? what.version() <= held.since()
                        : options.retainAsPublished() && what.kind() != Kind.MESSAGE;
                identify(held);
            }
        }
        change = what;
        topic = matched.get(0).topic(what);
        retain = marked;
        again = false;
        return Math.min(what.attributes().qos(), granted);
    }

    /** Addresses something that is sent again. */
    void address(Change what, List<Held> matched, boolean retained) {
        own.clear();
        topic = what.path().text();
        for (Held held : matched) {
            identify(held);
            Subscription live = held.live();
            if (live != null) {
                topic = live.topic(what);
            }
        }
        change = what;
        retain = retained;
        again = true;
    }

    /** [MQTT-3.3.4-3] to [MQTT-3.3.4-5] */
    private void identify(Held held) {
        if (held.identifier() != 0) {
            own.subscriptionId(held.identifier());
        }
    }

    /**
     * Writes what was addressed; returns false, and does nothing, when the client does not take packets that
     * large. [MQTT-3.1.2-24], [MQTT-3.3.1-3], [MQTT-4.3.1-1], [MQTT-4.3.2-2], [MQTT-4.3.3-2]
     */
    boolean write(int packetId, int qos) {
        Change what = Objects.requireNonNull(change, "nothing was addressed");
        Publication publication = Publications.of(what, agreement.format(), five, qos > 0);
        if (!topic.equals(what.path().text())) {
            own.topic(topic.getBytes(StandardCharsets.UTF_8));
        }
        long expiresAt = what.attributes().expiresAt();
        if (five && expiresAt != 0) {
            own.expirySeconds(Math.max(0, expiresAt - clock.millis() + 999) / 1_000); // [MQTT-3.3.2-6]
        }
        int alias = aliases.find(topic);
        if (alias > 0) {
            own.alias(alias);
            own.nameless();
        } else if (alias < 0) {
            own.alias(-alias);
        }
        boolean shared = own.isEmpty();
        int size = shared ? publication.size() : publication.size(own);
        if (size > agreement.window().largestPacket()) {
            return false;
        }
        if (alias < 0) {
            aliases.set(topic, -alias);
        }
        // DUP only where there is something to repeat [MQTT-3.3.1-1], [MQTT-3.3.1-2].
        int first = Packet.PUBLISH << 4 | (again && qos > 0 ? 8 : 0) | qos << 1 | (retain ? 1 : 0);
        ByteBuf out = line.outbox().open();
        if (shared) {
            publication.write(out, first, packetId);
        } else {
            publication.write(out, first, packetId, own);
        }
        if (publication.byReference()) {
            line.outbox().share(publication.payload());
        }
        average = (average * 15 + Math.min(size, LARGEST_AVERAGE)) / 16 + 1;
        traffic.out.increment();
        statistics.publishBytesSent.add(publication.payload().length);
        return true;
    }
}
