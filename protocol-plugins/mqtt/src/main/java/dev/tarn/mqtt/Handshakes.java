// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import org.jspecify.annotations.Nullable;

/**
 * What is under way to a client, from the PUBLISH on to the answer that settles it. For the connection's loop.
 */
final class Handshakes {

    private final Line line;
    private final Session session;
    private final @Nullable Ledger ledger;
    private final InFlight inFlight;

    private record Given(SharedMember member, Change change) {}

    /** Publishes that came by a shared subscription and are not settled for its group, by packet identifier. */
    private final IntObjectMap<Given> shared = new IntObjectHashMap<>();

    /**
     * @param ledger of a durable session; null for one that ends with the connection
     */
    Handshakes(Line line, Session session, @Nullable Ledger ledger) {
        this.line = line;
        this.session = session;
        this.ledger = ledger;
        this.inFlight = session.inFlight();
    }

    /** Remembers that a publish is what a shared group gave. */
    void given(int packetId, SharedMember member, Change change) {
        shared.put(packetId, new Given(member, change));
    }

    /** Nothing is to be done for a group when a publish is settled. */
    void kept(int packetId) {
        shared.remove(packetId);
    }

    /** What the client has not seen, the group gives to another. */
    void close() {
        if (ledger != null) {
            for (IntObjectMap.PrimitiveEntry<Given> one : shared.entries()) {
                inFlight.remove(one.key());
                session.taken()
                        .removeIf(taken ->
                                taken.sequence() == one.value().change().sequence());
            }
        }
    }

    /**
     * PUBACK, PUBREC or PUBCOMP of the client. [MQTT-3.10.4-3], [MQTT-4.9.0-3]
     *
     * @return whether that settled something, so that there is room for more
     */
    boolean acknowledged(Packet.Acknowledge packet) {
        InFlight.Sent sent = inFlight.get(packet.packetId());
        return switch (packet.type()) {
            case Packet.PUBACK -> settled(packet, sent, InFlight.Stage.PUBACK);
            case Packet.PUBCOMP -> settled(packet, sent, InFlight.Stage.PUBCOMP);
            case Packet.PUBREC -> received(packet, sent);
            default -> throw new IllegalArgumentException("packet type " + packet.type());
        };
    }

    private boolean settled(Packet.Acknowledge packet, InFlight.@Nullable Sent sent, InFlight.Stage expected) {
        if (sent == null) {
            return false; // a late or repeated answer
        }
        if (sent.stage() != expected) {
            throw Violation.protocol(
                    expected + " for packet " + packet.packetId() + ", where " + sent.stage() + " is due");
        }
        finished(sent);
        return true;
    }

    /** [MQTT-4.8.2-6] */
    private void finished(InFlight.Sent sent) {
        inFlight.remove(sent.packetId());
        Given given = shared.remove(sent.packetId());
        if (given != null) {
            given.member().settled(given.change());
        }
        if (ledger != null) {
            ledger.changed();
        }
    }

    /** [MQTT-3.6.2-1], [MQTT-4.3.3-5], [MQTT-4.3.3-6], [MQTT-4.4.0-2], [MQTT-4.6.0-4] */
    private boolean received(Packet.Acknowledge pubrec, InFlight.@Nullable Sent sent) {
        int packetId = pubrec.packetId();
        if (sent != null && sent.stage() == InFlight.Stage.PUBACK) {
            throw Violation.protocol("PUBREC for packet " + packetId + ", where PUBACK is due");
        }
        if (pubrec.reason().refusal()) {
            if (sent != null) {
                finished(sent);
            }
            return sent != null;
        } else if (sent == null) {
            pubrel(packetId, Reason.PACKET_IDENTIFIER_NOT_FOUND);
        } else {
            release(sent);
        }
        return false;
    }

    /** Goes on to PUBREL; once the client has seen it, it forgets the identifier: the message must never be sent again. */
    private void release(InFlight.Sent sent) {
        inFlight.release(sent);
        if (ledger == null) {
            pubrel(sent.packetId(), Reason.SUCCESS);
        } else {
            ledger.changed(() -> {
                pubrel(sent.packetId(), Reason.SUCCESS);
                line.outbox().flush();
            });
        }
    }

    /** Sends PUBREL, again if need be [MQTT-4.3.3-4]. */
    void pubrel(int packetId, Reason reason) {
        line.writer()
                .acknowledge(
                        line.outbox().open(),
                        Packet.PUBREL,
                        packetId,
                        reason,
                        reason == Reason.SUCCESS ? null : reason.words());
    }

    /**
     * Ends what an earlier connection began and what cannot be sent again, since it is gone. The identifier of one of
     * quality of service 2 may be known to the client, so it is seen through to the end.
     */
    void abandon(InFlight.Sent sent) {
        if (sent.stage() == InFlight.Stage.PUBREC) {
            release(sent);
        } else {
            finished(sent);
        }
    }
}
