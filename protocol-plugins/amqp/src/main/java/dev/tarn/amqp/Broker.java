// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Users;
import dev.tarn.transport.Traffic;

/** What all connections share. Safe on any thread. */
record Broker(
        Resources resources, Users users, Messages messages, Containers containers, Limits limits, Traffic traffic) {}
