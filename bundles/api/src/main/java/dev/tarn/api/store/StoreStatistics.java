// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import dev.tarn.api.data.Failure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * How the store is doing, for metrics, health and the console. Counts begin with the start of the store. Asking costs writers
 * nothing; {@link #log()} and {@link #rows()} read a few pages of the files, so ask where a read may block. Safe on any
 * thread.
 */
@ProviderType
public interface StoreStatistics {

    /** What the files take. */
    Space space();

    /** What waits, and how long writing takes. */
    Writing writing();

    /** What readers do. */
    Reading reading();

    /**
     * How far the log reaches.
     *
     * @throws Failure UNAVAILABLE when the store is closed
     */
    Span log();

    /**
     * How many rows each table that is defined has, by qualified name; rows that have expired and are not removed yet count.
     *
     * @throws Failure UNAVAILABLE when the store is closed
     */
    Map<String, Long> rows();

    /** Why nothing is written any more; empty while all is well. */
    Optional<Failure> fenced();

    /**
     * What the files take.
     *
     * @param bytes of all files
     * @param utilisation how much of these bytes is alive, from 0 to 1, about
     * @param files how many there are
     * @param collected bytes that were moved since the start to free files that are mostly dead
     * @param usable bytes that the file system has left for this process
     */
    record Space(long bytes, double utilisation, long files, long collected, long usable) {}

    /**
     * What waits, and how long writing takes.
     *
     * @param queued writes that wait for the committer
     * @param queueLimit the most that may
     * @param queuedBytes what the bodies of those have together
     * @param queuedBytesLimit the most that they may have
     * @param batch writes in one transaction
     * @param commit nanoseconds of one transaction, from its first write to its commit
     * @param sync nanoseconds that forcing the disk took
     */
    record Writing(
            int queued,
            int queueLimit,
            long queuedBytes,
            long queuedBytesLimit,
            Spread batch,
            Spread commit,
            Spread sync) {}

    /**
     * What readers do.
     *
     * @param snapshots that are open
     * @param oldestMillis for how long the oldest of them is; 0 when none is. What was changed since it was opened takes space
     * @param pageHits how many of the pages that were looked for were in memory, from 0 to 1, of late
     * @param rowCacheBytes what the rows that are kept in memory take
     */
    record Reading(int snapshots, long oldestMillis, double pageHits, long rowCacheBytes) {}

    /**
     * How far the log reaches.
     *
     * @param oldest the sequence of the first change that it has, or the next to be written when it has none
     * @param latest the sequence of the last durable change
     * @param oldestTimestamp milliseconds since 1970 of the first change that it has; 0 when it has none
     * @param bytes that its entries take
     */
    record Span(long oldest, long latest, long oldestTimestamp, long bytes) {}

    /**
     * How a figure was spread.
     *
     * @param count how often it was taken
     * @param total all of them together
     * @param most the greatest
     * @param bounds ascending
     * @param within how many were not above the bound at the same place; each includes those before it
     */
    record Spread(long count, long total, long most, List<Long> bounds, List<Long> within) {
        public Spread {
            bounds = List.copyOf(bounds);
            within = List.copyOf(within);
        }
    }
}
