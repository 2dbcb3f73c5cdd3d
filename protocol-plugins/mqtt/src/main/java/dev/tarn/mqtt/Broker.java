// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Users;
import dev.tarn.transport.Traffic;
import java.time.Clock;

/** What all connections share. Safe on any thread. */
record Broker(
        Doors doors,
        Messages messages,
        Sessions sessions,
        SessionTables tables,
        Limits limits,
        Watching watching,
        Clock clock) {

    /** Where the rest of the node is reached. */
    record Doors(Resources resources, Users users) {}

    /** What is counted, and told under {@code $SYS}. */
    record Watching(Traffic traffic, Statistics statistics, SystemTopics topics) {}

    Traffic traffic() {
        return watching.traffic();
    }

    Statistics statistics() {
        return watching.statistics();
    }

    Resources resources() {
        return doors.resources();
    }

    Users users() {
        return doors.users();
    }
}
