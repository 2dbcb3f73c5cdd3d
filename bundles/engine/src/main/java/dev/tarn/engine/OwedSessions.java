// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.store.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The durable sessions of this node. Keeps the log from the slowest of them on, and counts from the log what those are
 * owed that come back after a restart: all that wait for it in one pass. Safe on any thread.
 */
final class OwedSessions implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OwedSessions.class);

    /** Changes that are looked at under one snapshot. */
    private static final int CHUNK = 1_000;

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Commons commons;
    private final Map<String, OwedSession> sessions = new ConcurrentHashMap<>();
    private final Queue<OwedSession> uncounted = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean counting = new AtomicBoolean();
    private final AutoCloseable keeping;
    private final long patience;

    OwedSessions(Commons commons) {
        this.commons = commons;
        this.patience = commons.settings().clock().millis() + PATIENCE.toMillis();
        this.keeping = commons.store().keep(this::slowest);
    }

    /** A new session; it takes the place of one of the same name, which a protocol left that was stopped. */
    DurableSession open(String name, long cursor) {
        OwedSession session = new OwedSession(name, cursor, this, commons);
        OwedSession old = sessions.put(name, session);
        if (old != null) {
            old.close();
        }
        return session;
    }

    /** Those that are open. */
    List<DurableSession> all() {
        return List.copyOf(sessions.values());
    }

    void closed(OwedSession session) {
        sessions.remove(session.name(), session);
    }

    /**
     * The cursor of the session that is furthest behind. Everything is kept for a while after the start, until the
     * protocols have opened the sessions that they know.
     */
    private long slowest() {
        if (commons.settings().clock().millis() < patience) {
            return 0;
        }
        long slowest = Long.MAX_VALUE - 1;
        for (OwedSession session : sessions.values()) {
            slowest = Math.min(slowest, session.cursor());
        }
        return slowest;
    }

    /** On the sync thread: a logged change that a filter of the session covers. */
    static void owe(List<OwedFilter> covering, Change change) {
        OwedSession before = null;
        for (OwedFilter filter : covering) {
            // Filters of one session are next to each other.
            if (filter.session() != before && filter.owes(change)) {
                before = filter.session();
                before.ledger().owe(change.sequence(), length(change));
            }
        }
    }

    private static long length(Change change) {
        return change.body() == null ? 0 : change.body().size();
    }

    /** Counts soon, on a worker, what the session may be owed up to its ledger's base, which expects a count. */
    void count(OwedSession session) {
        uncounted.add(session);
        if (counting.compareAndSet(false, true)) {
            commons.workers().read(this::countAll);
        }
    }

    private void countAll() {
        try {
            Map<OwedSession, Ledger> counted = new HashMap<>();
            Map<OwedSession, Integer> counts = new HashMap<>();
            long from = Long.MAX_VALUE;
            long to = 0;
            for (OwedSession session = uncounted.poll(); session != null; session = uncounted.poll()) {
                long base = commons.horizon().durable();
                long clear = session.clearUpTo();
                counts.merge(session, 1, Integer::sum);
                if (counted.putIfAbsent(session, new Ledger(clear)) == null) {
                    session.ledger().restart(base);
                    from = Math.min(from, clear);
                    to = Math.max(to, base);
                }
            }
            long at = from;
            while (at < to) {
                at = countSome(at, to, counted);
            }
            counted.forEach((session, ledger) -> session.ledger().older(ledger, session.cursor()));
            counts.forEach((session, done) -> session.ledger().counted(done));
        } catch (RuntimeException failure) {
            LOG.error("what durable sessions are owed could not be counted", failure);
        } finally {
            counting.set(false);
        }
        if (!uncounted.isEmpty() && counting.compareAndSet(false, true)) {
            commons.workers().read(this::countAll);
        }
    }

    private long countSome(long after, long to, Map<OwedSession, Ledger> counted) {
        try (Snapshot snapshot = commons.store().snapshot()) {
            List<Change> changes = log(snapshot, after);
            if (changes == null) {
                long gone = Math.max(after, commons.store().oldest() - 1);
                counted.forEach((session, ledger) -> {
                    if (ledger.base() < gone) {
                        session.unknown(gone);
                    }
                });
                return gone;
            }
            for (Change change : changes) {
                Route route = commons.routing().route(change.path(), change.table());
                for (OwedFilter filter : route == null ? List.<OwedFilter>of() : route.owed()) {
                    Ledger ledger = counted.get(filter.session());
                    if (ledger != null
                            && filter.owes(change)
                            && change.sequence() <= filter.session().ledger().base()) {
                        ledger.owe(change.sequence(), length(change));
                    }
                }
            }
            return changes.isEmpty() ? to : changes.get(changes.size() - 1).sequence();
        }
    }

    /** The next changes, or null when the log begins later. */
    private static @Nullable List<Change> log(Snapshot snapshot, long after) {
        try {
            return snapshot.log(after, CHUNK);
        } catch (Failure trimmed) {
            if (trimmed.code() == Failure.Code.NOT_FOUND) {
                return null;
            }
            throw trimmed;
        }
    }

    /** Filters of one session next to each other, without those that never owe anything. */
    static List<OwedFilter> arranged(List<OwedFilter> covering) {
        List<OwedFilter> owed = new ArrayList<>(covering);
        owed.removeIf(filter -> filter.qos() == 0);
        owed.sort((a, b) -> a.session().name().compareTo(b.session().name()));
        return List.copyOf(owed);
    }

    @Override
    public void close() {
        try {
            keeping.close();
        } catch (Exception failure) {
            LOG.warn("the store goes on keeping the log for sessions that are gone", failure);
        }
    }
}
