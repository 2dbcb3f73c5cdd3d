// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.Users;
import dev.tarn.transport.ClientEvents;
import dev.tarn.transport.Traffic;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What all connections share. Safe on any thread. */
record Broker(
        Engine engine,
        Logins logins,
        Messages messages,
        Containers containers,
        Feeds feeds,
        Limits limits,
        Watching watching) {

    /**
     * What holds and tells of rows.
     *
     * @param disk where reading may block
     */
    record Engine(Resources resources, Streams streams, Executor disk) {}

    /** Who finds out who somebody is. */
    record Logins(Users users, AtomicReference<@Nullable Mechanisms> dialogues, Offer offer) {}

    /** Who looks on. */
    record Watching(Traffic traffic, ClientEvents events) {}

    Resources resources() {
        return engine.resources();
    }

    Streams streams() {
        return engine.streams();
    }

    Executor disk() {
        return engine.disk();
    }

    Users users() {
        return logins.users();
    }

    Offer offer() {
        return logins.offer();
    }

    Traffic traffic() {
        return watching.traffic();
    }

    ClientEvents events() {
        return watching.events();
    }

    /** Ways of several messages to say who one is; null while there are none. */
    @Nullable
    Mechanisms mechanisms() {
        return logins.dialogues().get();
    }
}
