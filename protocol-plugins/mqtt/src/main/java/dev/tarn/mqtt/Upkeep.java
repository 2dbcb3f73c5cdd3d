// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.DurableSession;
import dev.tarn.transport.Printable;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the sessions now and then: drops the oldest of what is owed to clients that are away, where it is more than
 * is allowed, and lets go of the log where nothing in it is for a session. Run by one thread.
 */
final class Upkeep implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    /** So many sessions at most are moved on in the log at a time. */
    private static final int MOVED = 1_000;

    /** A session is not moved on for fewer changes. */
    private static final int LEAST = 64;

    /** A session is moved on when it holds so much of the log in vain: a quarter. */
    private static final int PART = 4;

    private final Sessions sessions;
    private final SharedGroups groups;
    private final SessionTables tables;
    private final Statistics statistics;
    private final long changes;
    private final long bytes;

    Upkeep(
            Sessions sessions,
            SharedGroups groups,
            SessionTables tables,
            Statistics statistics,
            Limits.Backlog backlog) {
        this.sessions = sessions;
        this.groups = groups;
        this.tables = tables;
        this.statistics = statistics;
        this.changes = backlog.changes() == 0 ? Long.MAX_VALUE : backlog.changes();
        this.bytes = backlog.bytes() == 0 ? Long.MAX_VALUE : backlog.bytes();
    }

    @Override
    public void run() {
        try {
            shorten();
            moveOn();
        } catch (RuntimeException failure) {
            LOG.error("sessions are not kept within their limits", failure);
        }
    }

    private void shorten() {
        for (Session session : sessions.all()) {
            DurableSession owed = session.owed();
            if (owed != null && (owed.owedChanges() > changes || owed.owedBytes() > bytes)) {
                sessions.look(session, () -> shorten(session, owed), connection -> {});
            }
        }
    }

    private void shorten(Session session, DurableSession owed) {
        long dropped = owed.shorten(changes, bytes);
        if (dropped > 0) {
            session.sentUpTo(owed.cursor());
            statistics.overflowed.add(dropped);
            sessions.store(List.of(tables.put(session)));
            LOG.info("a session was shortened: client={} dropped={}", Printable.of(session.clientId()), dropped);
        }
    }

    private void moveOn() {
        long lag = Math.max(LEAST, (tables.sequence() - tables.oldest()) / PART);
        groups.advance(lag);
        int left = MOVED;
        for (Session session : sessions.all()) {
            DurableSession owed = session.owed();
            if (left > 0 && owed != null && owed.clearUpTo() - owed.cursor() > lag) {
                left--;
                sessions.look(session, () -> moveOn(session, owed), MqttConnection::moveOn);
            }
        }
    }

    private void moveOn(Session session, DurableSession owed) {
        if (session.moveOn(owed)) {
            long settled = session.inFlight().settledUpTo(session.sentUpTo());
            sessions.store(List.of(tables.put(session))).thenRun(() -> owed.settled(settled));
        }
    }
}
