// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions of all clients. One belongs to the connection that holds the claim to its identifier ({@link Claims}),
 * else to this class, which touches it only where no claim can appear meanwhile. Safe on any thread.
 */
final class Sessions implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private static final long SWEEP_SECONDS = 1;

    private final SessionTables tables;
    private final @Nullable DurableSessions durable;
    private final SharedGroups shared;
    private final Clock clock;
    private final Statistics statistics;
    private final BiConsumer<Session, Packet.Will> publishWill;
    private final Claims claims;
    private final ConcurrentMap<String, Session> sessions = new ConcurrentHashMap<>();
    private final SessionWrites writes;
    private final ScheduledThreadPoolExecutor timer;
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicLong assigned = new AtomicLong();
    private final String run;

    /**
     * A session for a connection.
     *
     * @param present whether it was there before
     * @param stored completes, on any thread, when it is safe to tell the client
     */
    record Opened(Session session, boolean present, CompletableFuture<?> stored) {}

    /**
     * Reads what is stored; blocks while it does.
     *
     * @param durable null where sessions end with their connections
     * @param publishWill publishes a will whose time has come
     */
    Sessions(
            SessionTables tables,
            @Nullable DurableSessions durable,
            SharedGroups shared,
            Clock clock,
            Statistics statistics,
            BiConsumer<Session, Packet.Will> publishWill) {
        this.tables = tables;
        this.durable = durable;
        this.shared = shared;
        this.clock = clock;
        this.statistics = statistics;
        this.publishWill = publishWill;
        this.claims = new Claims(statistics);
        this.writes = new SessionWrites(tables);
        this.run = Long.toString(clock.millis(), 36);
        this.timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "tarn-mqtt-sessions");
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        if (durable != null) {
            load(durable);
        }
    }

    private void load(DurableSessions engine) {
        Restored restored = Restored.read(tables, engine, shared, statistics);
        for (Session session : restored.sessions()) {
            numbers.accumulateAndGet(session.number(), Math::max);
            if (session.disconnectedAt() == 0) {
                // It was connected when the server ended: its connection is lost only now [MQTT-3.1.2-8].
                session.disconnectedAt(clock.millis());
                Packet.Will will = session.will();
                if (will != null) {
                    session.will(null);
                    session.bequeath(will, delay(will), clock.millis());
                }
            }
            sessions.put(session.clientId(), session);
            watch(session);
        }
        if (!restored.drafts().isEmpty()) {
            store(restored.drafts());
        }
        if (!restored.sessions().isEmpty()) {
            LOG.info("sessions restored: count={}", restored.sessions().size());
        }
    }

    /** Names a session for the engine. */
    static String name(String clientId) {
        return "mqtt/" + clientId;
    }

    /** Whether a session can outlast its connection. */
    boolean lasting() {
        return durable != null;
    }

    /** An identifier for a client that gave none; unique on this node [MQTT-3.1.3-6]. */
    String newClientId() {
        return "auto-" + run + "-" + Long.toString(assigned.incrementAndGet(), 36);
    }

    /**
     * The session of a connection whose claim is ready: the one that was there, unless the client wants none of it or it
     * is over; else a new one [MQTT-3.1.2-4] to [MQTT-3.1.2-6].
     * [MQTT-3.1.4-4], [MQTT-3.2.2-2], [MQTT-3.2.2-3]; 3.1.1 [MQTT-3.1.4-3], [MQTT-3.2.2-1]
     *
     * @param user who the client is
     * @param expiry how long it is to outlast the connection, in seconds
     * @param will of the connection, or null
     */
    Opened open(String clientId, User user, boolean clean, long expiry, Packet.@Nullable Will will) {
        Session known = sessions.get(clientId);
        List<Draft> drafts = new ArrayList<>();
        if (known != null) {
            DurableSession owed = known.owed();
            boolean lost = owed != null && owed.lost();
            if (!clean && !lost && !known.over(clock.millis())) {
                return new Opened(known, true, reopen(known, user, expiry, will));
            }
            drafts.addAll(forget(known));
        }
        Session made;
        if (durable == null || expiry == 0) {
            made = new Session(clientId, 0, null);
        } else {
            long cursor = tables.sequence();
            made = new Session(clientId, numbers.incrementAndGet(), durable.open(name(clientId), cursor));
            made.sentUpTo(cursor);
            made.expiry(expiry);
            made.will(will);
            made.user(user);
            sessions.put(clientId, made);
            drafts.add(tables.put(made));
        }
        return new Opened(made, false, drafts.isEmpty() ? CompletableFuture.completedFuture(null) : commit(drafts));
    }

    /**
     * Hands a session to a connection. The client is answered when what it brings anew is stored; where that is nothing,
     * as when one connection follows another, it is stored as well, but the client need not wait: a server that dies
     * before has the session as the last connection left it.
     */
    private CompletableFuture<?> reopen(Session known, User user, long expiry, Packet.@Nullable Will will) {
        boolean same = known.expiry() == expiry && known.bequest() == null && will == null && user.equals(known.user());
        known.watch(null);
        known.disconnectedAt(0);
        known.expiry(expiry);
        known.bequest(null); // [MQTT-3.1.3-9]
        known.will(will);
        known.user(user);
        List<Draft> drafts = List.of(tables.put(known));
        if (same) {
            store(drafts);
            return CompletableFuture.completedFuture(null);
        }
        return commit(drafts);
    }

    private CompletableFuture<?> commit(List<Draft> drafts) {
        return tables.commit(drafts).toCompletableFuture();
    }

    /**
     * The end of a session; what must be removed from the store. Its will does not wait any longer. 3.1.1
     * [MQTT-3.1.2-7]
     */
    private List<Draft> forget(Session session) {
        List<Draft> drafts = new ArrayList<>(tables.delete(session));
        unsubscribe(session, drafts);
        sessions.remove(session.clientId(), session);
        session.watch(null);
        DurableSession owed = session.owed();
        if (owed != null) {
            owed.close();
        }
        Session.Bequest bequest = session.bequest();
        if (bequest != null) {
            session.bequest(null);
            publishWill.accept(session, bequest.will());
        }
        return drafts;
    }

    private void unsubscribe(Session session, List<Draft> drafts) {
        for (Held held : session.subscriptions().values()) {
            statistics.subscription(held, -1);
            if (held.wish().group() != null) {
                shared.leave(held.wish(), session.durable(), drafts);
            }
        }
    }

    /**
     * Takes a session back from a connection that ends, before its claim is released.
     * [MQTT-3.1.2-23]
     *
     * @param will the will that is due, or null
     * @param unwritten what has to be stored with the session
     */
    void close(Session session, Packet.@Nullable Will will, List<Draft> unwritten) {
        long now = clock.millis();
        session.will(null);
        if (!session.durable() || session.expiry() == 0) {
            if (will != null) {
                publishWill.accept(session, will);
            }
            if (session.durable()) {
                store(forget(session));
            } else {
                unsubscribe(session, new ArrayList<>());
            }
            return;
        }
        if (will != null && delay(will) > 0) {
            session.bequeath(will, delay(will), now);
        } else if (will != null) {
            publishWill.accept(session, will);
        }
        session.disconnectedAt(now);
        List<Draft> drafts = new ArrayList<>(unwritten);
        drafts.add(tables.put(session));
        DurableSession owed = session.owed();
        long settled = session.inFlight().settledUpTo(session.sentUpTo());
        store(drafts).thenRun(() -> {
            if (owed != null) {
                owed.settled(settled);
            }
        });
        watch(session);
    }

    /** In seconds. */
    private static long delay(Packet.Will will) {
        return will.properties().number(PropertyType.WILL_DELAY, 0);
    }

    /** Stores something, now and surely before this is closed. */
    CompletableFuture<?> store(List<Draft> drafts) {
        return writes.store(drafts);
    }

    /** Looks again when the session's will or its end is due. */
    private void watch(Session session) {
        long now = clock.millis();
        Session.Bequest bequest = session.bequest();
        long due = session.expiry() == Session.NEVER
                ? Long.MAX_VALUE
                : session.disconnectedAt() + session.expiry() * 1_000;
        due = bequest == null ? due : Math.min(due, bequest.due());
        if (due != Long.MAX_VALUE && !timer.isShutdown()) {
            session.watch(timer.schedule(() -> look(session), Math.max(0, due - now) + 1, TimeUnit.MILLISECONDS));
        }
    }

    /** Begins to look after the sessions of those who are away. */
    void limit(Limits.Backlog backlog) {
        Upkeep upkeep = new Upkeep(this, shared, tables, statistics, backlog);
        timer.scheduleWithFixedDelay(upkeep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
    }

    /** All sessions that outlast their connections; what they are owed may be looked at, all else is not the caller's. */
    Collection<Session> all() {
        return sessions.values();
    }

    /**
     * Does something to a session while nobody can connect to it, or else asks the connection that has it.
     * [MQTT-4.1.0-1]; 3.1.1 [MQTT-4.1.0-2]
     */
    void look(Session session, Runnable away, Consumer<MqttConnection> connected) {
        claims.hold(session.clientId(), connection -> {
            if (connection != null) {
                connected.accept(connection);
            } else if (sessions.get(session.clientId()) == session) {
                away.run();
            }
        });
    }

    private void look(Session session) {
        look(session, () -> due(session), connection -> {});
    }

    /** [MQTT-4.1.0-2] */
    private void due(Session session) {
        long now = clock.millis();
        Session.Bequest bequest = session.bequest();
        if (session.over(now)) {
            statistics.expired.increment();
            store(forget(session));
        } else if (bequest != null && bequest.due() <= now) {
            session.bequest(null);
            publishWill.accept(session, bequest.will());
            store(List.of(tables.put(session)));
            watch(session);
        } else if (session.disconnectedAt() != 0) {
            watch(session);
        }
    }

    Claims claims() {
        return claims;
    }

    SharedGroups shared() {
        return shared;
    }

    /** Whether one more session than so many would outlast its connection; 0 for any number. */
    boolean full(String clientId, int most) {
        return most > 0 && sessions.size() >= most && !sessions.containsKey(clientId);
    }

    /** How many identifiers are connected. */
    int connected() {
        return claims.size();
    }

    /** How many sessions have no connection. */
    int away() {
        int away = 0;
        for (String clientId : sessions.keySet()) {
            away += claims.has(clientId) ? 0 : 1;
        }
        return away;
    }

    /** Changes that are owed to all sessions together. */
    long owedChanges() {
        return owed(DurableSession::owedChanges);
    }

    /** Bytes that are owed to all sessions together. */
    long owedBytes() {
        return owed(DurableSession::owedBytes);
    }

    private long owed(ToLongFunction<DurableSession> figure) {
        long sum = 0;
        for (Session session : sessions.values()) {
            DurableSession owed = session.owed();
            sum += owed == null ? 0 : figure.applyAsLong(owed);
        }
        return sum;
    }

    /** How many sessions outlast their connections, those of connected clients included. */
    int stored() {
        return sessions.size();
    }

    /** Waits until every connection has given its session back and that is stored; a few seconds at most. */
    @Override
    public void close() {
        timer.shutdownNow();
        SessionWrites.await(claims.ends());
        SessionWrites.await(shared.stop());
        writes.await();
    }
}
