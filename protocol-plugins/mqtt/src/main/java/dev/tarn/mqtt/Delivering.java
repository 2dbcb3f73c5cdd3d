// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.transport.Traffic;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told: in the order of its mailbox, no more at once than the client can take, a batch in one write. For
 * the connection's loop.
 */
final class Delivering implements Subscriber {

    /** Payload bytes that one request for changes should bring about. */
    private static final int REQUESTED_BYTES = 1_048_576;

    private final Line line;
    private final Agreement agreement;
    private final Clock clock;
    private final Traffic traffic;
    private final boolean five;
    private final int window;
    private final InFlight inFlight = new InFlight();

    /** Handed over by the mailbox, but the client has not settled enough of what came before. */
    private final ArrayDeque<Delivery> waiting = new ArrayDeque<>();

    private final Own own = new Own();
    private final AliasesSent aliases;
    private @Nullable Mailbox mailbox;
    private int requested;
    private int average = 256;

    Delivering(Line line, Broker broker) {
        this.line = line;
        this.agreement = line.agreement();
        this.clock = broker.clock();
        this.traffic = broker.traffic();
        this.five = agreement.version().five();
        this.window =
                Math.min(agreement.window().receiveMaximum(), broker.limits().sent());
        this.aliases = new AliasesSent(
                Math.min(agreement.window().aliases(), broker.limits().aliases()));
    }

    /** Begins to take changes out of the mailbox. */
    void start(Mailbox from) {
        mailbox = from;
        replenish();
    }

    /** Asks for as many changes as can be sent or kept for a moment. */
    void replenish() {
        Mailbox from = mailbox;
        if (from == null || !line.channel().isWritable()) {
            return;
        }
        int most = Math.max(1, Math.min(2 * window + 64, REQUESTED_BYTES / average));
        int room = most - requested - waiting.size() - inFlight.size();
        if (room > 0 && (requested == 0 || room > most / 2)) {
            requested += room;
            from.request(room);
        }
    }

    @Override
    public void deliver(List<Delivery> batch) {
        requested -= batch.size();
        for (Delivery delivery : batch) {
            if (!waiting.isEmpty() || !send(delivery)) {
                waiting.add(delivery);
            }
        }
        replenish();
        line.outbox().flush();
    }

    /** Sends one change, or returns false when the client must first settle another [MQTT-3.3.4-9]. */
    private boolean send(Delivery delivery) {
        Change change = delivery.change();
        if (change.kind() == Kind.EXPIRE) {
            return true;
        }
        long expiresAt = change.attributes().expiresAt();
        long life = expiresAt == 0 ? 0 : expiresAt - clock.millis();
        if (life < 0 || (expiresAt != 0 && life == 0)) {
            return true; // [MQTT-3.3.2-5]
        }
        int granted = 0;
        boolean asPublished = false;
        boolean retained = false;
        own.clear();
        List<Subscription> matched = delivery.matched();
        for (int i = 0; i < matched.size(); i++) {
            if (matched.get(i).tag() instanceof Wanted wanted) {
                granted = Math.max(granted, wanted.options().qos());
                asPublished |= wanted.options().retainAsPublished();
                retained |= delivery.current() && change.version() <= wanted.since();
                if (wanted.identifier() != 0) {
                    own.subscriptionId(wanted.identifier()); // [MQTT-3.3.4-3] to [MQTT-3.3.4-5]
                }
            }
        }
        int qos = Math.min(change.attributes().qos(), granted); // [MQTT-3.8.4-8]
        if (qos > 0 && inFlight.size() >= window) {
            return false;
        }
        boolean retain = retained || (asPublished && change.kind() != Kind.MESSAGE); // [MQTT-3.3.1-8], -12, -13
        if (five && expiresAt != 0) {
            own.expirySeconds((life + 999) / 1_000);
        }
        write(matched.get(0).topic(change), change, qos, retain);
        return true;
    }

    private void write(String topic, Change change, int qos, boolean retain) {
        Publication publication = Publications.of(change, agreement.format(), five, qos > 0);
        String canonical = change.path().text();
        boolean spelled = !topic.equals(canonical);
        if (spelled) {
            own.topic(topic.getBytes(StandardCharsets.UTF_8));
        }
        int alias = aliases.find(topic);
        boolean newAlias = alias < 0;
        if (alias > 0) {
            own.alias(alias);
            own.nameless();
        } else if (newAlias) {
            own.alias(-alias);
        }
        boolean shared = own.isEmpty();
        int size = shared ? publication.size() : publication.size(own);
        if (size > agreement.window().largestPacket()) {
            traffic.dropped.increment(); // [MQTT-3.1.2-24], [MQTT-3.1.2-25]
            return;
        }
        if (newAlias) {
            aliases.set(topic, -alias);
        }
        int packetId = qos == 0 ? 0 : inFlight.add(qos == 1 ? InFlight.Stage.PUBACK : InFlight.Stage.PUBREC);
        int first = Packet.PUBLISH << 4 | qos << 1 | (retain ? 1 : 0);
        ByteBuf out = line.outbox().open();
        if (shared) {
            publication.write(out, first, packetId);
        } else {
            publication.write(out, first, packetId, own);
        }
        if (publication.byReference()) {
            line.outbox().share(publication.payload());
        }
        average = (average * 15 + Math.min(size, REQUESTED_BYTES)) / 16 + 1;
        traffic.out.increment();
    }

    /** PUBACK, PUBREC or PUBCOMP of the client. */
    void acknowledged(Packet.Acknowledge packet) {
        int packetId = packet.packetId();
        InFlight.Stage stage = inFlight.stage(packetId);
        switch (packet.type()) {
            case Packet.PUBACK -> settled(packetId, stage, InFlight.Stage.PUBACK);
            case Packet.PUBCOMP -> settled(packetId, stage, InFlight.Stage.PUBCOMP);
            case Packet.PUBREC -> received(packet, stage);
            default -> throw new IllegalArgumentException("packet type " + packet.type());
        }
    }

    private void settled(int packetId, InFlight.@Nullable Stage stage, InFlight.Stage expected) {
        if (stage == null) {
            return; // a late or repeated answer
        }
        if (stage != expected) {
            throw Violation.protocol(expected + " for packet " + packetId + ", where " + stage + " is due");
        }
        inFlight.remove(packetId);
        advance();
    }

    /** [MQTT-4.3.3-4], [MQTT-4.3.3-5] */
    private void received(Packet.Acknowledge pubrec, InFlight.@Nullable Stage stage) {
        int packetId = pubrec.packetId();
        if (stage == InFlight.Stage.PUBACK) {
            throw Violation.protocol("PUBREC for packet " + packetId + ", where PUBACK is due");
        }
        if (pubrec.reason().refusal()) {
            if (stage != null) {
                inFlight.remove(packetId);
                advance();
            }
            return;
        }
        if (stage != null) {
            inFlight.release(packetId);
        }
        line.writer()
                .acknowledge(
                        line.outbox().open(),
                        Packet.PUBREL,
                        packetId,
                        stage == null ? Reason.PACKET_IDENTIFIER_NOT_FOUND : Reason.SUCCESS,
                        null);
    }

    private void advance() {
        for (Delivery next = waiting.peek(); next != null && send(next); next = waiting.peek()) {
            waiting.remove();
        }
        replenish();
    }

    @Override
    public void missed(long changes) {
        traffic.dropped.add(changes);
    }

    @Override
    public void current(Subscription subscription, long sequence) {
        // Rows and changes look alike to a client; nothing tells it where one ends.
    }

    @Override
    public void reset(Subscription subscription) {
        // The current rows that follow say it all.
    }

    @Override
    public void ended(Failure why) {
        mailbox = null;
        line.end(Failures.ended(why.code()), why.reason());
    }
}
