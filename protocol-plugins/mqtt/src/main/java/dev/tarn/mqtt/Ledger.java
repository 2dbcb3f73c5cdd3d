// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.store.Draft;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a durable session's row true while it has a connection: one write at a time, each with everything that has
 * changed since the last. What must be durable before a packet leaves waits here, all else is written within a moment. For
 * the connection's loop.
 */
final class Ledger {

    /** How long a change that nothing waits for may stay unwritten. */
    private static final long MOMENT_MILLIS = 50;

    private record Waiting(long version, Runnable then) {}

    private final Session session;
    private final SessionTables tables;
    private final EventExecutor loop;
    private final Consumer<Throwable> broken;
    private final Set<Held> subscriptions = new LinkedHashSet<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private long version;
    private long written;
    private boolean writing;
    private boolean scheduled;
    private boolean closed;

    /**
     * @param broken told when the row cannot be written
     */
    Ledger(Session session, SessionTables tables, EventExecutor loop, Consumer<Throwable> broken) {
        this.session = session;
        this.tables = tables;
        this.loop = loop;
        this.broken = broken;
    }

    /** Something changed that need not be durable at once. */
    void changed() {
        version++;
        soon();
    }

    /** A subscription changed. */
    void changed(Held held) {
        subscriptions.add(held);
        changed();
    }

    private void soon() {
        if (!writing && !scheduled && !closed) {
            scheduled = true;
            loop.schedule(this::later, MOMENT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void later() {
        scheduled = false;
        write();
    }

    /** Something changed; goes on once that is durable, in the order of these calls. */
    void changed(Runnable then) {
        version++;
        waiting.add(new Waiting(version, then));
    }

    /** Whether something waits for a write. */
    boolean busy() {
        return !waiting.isEmpty();
    }

    /** Does something after all that waits. */
    void after(Runnable then) {
        waiting.add(new Waiting(version, then));
    }

    /** Begins to write if anything waits for that. To be called after a batch of changes. */
    void flush() {
        if (!waiting.isEmpty()) {
            write();
        }
    }

    private void write() {
        if (writing || closed || written == version) {
            return;
        }
        writing = true;
        long now = version;
        long settled = session.inFlight().settledUpTo(session.sentUpTo());
        List<Draft> drafts = unwritten();
        drafts.add(tables.put(session));
        tables.commit(drafts).whenComplete((commit, failure) -> loop.execute(() -> done(now, settled, failure)));
    }

    private void done(long upTo, long settled, @Nullable Throwable failure) {
        writing = false;
        if (closed) {
            return;
        }
        if (failure != null) {
            broken.accept(failure);
            return;
        }
        written = upTo;
        settled(session, settled);
        for (Waiting head = waiting.peek(); head != null && head.version() <= written; head = waiting.peek()) {
            waiting.remove();
            head.then().run();
        }
        if (!waiting.isEmpty()) {
            write();
        } else if (written < version) {
            soon();
        }
    }

    private static void settled(Session session, long sequence) {
        DurableSession owed = session.owed();
        if (owed != null) {
            owed.settled(sequence);
        }
    }

    private List<Draft> unwritten() {
        List<Draft> drafts = new ArrayList<>(1 + subscriptions.size());
        for (Held held : subscriptions) {
            if (session.subscriptions().containsValue(held)) {
                drafts.add(tables.put(session, held));
            }
        }
        subscriptions.clear();
        return drafts;
    }

    /** Writes nothing more; returns what has to be written together with the session's row when it ends. */
    List<Draft> close() {
        closed = true;
        waiting.clear();
        return unwritten();
    }
}
