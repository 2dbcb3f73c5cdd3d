// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What was stored of all sessions, made known to the engine and to the shared groups again.
 *
 * @param drafts what is to be stored or removed now
 */
record Restored(List<Session> sessions, List<Draft> drafts) {

    /** Reads it; blocks. */
    static Restored read(SessionTables tables, DurableSessions engine, SharedGroups shared, Statistics statistics) {
        Map<Long, SharedGroup> groups = shared.load();
        List<Draft> drafts = new ArrayList<>();
        List<Session> sessions = tables.load((clientId, number, cursor) ->
                new Session(clientId, number, engine.open(Sessions.name(clientId), cursor)));
        for (Session session : sessions) {
            subscribe(session, shared, statistics, drafts);
            for (Session.Taken one : session.taken()) {
                SharedGroup group = groups.get(one.group());
                if (group != null) {
                    group.ledger().settledBefore(one.sequence());
                }
            }
        }
        shared.loaded(drafts);
        return new Restored(sessions, drafts);
    }

    private static void subscribe(Session session, SharedGroups shared, Statistics statistics, List<Draft> drafts) {
        DurableSession owed = session.owed();
        if (owed == null) {
            return;
        }
        for (Held held : session.subscriptions().values()) {
            statistics.subscription(held, 1);
            if (held.wish().group() != null) {
                shared.enter(held.wish(), true, drafts);
            } else if (!SystemTopics.covers(held.wish())) {
                owed.cover(held.wish().filter(), held.options().qos(), held.start());
            }
        }
    }
}
