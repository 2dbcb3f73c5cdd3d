// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.osgi.annotation.versioning.ProviderType;

/** The node's one durable store: tables, their indexes and the log. Safe on any thread. */
@ProviderType
public interface Store {

    /**
     * Makes a table known, so that drafts and snapshots may name it; declaring it again with other attributes builds or
     * drops indexes. Blocks while it does.
     *
     * @throws dev.tarn.api.data.Failure CONFLICT when rows that exist forbid the change
     */
    void define(Table table);

    /**
     * Writes all or nothing. The stage completes when the change is durable, after {@link CommitObserver}s were told, on
     * the sync thread; for a write whose tables all keep ASYNC, once it is committed. It fails with a
     * {@link dev.tarn.api.data.Failure}: PRECONDITION, CONFLICT, what an {@link Edit} threw, TOO_LARGE, BUSY when the
     * queue is full, FULL, UNAVAILABLE once the store is fenced or closed. Never blocks.
     */
    CompletionStage<Commit> commit(Write write);

    /**
     * Takes in a content that is too long to be held, for a row that does not refer to it yet. Never blocks.
     *
     * @param length in bytes, or -1 when that is not known
     * @throws dev.tarn.api.data.Failure TOO_LARGE, FULL when the disk has no room for that much, BUSY when too many come in at
     *     once, UNAVAILABLE once the store is fenced or closed
     */
    Upload receive(long length);

    /** What is committed now. Blocking reads; hold it for less than a second, since it keeps space from being freed. */
    Snapshot snapshot();

    /** One row; complete at once when it is hot, else read on the worker. An expired row is absent. */
    CompletionStage<Optional<Row>> get(Table table, Path path, Executor worker);

    /** One row, read on the worker, also if it has expired and is not removed yet. */
    CompletionStage<Optional<Row>> kept(Table table, Path path, Executor worker);

    /** The sequence of the last durable change; 0 in an empty store. */
    long sequence();

    /** The sequence of the oldest change that the log still has, or the next one to be written when it has none. */
    long oldest();

    /**
     * Makes the log keep what comes after a sequence, beyond its age and up to its largest size, until what is returned is
     * closed.
     *
     * @param after gives the sequence; asked about once a second, and more often while the log is trimmed, on the store's
     *     own thread: be quick, never block
     */
    AutoCloseable keep(LongSupplier after);

    /** Tells the observer of every commit from now on, in order, once it is durable. Close what it returns to stop. */
    AutoCloseable observe(CommitObserver observer);

    /**
     * Reads the log from the change after this sequence, then follows it, without a gap or a repeat, as fast as the
     * subscriber asks. Memory is bounded by what was asked for.
     */
    LogSubscription commits(long after, Executor worker, LogSubscriber subscriber);

    /** Is told of durable commits. */
    interface CommitObserver {
        /** On the sync thread, in commit order, before the writers are answered: be quick, never block, never throw. */
        void committed(List<Commit> commits);
    }

    /** Receives the log. */
    interface LogSubscriber {
        /** On the worker, never two at once; no more changes than asked for, but a commit is never split. */
        void deliver(List<Commit> commits);

        /** The log no longer reaches back to where this subscription is, or reading failed; nothing follows. */
        void ended(dev.tarn.api.data.Failure why);
    }

    /** Asks for more of the log. */
    interface LogSubscription extends AutoCloseable {
        void request(long commits);

        @Override
        void close();
    }
}
