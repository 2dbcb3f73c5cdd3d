// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Filter;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Somebody who is owed changes, online or not. While any of these covers a path, messages of quality of service 1 and 2
 * to it are logged before they are acknowledged, and the log is kept from the session's cursor on, up to the configured
 * cap. Safe on any thread.
 */
@ProviderType
public interface DurableSession extends AutoCloseable {

    /** As it was opened. */
    String name();

    /**
     * Covers a filter from now on.
     *
     * @param qos the most the session wants: at 0 it is owed nothing while it is away
     * @return the sequence after which changes that the filter covers are owed: keep it with the filter
     */
    long cover(Filter filter, int qos);

    /** Covers a filter as before a restart, with the start that {@link #cover(Filter, int)} returned then. */
    void cover(Filter filter, int qos, long start);

    /** Stops covering it; what was owed for it alone is forgotten. */
    void uncover(Filter filter);

    /** Everything up to this sequence is settled: the log may forget it. Never goes back. */
    void settled(long sequence);

    /** Everything up to this sequence is settled. */
    long cursor();

    /**
     * Up to this sequence nothing is owed: the cursor, or further on where all that came since was for others. A session
     * reads on from here, and settles it now and then, so that the log need not be kept for it.
     */
    long clearUpTo();

    /** Whether the log no longer has something that is owed. */
    boolean lost();

    /**
     * Logged changes again, by their sequences, as a subscriber gets them; those that the log no longer has are left out.
     * Completes on a worker.
     */
    CompletionStage<List<Change>> changes(List<Long> sequences);

    /**
     * Lets go of the oldest changes until no more than this is owed, as if they were settled; what was owed for long is
     * let go of in parcels.
     *
     * @param changes at most so many
     * @param bytes at most so many, of bodies
     * @return how many changes were dropped
     */
    long shorten(long changes, long bytes);

    /** Changes that are owed now. */
    long owedChanges();

    /** Bytes of the bodies that are owed now. */
    long owedBytes();

    /** Forgets the session: nothing is owed any more. A stopping protocol does not call this. */
    @Override
    void close();
}
