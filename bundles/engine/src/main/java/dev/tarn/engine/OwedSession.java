// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.DurableSession;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** A durable session as the engine knows it: filters, a cursor and what is owed. Safe on any thread. */
final class OwedSession implements DurableSession {

    private final String name;
    private final OwedSessions sessions;
    private final Commons commons;
    private final Map<Filter, OwedFilter> filters = new ConcurrentHashMap<>();
    private final AtomicLong cursor;

    /** Up to here nothing was owed when that was known last. */
    private final AtomicLong clear;

    /** The log had nothing any more up to here when what is owed was counted. */
    private final AtomicLong unknown = new AtomicLong();

    private final Ledger ledger;

    OwedSession(String name, long cursor, OwedSessions sessions, Commons commons) {
        this.name = name;
        this.cursor = new AtomicLong(cursor);
        this.clear = new AtomicLong(cursor);
        this.sessions = sessions;
        this.commons = commons;
        this.ledger = new Ledger(commons.horizon().durable());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long cover(Filter filter, int qos) {
        // It has its place first, so that every change after the start is counted.
        OwedFilter placed = new OwedFilter(this, filter, qos, Long.MAX_VALUE);
        place(placed);
        long start = commons.horizon().durable();
        placed.start(start);
        return start;
    }

    @Override
    public void cover(Filter filter, int qos, long start) {
        ledger.recount();
        place(new OwedFilter(this, filter, qos, start));
        sessions.count(this);
    }

    private void place(OwedFilter placed) {
        OwedFilter old = filters.put(placed.filter(), placed);
        commons.routing().own(placed);
        if (old != null) {
            commons.routing().disown(old);
        }
    }

    @Override
    public void uncover(Filter filter) {
        OwedFilter old = filters.remove(filter);
        if (old != null) {
            commons.routing().disown(old);
            if (ledger.changes() > 0) {
                ledger.recount();
                sessions.count(this);
            }
        }
    }

    @Override
    public void settled(long sequence) {
        if (sequence > cursor.getAndAccumulate(sequence, Math::max)) {
            ledger.settle(sequence);
        }
    }

    @Override
    public long shorten(long changes, long bytes) {
        long before = ledger.changes();
        long sequence = ledger.excess(changes, bytes);
        if (sequence == 0) {
            return 0;
        }
        settled(sequence);
        return Math.max(0, before - ledger.changes());
    }

    @Override
    public long cursor() {
        return cursor.get();
    }

    @Override
    public long clearUpTo() {
        // First the horizon, then the ledger: what is at or below the horizon has been counted.
        long upTo = ledger.clearUpTo(commons.horizon().offered());
        long settled = cursor.get();
        long known = upTo < 0 || settled < unknown.get() ? settled : Math.max(settled, upTo);
        return clear.accumulateAndGet(known, Math::max);
    }

    /** What is owed could not be counted up to here, since the log has nothing any more. */
    void unknown(long sequence) {
        unknown.accumulateAndGet(sequence, Math::max);
    }

    /** Compares with the log as it is now: a short read. */
    @Override
    public boolean lost() {
        return !filters.isEmpty() && clearUpTo() + 1 < commons.store().oldest();
    }

    @Override
    public CompletionStage<List<Change>> changes(List<Long> sequences) {
        long[] sorted = sequences.stream()
                .mapToLong(Long::longValue)
                .sorted()
                .distinct()
                .toArray();
        return commons.workers().call(() -> CatchUp.changes(commons, sorted));
    }

    @Override
    public long owedChanges() {
        return ledger.changes();
    }

    @Override
    public long owedBytes() {
        return ledger.bytes();
    }

    /** What is counted. */
    Ledger ledger() {
        return ledger;
    }

    @Override
    public void close() {
        for (OwedFilter filter : filters.values()) {
            commons.routing().disown(filter);
        }
        filters.clear();
        sessions.closed(this);
    }

    @Override
    public String toString() {
        return name;
    }
}
