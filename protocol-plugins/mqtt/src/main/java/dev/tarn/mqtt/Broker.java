// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.Users;
import dev.tarn.transport.ClientEvents;
import dev.tarn.transport.Traffic;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What all connections share. Safe on any thread. */
record Broker(
        Doors doors,
        Messages messages,
        Sessions sessions,
        SessionTables tables,
        Limits limits,
        Watching watching,
        Clock clock) {

    /**
     * Where the rest of the node is reached, and how fast.
     *
     * @param mechanisms of extended authentication, while somebody offers any
     * @param elsewhere where clients are sent when this server stops; null for nowhere
     * @param rate of all clients together; null for any
     */
    record Doors(
            Resources resources,
            Users users,
            AtomicReference<@Nullable Mechanisms> mechanisms,
            @Nullable Referral elsewhere,
            @Nullable SharedRate rate) {}

    /** What is counted, and told under {@code $SYS} or to applications. */
    record Watching(Traffic traffic, Statistics statistics, SystemTopics topics, ClientEvents events) {}

    Traffic traffic() {
        return watching.traffic();
    }

    Statistics statistics() {
        return watching.statistics();
    }

    @Nullable
    SharedRate rate() {
        return doors.rate();
    }

    ClientEvents events() {
        return watching.events();
    }

    Resources resources() {
        return doors.resources();
    }

    @Nullable
    Mechanisms mechanisms() {
        return doors.mechanisms().get();
    }

    Users users() {
        return doors.users();
    }
}
