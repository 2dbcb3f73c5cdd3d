// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Store.LogSubscriber;
import dev.tarn.api.store.Store.LogSubscription;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the log for one subscriber, a chunk at a time and no more than was asked for; holds nothing in between. Woken by
 * requests and by the sync thread, works on the worker, one run at a time.
 */
final class LogFollower implements LogSubscription, Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(LogFollower.class);
    private static final int CHUNK = 256;

    private final XodusStore store;
    private final Executor worker;
    private final LogSubscriber subscriber;
    private final AtomicLong demand = new AtomicLong();

    /** How often it was woken since it last came to rest; above 0 a run is under way or queued. */
    private final AtomicInteger wakes = new AtomicInteger();

    private volatile boolean closed;

    /** Everything up to it has been delivered; touched by runs only, which follow one another. */
    private long cursor;

    LogFollower(XodusStore store, long after, Executor worker, LogSubscriber subscriber) {
        this.store = store;
        this.cursor = after;
        this.worker = worker;
        this.subscriber = subscriber;
    }

    @Override
    public void request(long commits) {
        if (commits <= 0) {
            throw new IllegalArgumentException("request of " + commits);
        }
        demand.accumulateAndGet(commits, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
        wake();
    }

    /** There may be something to do. */
    void wake() {
        if (!closed && demand.get() > 0 && wakes.getAndIncrement() == 0) {
            submit();
        }
    }

    private void submit() {
        try {
            worker.execute(this);
        } catch (RejectedExecutionException e) {
            end(new Failure(Failure.Code.BUSY, "no worker takes the reading of the log"));
        }
    }

    @Override
    public void run() {
        int seen = wakes.get();
        boolean more = false;
        try {
            more = !closed && step();
        } catch (Failure e) {
            end(e);
        } catch (RuntimeException e) {
            LOG.error("a subscriber of the log, or reading the log, failed", e);
            end(new Failure(Failure.Code.UNAVAILABLE, "reading the log failed: " + e));
        }
        if (more) {
            // Others get the worker in between.
            submit();
        } else if (wakes.addAndGet(-seen) > 0) {
            submit();
        }
    }

    /** Delivers one chunk; true when there is more to deliver at once. */
    private boolean step() {
        long wanted = demand.get();
        long durable = store.sequence();
        if (wanted == 0 || cursor >= durable) {
            return false;
        }
        List<Commit> commits = store.commits(cursor, durable, (int) Math.min(wanted, CHUNK));
        if (commits.isEmpty()) {
            return false;
        }
        List<Commit> few = commits.size() > wanted ? commits.subList(0, (int) wanted) : commits;
        demand.addAndGet(-few.size());
        cursor = few.get(few.size() - 1).sequence();
        subscriber.deliver(List.copyOf(few));
        return demand.get() > 0 && cursor < store.sequence();
    }

    private void end(Failure why) {
        if (!closed) {
            close();
            subscriber.ended(why);
        }
    }

    @Override
    public void close() {
        closed = true;
        store.forget(this);
    }
}
