// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Publishes to a client that it has not settled, by packet identifier. For one thread at a time. */
final class InFlight {

    /** Where a publish is in its handshake. */
    enum Stage {
        /** Quality of service 1, PUBACK awaited. */
        PUBACK,
        /** Quality of service 2, PUBREC awaited. */
        PUBREC,
        /** Quality of service 2, PUBREL sent, PUBCOMP awaited. */
        PUBCOMP
    }

    /**
     * One publish, with what it takes to send it again.
     *
     * @param order counts up from publish to publish
     * @param sequence its place in the log; 0 for a row that was sent because it was there
     * @param row such a row; else null
     */
    record Sent(
            int packetId,
            Stage stage,
            boolean retain,
            long order,
            long sequence,
            @Nullable SentRow row) {
        Sent at(Stage next) {
            return new Sent(packetId, next, retain, order, sequence, row);
        }
    }

    /**
     * A row that was sent because it was there.
     *
     * @param version 0 where that was not stored
     */
    record SentRow(String path, long version) {}

    private final IntObjectMap<Sent> sent = new IntObjectHashMap<>();
    private int last;
    private long orders;

    int size() {
        return sent.size();
    }

    /**
     * Takes a publish in under a free packet identifier [MQTT-2.2.1-4], which it returns. There are always fewer in
     * flight than identifiers.
     * [MQTT-4.3.2-1], [MQTT-4.3.3-1]
     */
    int add(Stage stage, boolean retain, long sequence, @Nullable SentRow row) {
        do {
            last = last == 65_535 ? 1 : last + 1;
        } while (sent.containsKey(last));
        sent.put(last, new Sent(last, stage, retain, ++orders, sequence, row));
        return last;
    }

    /** Takes in what was stored. */
    void restore(Sent one) {
        sent.put(one.packetId(), one);
        orders = Math.max(orders, one.order());
        last = Math.max(last, one.packetId());
    }

    @Nullable
    Sent get(int packetId) {
        return sent.get(packetId);
    }

    /** Moves on to PUBCOMP. */
    void release(Sent one) {
        sent.put(one.packetId(), one.at(Stage.PUBCOMP));
    }

    void remove(int packetId) {
        sent.remove(packetId);
    }

    /** All of them in the order in which they were sent first [MQTT-4.6.0-1]. */
    List<Sent> all() {
        List<Sent> all = new ArrayList<>(sent.values());
        all.sort(Comparator.comparingLong(Sent::order));
        return all;
    }

    /** The sequence before the first that is not settled, or this one if all are. */
    long settledUpTo(long position) {
        long settled = position;
        for (Sent one : sent.values()) {
            if (one.sequence() != 0 && one.stage() != Stage.PUBCOMP) {
                settled = Math.min(settled, one.sequence() - 1);
            }
        }
        return settled;
    }
}
