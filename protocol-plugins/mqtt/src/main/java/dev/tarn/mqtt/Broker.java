// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Users;
import dev.tarn.transport.Traffic;
import java.time.Clock;

/** What all connections share. Safe on any thread. */
record Broker(
        Resources resources,
        Users users,
        Messages messages,
        Sessions sessions,
        Limits limits,
        Traffic traffic,
        Clock clock) {}
