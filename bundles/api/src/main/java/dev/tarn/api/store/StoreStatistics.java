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

    /** Why nothing is written any more until a restart; empty while all is well. */
    Optional<Failure> fenced();

    /**
     * Why writes are refused now, for good or until the cause is gone: FULL when the disk is, UNAVAILABLE when it cannot be
     * written or the store is fenced. Empty while they are taken. What can be read is read all the same.
     */
    Optional<Failure> refusing();

    /**
     * Contents beside rows, such as uploaded files.
     *
     * @throws Failure UNAVAILABLE when the store is closed
     */
    Contents contents();

    /** What the disk did not give back as it was written. */
    Soundness soundness();

    /**
     * What the files take.
     *
     * @param bytes of all files
     * @param utilisation how much of these bytes is alive, from 0 to 1, about
     * @param files how many there are
     * @param collected bytes that were moved since the start to free files that are mostly dead
     * @param usable bytes that the file system has left for this process
     * @param reserve of these, bytes that contents leave for rows: with less, none is taken in
     */
    record Space(long bytes, double utilisation, long files, long collected, long usable, long reserve) {}

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
     * Contents beside rows, such as uploaded files.
     *
     * @param uploads that are coming in
     * @param uploadLimit the most that may at once
     * @param taken that came in as a whole since the start
     * @param pinned that somebody reads or writes
     * @param leaving that no row refers to: they go when nobody needs them any more
     * @param collected that were removed since the start
     */
    record Contents(int uploads, int uploadLimit, long taken, int pinned, long leaving, long collected) {}

    /**
     * What the disk did not give back as it was written.
     *
     * @param failedReads since the start, refused by the disk or damaged
     * @param recent what could not be read within the last minutes, in words
     * @param scrub the search for damage in the background; empty when that is off
     */
    record Soundness(long failedReads, Optional<String> recent, Optional<Scrub> scrub) {}

    /**
     * The search for damage in the background: all bytes of the files are read again and compared with their checksums.
     *
     * @param bytes that were read since the start
     * @param rounds through all files that were completed since the start
     * @param completed milliseconds since 1970 when the last round was; 0 for none since the start
     * @param damaged places that are not as they were written, in words, as the last look at each file found them
     */
    record Scrub(long bytes, long rounds, long completed, List<String> damaged) {
        public Scrub {
            damaged = List.copyOf(damaged);
        }
    }

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
