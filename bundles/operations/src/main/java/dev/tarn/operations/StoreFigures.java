// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.data.Failure;
import dev.tarn.api.store.StoreStatistics;
import dev.tarn.api.store.StoreStatistics.Spread;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The store's files, queue, log, readers and times. */
final class StoreFigures {
    private static final Logger LOG = LoggerFactory.getLogger(StoreFigures.class);

    private StoreFigures() {}

    /** Adds all figures; reads a few pages of the store. A store that is closed tells less. */
    static void read(Families families, StoreStatistics store) {
        families.gauge(
                "tarn_store_fenced",
                "Whether the store refuses writes until a restart.",
                store.fenced().isPresent() ? 1 : 0);
        families.gauge(
                "tarn_store_refusing",
                "Whether the store refuses writes now, as on a full disk; reads go on.",
                store.refusing().isPresent() ? 1 : 0);
        soundness(families, store.soundness());
        StoreStatistics.Space space = store.space();
        families.gauge("tarn_store_bytes", "Bytes of the store's files.", space.bytes());
        families.gauge("tarn_store_utilisation_ratio", "How much of these bytes is alive, about.", space.utilisation());
        families.counter(
                "tarn_store_collected_bytes",
                "Bytes that were moved to free files that are mostly dead.",
                space.collected());
        families.gauge("tarn_store_usable_bytes", "Bytes that the file system has left.", space.usable());
        families.gauge("tarn_store_files", "Files of the store.", space.files());
        StoreStatistics.Writing writing = store.writing();
        families.gauge("tarn_store_queued", "Writes that wait for the committer.", writing.queued());
        families.gauge("tarn_store_queue_limit", "Writes that may wait before more are refused.", writing.queueLimit());
        families.gauge("tarn_store_queued_bytes", "Bytes of the bodies of waiting writes.", writing.queuedBytes());
        families.gauge(
                "tarn_store_queue_limit_bytes",
                "Bytes that the bodies of waiting writes may have.",
                writing.queuedBytesLimit());
        double second = TimeUnit.SECONDS.toNanos(1);
        spread(families, "tarn_store_batch_writes", "Writes in one transaction.", writing.batch(), 1);
        spread(families, "tarn_store_commit_seconds", "Time of one transaction.", writing.commit(), second);
        spread(families, "tarn_store_sync_seconds", "Time that forcing the disk took.", writing.sync(), second);
        StoreStatistics.Reading reading = store.reading();
        families.gauge("tarn_store_snapshots", "Snapshots that are open.", reading.snapshots());
        families.gauge(
                "tarn_store_oldest_snapshot_seconds", "Age of the oldest snapshot.", reading.oldestMillis() / 1000.0);
        families.gauge("tarn_store_page_hit_ratio", "Pages that were found in memory, of late.", reading.pageHits());
        families.gauge("tarn_store_row_cache_bytes", "Memory of the rows kept in memory.", reading.rowCacheBytes());
        try {
            contents(families, store.contents());
            StoreStatistics.Span log = store.log();
            families.gauge("tarn_log_bytes", "Bytes that the log takes.", log.bytes());
            families.gauge("tarn_log_oldest_sequence", "The first change that the log has.", log.oldest());
            families.gauge("tarn_log_latest_sequence", "The last change that is durable.", log.latest());
            if (log.oldestTimestamp() > 0) {
                families.gauge(
                        "tarn_log_oldest_timestamp_seconds",
                        "When the first change that the log has was made, since 1970.",
                        log.oldestTimestamp() / 1000.0);
            }
            store.rows()
                    .forEach((table, rows) ->
                            families.gauge("tarn_table_rows", "Rows of a table.", rows, "table", table));
        } catch (Failure closed) {
            LOG.debug("the store tells neither log nor rows reason=\"{}\"", closed.reason());
        }
    }

    private static void contents(Families families, StoreStatistics.Contents contents) {
        families.gauge("tarn_contents_uploads", "Contents that are coming in.", contents.uploads());
        families.gauge("tarn_contents_upload_limit", "Contents that may come in at once.", contents.uploadLimit());
        families.counter("tarn_contents_taken", "Contents that came in as a whole.", contents.taken());
        families.gauge("tarn_contents_pinned", "Contents that somebody reads or writes.", contents.pinned());
        families.gauge(
                "tarn_contents_leaving",
                "Contents that no row refers to; they go when nobody needs them.",
                contents.leaving());
        families.counter("tarn_contents_collected", "Contents that were removed.", contents.collected());
    }

    private static void soundness(Families families, StoreStatistics.Soundness soundness) {
        families.counter(
                "tarn_store_failed_reads",
                "Reads that the disk refused, or that found damage.",
                soundness.failedReads());
        soundness.scrub().ifPresent(scrub -> {
            families.counter("tarn_store_scrubbed_bytes", "Bytes that were read in search of damage.", scrub.bytes());
            families.counter(
                    "tarn_store_scrub_rounds", "Searches through all files that were completed.", scrub.rounds());
            families.gauge(
                    "tarn_store_damaged_places",
                    "Places in the files that are not as they were written.",
                    scrub.damaged().size());
            if (scrub.completed() > 0) {
                families.gauge(
                        "tarn_store_scrubbed_timestamp_seconds",
                        "When the last search through all files was completed, since 1970.",
                        scrub.completed() / 1000.0);
            }
        });
    }

    private static void spread(Families families, String name, String help, Spread spread, double unit) {
        int bounds = spread.bounds().size();
        double[] upper = new double[bounds];
        long[] counts = new long[bounds + 1];
        long before = 0;
        for (int i = 0; i < bounds; i++) {
            upper[i] = spread.bounds().get(i) / unit;
            counts[i] = Math.max(0, spread.within().get(i) - before);
            before = Math.max(before, spread.within().get(i));
        }
        counts[bounds] = Math.max(0, spread.count() - before);
        families.histogram(name, help, upper, counts, spread.total() / unit);
    }
}
