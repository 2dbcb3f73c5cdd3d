// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.DurableSessions;
import java.util.Map;
import java.util.TreeMap;

/** What the sessions of one protocol are owed: how many they are, changes, and bytes of their bodies. */
record Owed(long sessions, long changes, long bytes) {

    /** Of each protocol that has sessions. */
    static Map<String, Owed> byProtocol(DurableSessions sessions) {
        Map<String, Owed> owed = new TreeMap<>();
        for (DurableSession session : sessions.sessions()) {
            owed.merge(
                    protocol(session),
                    new Owed(1, session.owedChanges(), session.owedBytes()),
                    (one, two) -> new Owed(
                            one.sessions() + two.sessions(), one.changes() + two.changes(), one.bytes() + two.bytes()));
        }
        return owed;
    }

    /** Names begin with the protocol's. */
    static String protocol(DurableSession session) {
        return session.name().split("[/-]", 2)[0];
    }
}
