// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Commit;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.StateTable;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * Sessions in the store, in four tables of database {@code system}: a row for each session, one for each of its
 * subscriptions, one for each packet identifier of quality of service 2 that a client has not released, which is put
 * together with what it carries, and one for each shared group. Safe on any thread.
 */
final class SessionTables {

    private final Store store;
    private final StateTable sessions;
    private final StateTable subscriptions;
    private final StateTable unreleased;
    private final StateTable groups;

    SessionTables(Store store, Bodies bodies) {
        this.store = store;
        this.sessions = new StateTable(store, bodies, "mqtt_sessions");
        this.subscriptions = new StateTable(store, bodies, "mqtt_subscriptions");
        this.unreleased = new StateTable(store, bodies, "mqtt_unreleased");
        this.groups = new StateTable(store, bodies, "mqtt_groups");
    }

    /** The sequence of the last durable change. */
    long sequence() {
        return store.sequence();
    }

    /** The sequence of the oldest change that the log has. */
    long oldest() {
        return store.oldest();
    }

    /** Rows as they are now; see {@link Store#snapshot}. */
    Snapshot snapshot() {
        return store.snapshot();
    }

    CompletionStage<Commit> commit(List<Draft> drafts) {
        return store.commit(new Write(drafts, List.of()));
    }

    Draft put(Session session) {
        return sessions.put(id(session), SessionRow.of(session));
    }

    Draft put(Session session, Held held) {
        return subscriptions.put(id(session, held.number()), SubscriptionRow.of(held));
    }

    Draft delete(Session session, Held held) {
        return subscriptions.delete(id(session, held.number()));
    }

    /** Remembers a packet identifier until the client releases it. */
    Draft received(Session session, int packetId) {
        return unreleased.put(id(session, packetId), new LinkedHashMap<>());
    }

    /** Forgets a packet identifier. */
    Draft released(Session session, int packetId) {
        return unreleased.delete(id(session, packetId));
    }

    Draft put(long number, GroupRow group) {
        return groups.put(Long.toString(number), group.values());
    }

    Draft deleteGroup(long number) {
        return groups.delete(Long.toString(number));
    }

    /** Reads the shared groups. Blocks. */
    void loadGroups(BiConsumer<Long, GroupRow> reader) {
        try (Snapshot snapshot = store.snapshot()) {
            groups.each(snapshot, (id, row) -> reader.accept(Long.parseLong(id), GroupRow.read(row)));
        }
    }

    /** Everything that has to go for a session to be gone. */
    List<Draft> delete(Session session) {
        List<Draft> drafts = new ArrayList<>();
        for (Held held : session.subscriptions().values()) {
            drafts.add(delete(session, held));
        }
        session.unreleased().stream().forEach(packetId -> drafts.add(released(session, packetId)));
        drafts.add(sessions.delete(id(session)));
        return drafts;
    }

    private static String id(Session session) {
        return Long.toString(session.number());
    }

    private static String id(Session session, int number) {
        return session.number() + "/" + number;
    }

    /**
     * Reads everything. Blocks.
     *
     * @param begin makes the session of a row, given its number
     */
    List<Session> load(Begin begin) {
        Map<String, Session> loaded = new LinkedHashMap<>();
        try (Snapshot snapshot = store.snapshot()) {
            sessions.each(snapshot, (id, row) -> loaded.put(id, SessionRow.read(Long.parseLong(id), row, begin)));
            subscriptions.each(snapshot, (id, row) -> {
                Session session = loaded.get(id.substring(0, id.indexOf('/')));
                if (session != null) {
                    session.restore(SubscriptionRow.read(number(id), row));
                }
            });
            unreleased.each(snapshot, (id, row) -> {
                Session session = loaded.get(id.substring(0, id.indexOf('/')));
                if (session != null) {
                    session.unreleased().set(number(id));
                }
            });
        }
        return List.copyOf(loaded.values());
    }

    /** Makes a session that was stored. */
    interface Begin {
        Session begin(String clientId, long number, long cursor);
    }

    private static int number(String id) {
        return Integer.parseInt(id.substring(id.indexOf('/') + 1));
    }
}
