// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Start;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The current rows that a mailbox still has to send, one subscription after the other, in chunks. While a chunk is being
 * read, whatever comes for the mailbox is parked, since only the chunk tells on which side of it a change is, and since
 * the order of a publisher must hold whichever side that is. Then the rows go first, but for those that a parked change
 * made: such a change comes in its place, after what its publisher said before it. A chunk during which too much comes
 * is abandoned and read again, smaller. Confined to the mailbox's loop.
 */
final class RowReader {

    private static final Logger LOG = LoggerFactory.getLogger(RowReader.class);

    /** How many subscriptions to single rows are served by one trip to a worker. */
    private static final int AT_ONCE = 64;

    private record Parked(Change change, List<FilterSubscription> matched, long after, boolean shared) {}

    /** A scan that has sent its last chunk, read at a sequence that the mailbox has not passed yet. */
    private record Finished(CurrentScan scan, long sequence) {}

    private final Commons commons;
    private final LoopQueue queue;
    private final QueuedMailbox mailbox;
    private final Deque<CurrentScan> scans = new ArrayDeque<>(0);

    /** What came since the read of a chunk began; null while none is being read, or the one that is was abandoned. */
    private @Nullable List<Parked> parked;

    private long parkedBytes;
    private List<CurrentScan> reading = List.of();
    private final Deque<Finished> finished = new ArrayDeque<>(0);
    private int epoch;
    private int most = CurrentScan.ROWS;

    RowReader(Commons commons, LoopQueue queue, QueuedMailbox mailbox) {
        this.commons = commons;
        this.queue = queue;
        this.mailbox = mailbox;
    }

    /** Whether nothing is left to send. */
    boolean isEmpty() {
        return scans.isEmpty() && finished.isEmpty();
    }

    /** Sends the current rows of a subscription, also if it is at it, from where an earlier one ended. */
    void begin(FilterSubscription subscription, Start.Progress progress) {
        drop(subscription);
        Exports exports = commons.routing().exports();
        List<Exported> tables = new ArrayList<>(exports.covered(subscription.canonical()));
        tables.removeIf(exported -> !subscription.allows(exported.name()));
        CurrentScan scan = new CurrentScan(subscription, commons.payloads(), exports, tables, progress);
        subscription.scan(scan);
        scans.add(scan);
        mailbox.touch();
    }

    /** Sends no more rows for a subscription. */
    void drop(FilterSubscription subscription) {
        CurrentScan scan = subscription.scan();
        if (scan != null) {
            if (reading.contains(scan)) {
                abandon();
            }
            scans.remove(scan);
            finished.removeIf(one -> one.scan() == scan);
            subscription.scan(null);
        }
    }

    /** Keeps a change while a chunk is being read; false when none is. */
    boolean parks(Change change, List<FilterSubscription> matched, long after, boolean shared) {
        List<Parked> list = parked;
        if (list == null) {
            return false;
        }
        Settings settings = commons.settings();
        if (list.size() >= settings.mailboxes().changes()
                || parkedBytes >= settings.mailboxes().bytes()) {
            most = Math.max(1, most / 2);
            abandon();
            return false;
        }
        list.add(new Parked(change, matched, after, shared));
        parkedBytes += Weight.of(change);
        return true;
    }

    /** Throws away the chunk that is being read and lets pass what was parked. */
    void abandon() {
        if (parked != null) {
            epoch++;
            unpark();
        }
    }

    private void unpark() {
        List<Parked> list = parked;
        parked = null;
        reading = List.of();
        parkedBytes = 0;
        if (list != null) {
            for (Parked each : list) {
                mailbox.intake().pass(each.change(), each.matched(), each.after(), each.shared());
            }
        }
    }

    /** Starts to read the next chunk, if there is one; single rows, many at once. */
    void readOn(int limit) {
        if (scans.isEmpty()) {
            return;
        }
        List<CurrentScan> next =
                scans.stream().limit(AT_ONCE).takeWhile(CurrentScan::exact).toList();
        if (next.isEmpty()) {
            next = List.of(scans.element());
        }
        read(next, limit);
    }

    private void read(List<CurrentScan> next, int limit) {
        int started = epoch;
        int rows = Math.min(limit, most);
        mailbox.reading(true);
        reading = next;
        parked = new ArrayList<>(0);
        commons.workers().read(() -> {
            try (var snapshot = commons.store().snapshot()) {
                List<CurrentScan.Chunk> chunks = read(snapshot, next, rows);
                // Rows that are not durable yet are nobody's business; and all changes before them come first.
                commons.horizon()
                        .whenOffered(snapshot.sequence(), () -> queue.pass(() -> arrived(next, chunks, started)));
            } catch (RuntimeException failure) {
                queue.pass(() -> failed(failure));
            }
        });
    }

    /** A chunk of each scan, until one is not the last of its scan or there are rows enough. */
    private static List<CurrentScan.Chunk> read(Snapshot snapshot, List<CurrentScan> scans, int limit) {
        List<CurrentScan.Chunk> chunks = new ArrayList<>(scans.size());
        int rows = 0;
        boolean more = true;
        for (int i = 0; more && i < scans.size(); i++) {
            CurrentScan.Chunk chunk = scans.get(i).read(snapshot, limit - rows);
            chunks.add(chunk);
            rows += chunk.rows().size();
            more = chunk.last() && rows < limit;
        }
        return chunks;
    }

    private void arrived(List<CurrentScan> read, List<CurrentScan.Chunk> chunks, int started) {
        mailbox.reading(false);
        if (!mailbox.closed() && started == epoch) {
            most = Math.min(CurrentScan.ROWS, most * 2);
            for (int i = 0; i < chunks.size(); i++) {
                take(read.get(i), chunks.get(i));
            }
            unpark();
            if (mailbox.live()) {
                finish(Long.MAX_VALUE);
            }
        }
        mailbox.touch();
    }

    private void take(CurrentScan scan, CurrentScan.Chunk chunk) {
        Set<Path> news = parkedPaths(scan, chunk.sequence());
        for (Change row : chunk.rows()) {
            if (!news.contains(row.path()) && scan.sends(row)) {
                mailbox.intake().takeRow(row, scan.subscription());
            }
        }
        scan.advance(chunk, news);
        if (chunk.last()) {
            scans.remove(scan);
            finished.add(new Finished(scan, chunk.sequence()));
        }
    }

    /**
     * Rows that changed while the chunk was read and that the subscription is told of: the chunk has them as the last of
     * these changes up to it left them.
     */
    private Set<Path> parkedPaths(CurrentScan scan, long sequence) {
        FilterSubscription subscription = scan.subscription();
        List<Parked> list = parked;
        if (list == null || list.isEmpty()) {
            return Set.of();
        }
        Set<Path> paths = new HashSet<>();
        for (Parked each : list) {
            Change change = each.change();
            // One that was routed before the subscription began is parked for others, and does not count; nor does one
            // that came late for a mailbox that begins after it.
            if (change.logged()
                    && change.kind() != Kind.MESSAGE
                    && !mailbox.passed(change.sequence())
                    && each.matched().contains(subscription)
                    && !mailbox.intake().refuses(subscription, change)
                    && (subscription.every() ? scan.passes(change) : change.sequence() <= sequence)) {
                paths.add(change.path());
            }
        }
        return paths;
    }

    /**
     * The mailbox has passed this sequence. A scan is over when the sequence of its last chunk is passed: until then the
     * log may bring changes that come before its end.
     */
    void finish(long reached) {
        while (!finished.isEmpty() && finished.peek().sequence() <= reached) {
            Finished last = finished.poll();
            last.scan().subscription().scan(null);
            mailbox.current(last.scan().subscription(), last.sequence());
        }
    }

    private void failed(RuntimeException failure) {
        mailbox.reading(false);
        abandon();
        if (failure instanceof Failure refusal) {
            mailbox.end(refusal);
        } else {
            LOG.error("reading current rows failed: mailbox={}", mailbox, failure);
            mailbox.end(new Failure(Failure.Code.UNAVAILABLE, "current rows cannot be read"));
        }
    }
}
