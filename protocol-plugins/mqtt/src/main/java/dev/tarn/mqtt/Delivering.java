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
import java.time.Clock;
import java.time.Duration;
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
    private final Session session;
    private final @Nullable Ledger ledger;
    private final InFlight inFlight;
    private final Handshakes handshakes;
    private final RowProgress rows;
    private final Sender sender;
    private final Clock clock;
    private final Traffic traffic;
    private final int window;
    private final Duration oldest;

    /** Handed over by the mailbox, but the client has not settled enough of what came before. */
    private final ArrayDeque<Delivery> waiting = new ArrayDeque<>();

    /** In flight since an earlier connection, not sent on this one yet. */
    private final ArrayDeque<Resumption.Again> again = new ArrayDeque<>();

    private @Nullable Mailbox mailbox;
    private int requested;
    private boolean held;

    /** Changes up to here happened while the client was away; at quality of service 0 they are not owed. */
    private long awayUpTo;

    /** Of what happened while the client was away, what is older than this is not sent; a version. */
    private long oldestAway;

    /**
     * @param ledger of a durable session; null for one that ends with the connection
     */
    Delivering(Line line, Broker broker, Session session, @Nullable Ledger ledger) {
        this.line = line;
        this.session = session;
        this.ledger = ledger;
        this.inFlight = session.inFlight();
        this.handshakes = new Handshakes(line, session, ledger);
        this.rows = new RowProgress(ledger);
        this.sender = new Sender(line, broker);
        this.clock = broker.clock();
        this.traffic = broker.traffic();
        this.oldest = broker.limits().times().backlog().age();
        this.window = Math.min(
                line.agreement().window().receiveMaximum(), broker.limits().sent());
    }

    /** Changes up to this sequence happened while the client was away. */
    void awayUpTo(long sequence) {
        awayUpTo = sequence;
        oldestAway = oldest.isZero() ? 0 : (clock.millis() - oldest.toMillis()) * 1_000;
    }

    /** Keeps everything back until {@link #release}. */
    void hold() {
        held = true;
    }

    void release() {
        held = false;
        advance();
        flush();
    }

    /** Asks for as many changes as can be sent or kept for a moment. */
    void replenish() {
        Mailbox from = mailbox;
        if (from == null || !line.channel().isWritable()) {
            return;
        }
        int most = Math.max(1, Math.min(2 * window + 64, REQUESTED_BYTES / sender.averageSize()));
        int room = most - requested - waiting.size() - inFlight.size();
        if (room > 0 && (requested == 0 || room > most / 2)) {
            requested += room;
            from.request(room);
        }
    }

    /** [MQTT-4.5.0-1] */
    @Override
    public void deliver(List<Delivery> batch) {
        requested -= batch.size();
        rows.handedOver(batch.size());
        for (Delivery delivery : batch) {
            if (held || !waiting.isEmpty() || !take(delivery)) {
                waiting.add(delivery);
            }
        }
        replenish();
        flush();
    }

    /** Takes what does not come out of the mailbox, after all that was delivered before. */
    void told(List<Delivery> batch) {
        rows.handedOver(batch.size());
        for (Delivery delivery : batch) {
            if (mailbox == null || held || !waiting.isEmpty() || !take(delivery)) {
                waiting.add(delivery);
            }
        }
        flush();
    }

    private void flush() {
        if (ledger != null) {
            ledger.flush();
        }
        line.outbox().flush();
    }

    /**
     * Sends one change, or returns false when the client must first settle another [MQTT-3.3.4-9].
     * [MQTT-3.3.4-10], [MQTT-4.9.0-1], [MQTT-4.9.0-2]
     */
    private boolean take(Delivery delivery) {
        Change change = delivery.change();
        SharedMember member = member(delivery);
        long sequence = delivery.current() ? 0 : change.sequence();
        int qos = sender.address(delivery);
        long expiresAt = change.attributes().expiresAt();
        boolean over = change.kind() == Kind.EXPIRE
                || (expiresAt != 0 && expiresAt <= clock.millis()) // [MQTT-3.3.2-5]
                || (delivery.current() && unwanted(delivery))
                || (sequence != 0 && sequence <= awayUpTo && change.version() < oldestAway)
                || (qos == 0 && member == null && sequence != 0 && sequence <= awayUpTo && !rows.instead(delivery));
        if (!over && qos > 0 && (!again.isEmpty() || inFlight.size() >= window)) {
            return false;
        }
        if (member != null) {
            share(delivery, member, over ? 0 : qos, over);
            return true;
        }
        session.sentUpTo(sequence);
        rows.note(delivery);
        if (!over) {
            send(delivery, sequence, qos);
        } else if (ledger != null) {
            ledger.changed();
        }
        return true;
    }

    private static @Nullable SharedMember member(Delivery delivery) {
        return delivery.matched().get(0) instanceof SharedMember member ? member : null;
    }

    /**
     * Sends what a shared group gave. The group may forget it when it was sent for good: at quality of service 1, to a
     * session that ends with its connection, once it is acknowledged; to one that lasts, once that has it among what it
     * has stored as in flight, before the client sees it.
     * [MQTT-4.8.2-4]
     */
    private void share(Delivery delivery, SharedMember member, int qos, boolean over) {
        Change change = delivery.change();
        if (over) {
            member.settled(change);
        } else if (qos == 0) {
            write(0, 0);
            member.settled(change);
        } else {
            int id = inFlight.add(
                    qos == 1 ? InFlight.Stage.PUBACK : InFlight.Stage.PUBREC, sender.retain(), change.sequence(), null);
            if (ledger != null) {
                handshakes.given(id, member, change);
                session.taken(member.group(), change);
                ledger.changed(() -> {
                    handshakes.kept(id);
                    writeLater(delivery, id, qos);
                    member.settled(change);
                });
            } else {
                write(id, qos);
                if (qos == 1 && inFlight.get(id) != null) {
                    handshakes.given(id, member, change);
                } else {
                    member.settled(change); // it must not go to anybody else [MQTT-4.8.2-5]
                }
            }
        }
        member.taken();
    }

    void close() {
        handshakes.close();
    }

    /** Whether a row is the client's own, and it does not want to hear itself [MQTT-3.8.3-3]. */
    private boolean unwanted(Delivery delivery) {
        if (!Wills.origin(session.clientId())
                .equals(delivery.change().attributes().origin())) {
            return false;
        }
        for (Subscription matched : delivery.matched()) {
            if (!(matched.tag() instanceof Held held) || !held.options().noLocal()) {
                return false;
            }
        }
        return true;
    }

    /** [MQTT-4.3.2-3], [MQTT-4.3.3-3]; 3.1.1 [MQTT-4.3.2-1], [MQTT-4.3.3-1] */
    private void send(Delivery delivery, long sequence, int qos) {
        int packetId = 0;
        if (qos > 0) {
            packetId = inFlight.add(
                    qos == 1 ? InFlight.Stage.PUBACK : InFlight.Stage.PUBREC,
                    sender.retain(),
                    sequence,
                    delivery.current() ? row(delivery.change()) : null);
        }
        if (ledger == null) {
            write(packetId, qos);
        } else if (qos == 2) {
            // Exactly once also when the server dies: the identifier is stored before the client sees it.
            int id = packetId;
            ledger.changed(() -> writeLater(delivery, id, qos));
        } else {
            ledger.changed();
            if (ledger.busy()) {
                int id = packetId;
                ledger.after(() -> writeLater(delivery, id, qos));
            } else {
                write(packetId, qos);
            }
        }
    }

    private static InFlight.SentRow row(Change change) {
        return new InFlight.SentRow(change.path().text(), change.version());
    }

    private void writeLater(Delivery delivery, int packetId, int qos) {
        sender.address(delivery);
        write(packetId, qos);
        line.outbox().flush();
    }

    /** Writes what the sender was addressed to. */
    private void write(int packetId, int qos) {
        if (!sender.write(packetId, qos)) {
            traffic.dropped.increment(); // [MQTT-3.1.2-24], [MQTT-3.1.2-25]
            if (packetId != 0) {
                inFlight.remove(packetId);
            }
        }
    }

    /** [MQTT-4.3.3-7]; 3.1.1 [MQTT-2.3.1-3], [MQTT-2.3.1-4] */
    private boolean resend() {
        int underWay = inFlight.size() - again.size();
        for (Resumption.Again next = again.peek(); next != null && underWay < window; next = again.peek()) {
            again.remove();
            InFlight.Sent sent = next.sent();
            Change change = next.change();
            if (inFlight.get(sent.packetId()) == null) {
                continue; // settled by a late answer
            }
            if (change == null) {
                handshakes.abandon(sent);
            } else {
                underWay++;
                sender.address(change, session.covering(change.path()), sent.retain());
                write(sent.packetId(), sent.stage() == InFlight.Stage.PUBACK ? 1 : 2);
            }
        }
        return again.isEmpty();
    }

    /** Sends PUBREL, again if need be. */
    void sendPubrel(int packetId, Reason reason) {
        handshakes.pubrel(packetId, reason);
    }

    /** PUBACK, PUBREC or PUBCOMP of the client. */
    void acknowledged(Packet.Acknowledge packet) {
        if (handshakes.acknowledged(packet)) {
            advance();
        }
        flush();
    }

    private void advance() {
        if (held || !resend()) {
            return;
        }
        for (Delivery next = waiting.peek(); next != null && take(next); next = waiting.peek()) {
            waiting.remove();
        }
        rows.taken(waiting.size());
        replenish();
    }

    /**
     * Sends again what an earlier connection did not settle [MQTT-4.4.0-1], as far as there is room, then begins to take
     * changes out of the mailbox.
     */
    void begin(Mailbox from, List<Resumption.Again> unsettled) {
        again.addAll(unsettled);
        mailbox = from;
        advance();
        replenish();
        flush();
    }

    @Override
    public void missed(long changes) {
        traffic.dropped.add(changes);
    }

    @Override
    public void current(Subscription subscription, long sequence) {
        if (subscription.tag() instanceof Held held) {
            rows.last(held);
            rows.taken(waiting.size());
        }
    }

    /** The current rows that follow say it all. */
    @Override
    public void reset(Subscription subscription) {
        if (subscription.tag() instanceof Held held) {
            rows.again(held);
            rows.taken(waiting.size());
        }
    }

    @Override
    public void ended(Failure why) {
        mailbox = null;
        line.end(Failures.ended(why.code()), why.reason());
    }
}
