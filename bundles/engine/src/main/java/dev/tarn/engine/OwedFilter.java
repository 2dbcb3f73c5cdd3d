// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import java.util.concurrent.atomic.AtomicInteger;

/** One filter of a durable session. Immutable but for its place; safe on any thread. */
final class OwedFilter implements Placed {

    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final int number = NUMBERS.incrementAndGet();
    private final OwedSession session;
    private final Filter filter;
    private final int qos;
    private volatile long start;
    private volatile Filter canonical;

    /** Changes after the start are owed, at no more than this quality of service. */
    OwedFilter(OwedSession session, Filter filter, int qos, long start) {
        this.session = session;
        this.filter = filter;
        this.qos = qos;
        this.start = start;
        this.canonical = filter;
    }

    OwedSession session() {
        return session;
    }

    /** From when on it owes, when that was not known before it had its place. */
    void start(long sequence) {
        start = sequence;
    }

    int qos() {
        return qos;
    }

    /** Whether a change that it covers is owed to somebody who is away: not what is served at most once. */
    boolean owes(Change change) {
        return Math.min(qos, change.attributes().qos()) > 0
                && change.sequence() > start
                && change.kind() != Kind.EXPIRE;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public Filter filter() {
        return filter;
    }

    @Override
    public Filter canonical() {
        return canonical;
    }

    @Override
    public void canonical(Filter changed) {
        canonical = changed;
    }
}
