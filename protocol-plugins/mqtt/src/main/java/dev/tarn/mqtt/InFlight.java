// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import org.jspecify.annotations.Nullable;

/** Publishes to a client that it has not settled, by packet identifier. For one loop. */
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

    private final IntObjectMap<Stage> stages = new IntObjectHashMap<>();
    private int last;

    int size() {
        return stages.size();
    }

    /** A free packet identifier, now in use at this stage [MQTT-2.2.1-4]. There are always fewer in flight than exist. */
    int add(Stage stage) {
        do {
            last = last == 65_535 ? 1 : last + 1;
        } while (stages.containsKey(last));
        stages.put(last, stage);
        return last;
    }

    @Nullable
    Stage stage(int packetId) {
        return stages.get(packetId);
    }

    /** Moves on to PUBCOMP. */
    void release(int packetId) {
        stages.put(packetId, Stage.PUBCOMP);
    }

    void remove(int packetId) {
        stages.remove(packetId);
    }
}
