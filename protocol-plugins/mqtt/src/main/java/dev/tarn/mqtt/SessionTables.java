// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sessions in the store, in four tables of database {@code system}: a row for each session, one for each of its
 * subscriptions, one for each packet identifier of quality of service 2 that a client has not released, which is put
 * together with what it carries, and one for each shared group. Safe on any thread.
 */
final class SessionTables {

    private static final Table SESSIONS = state("mqtt_sessions");
    private static final Table SUBSCRIPTIONS = state("mqtt_subscriptions");
    private static final Table UNRELEASED = state("mqtt_unreleased");
    private static final Table GROUPS = state("mqtt_groups");

    private final Store store;
    private final Bodies bodies;

    SessionTables(Store store, Bodies bodies) {
        this.store = store;
        this.bodies = bodies;
        store.define(SESSIONS);
        store.define(SUBSCRIPTIONS);
        store.define(UNRELEASED);
        store.define(GROUPS);
    }

    private static Table state(String name) {
        return new Table(
                Table.SYSTEM,
                name,
                null,
                List.of(Attribute.primaryKey("id", Attribute.Type.STRING)),
                Table.Rules.STATE);
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
        return put(SESSIONS, id(session), SessionRow.of(session));
    }

    Draft put(Session session, Held held) {
        return put(SUBSCRIPTIONS, id(session, held.number()), SubscriptionRow.of(held));
    }

    Draft delete(Session session, Held held) {
        return delete(SUBSCRIPTIONS, id(session, held.number()));
    }

    /** Remembers a packet identifier until the client releases it. */
    Draft received(Session session, int packetId) {
        return put(UNRELEASED, id(session, packetId), new LinkedHashMap<>());
    }

    /** Forgets a packet identifier. */
    Draft released(Session session, int packetId) {
        return delete(UNRELEASED, id(session, packetId));
    }

    Draft put(long number, GroupRow group) {
        return put(GROUPS, Long.toString(number), group.values());
    }

    Draft deleteGroup(long number) {
        return delete(GROUPS, Long.toString(number));
    }

    /** Reads the shared groups. Blocks. */
    void loadGroups(BiConsumer<Long, GroupRow> reader) {
        try (Snapshot snapshot = store.snapshot()) {
            each(snapshot, GROUPS, (id, row) -> reader.accept(Long.parseLong(id), GroupRow.read(row)));
        }
    }

    /** Everything that has to go for a session to be gone. */
    List<Draft> delete(Session session) {
        List<Draft> drafts = new ArrayList<>();
        for (Held held : session.subscriptions().values()) {
            drafts.add(delete(session, held));
        }
        session.unreleased().stream().forEach(packetId -> drafts.add(released(session, packetId)));
        drafts.add(delete(SESSIONS, id(session)));
        return drafts;
    }

    private static String id(Session session) {
        return Long.toString(session.number());
    }

    private static String id(Session session, int number) {
        return session.number() + "/" + number;
    }

    private Draft put(Table table, String id, Map<String, @Nullable Object> values) {
        values.put("id", id);
        return Draft.put(table, table.path(id), bodies.of(values), Attributes.NONE, Expectation.ANYTHING);
    }

    private static Draft delete(Table table, String id) {
        return Draft.delete(table, table.path(id), Attributes.NONE, Expectation.ANYTHING);
    }

    /** Receives the rows of a table. */
    private interface Reader extends BiConsumer<String, Map<?, ?>> {}

    /**
     * Reads everything. Blocks.
     *
     * @param begin makes the session of a row, given its number
     */
    List<Session> load(Begin begin) {
        Map<String, Session> sessions = new LinkedHashMap<>();
        try (Snapshot snapshot = store.snapshot()) {
            each(snapshot, SESSIONS, (id, row) -> sessions.put(id, SessionRow.read(Long.parseLong(id), row, begin)));
            each(snapshot, SUBSCRIPTIONS, (id, row) -> {
                Session session = sessions.get(id.substring(0, id.indexOf('/')));
                if (session != null) {
                    session.restore(SubscriptionRow.read(number(id), row));
                }
            });
            each(snapshot, UNRELEASED, (id, row) -> {
                Session session = sessions.get(id.substring(0, id.indexOf('/')));
                if (session != null) {
                    session.unreleased().set(number(id));
                }
            });
        }
        return List.copyOf(sessions.values());
    }

    /** Makes a session that was stored. */
    interface Begin {
        Session begin(String clientId, long number, long cursor);
    }

    private static int number(String id) {
        return Integer.parseInt(id.substring(id.indexOf('/') + 1));
    }

    private static void each(Snapshot snapshot, Table table, Reader reader) {
        try (Snapshot.Rows rows = snapshot.rows(table, Snapshot.Range.ALL)) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                String id = table.id(row.path());
                if (id != null && row.body().value() instanceof Map<?, ?> values) {
                    reader.accept(id, values);
                }
            }
        }
    }
}
