// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
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
    private @Nullable Finished finished;
    private int epoch;
    private int most = CurrentScan.ROWS;

    RowReader(Commons commons, LoopQueue queue, QueuedMailbox mailbox) {
        this.commons = commons;
        this.queue = queue;
        this.mailbox = mailbox;
    }

    /** Whether nothing is left to send. */
    boolean isEmpty() {
        return scans.isEmpty() && finished == null;
    }

    /** Sends the current rows of a subscription, again from the beginning if it is at it. */
    void begin(FilterSubscription subscription) {
        drop(subscription);
        Exports exports = commons.routing().exports();
        List<Exported> tables = new ArrayList<>(exports.covered(subscription.canonical()));
        tables.removeIf(exported -> subscription.denied(exported.name()));
        CurrentScan scan = new CurrentScan(subscription, commons.payloads(), exports, tables);
        subscription.scan(scan);
        scans.add(scan);
        mailbox.touch();
    }

    /** Sends no more rows for a subscription. */
    void drop(FilterSubscription subscription) {
        CurrentScan scan = subscription.scan();
        if (scan != null) {
            if (scan == scans.peek()) {
                abandon();
            }
            scans.remove(scan);
            if (finished != null && finished.scan() == scan) {
                finished = null;
            }
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
        if (list.size() >= settings.mailboxChanges() || parkedBytes >= settings.mailboxBytes()) {
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
        parkedBytes = 0;
        if (list != null) {
            for (Parked each : list) {
                mailbox.pass(each.change(), each.matched(), each.after(), each.shared());
            }
        }
    }

    /** Starts to read the next chunk, if there is one. */
    void readOn(int limit) {
        CurrentScan scan = scans.peek();
        if (scan == null) {
            return;
        }
        int started = epoch;
        int rows = Math.min(limit, most);
        mailbox.reading(true);
        parked = new ArrayList<>(0);
        commons.workers().read(() -> {
            try (var snapshot = commons.store().snapshot()) {
                CurrentScan.Chunk chunk = scan.read(snapshot, rows);
                // Rows that are not durable yet are nobody's business; and all changes before them come first.
                commons.horizon().whenOffered(chunk.sequence(), () -> queue.pass(() -> arrived(scan, chunk, started)));
            } catch (RuntimeException failure) {
                queue.pass(() -> failed(failure));
            }
        });
    }

    private void arrived(CurrentScan scan, CurrentScan.Chunk chunk, int started) {
        mailbox.reading(false);
        if (!mailbox.closed() && started == epoch) {
            most = Math.min(CurrentScan.ROWS, most * 2);
            Set<Path> news = parkedPaths(chunk.sequence());
            for (Change row : chunk.rows()) {
                if (!news.contains(row.path())) {
                    mailbox.takeRow(row, scan.subscription());
                }
            }
            scan.advance(chunk);
            unpark();
            if (chunk.last()) {
                scans.remove(scan);
                finished = new Finished(scan, chunk.sequence());
                if (mailbox.live()) {
                    finish(chunk.sequence());
                }
            }
        }
        mailbox.touch();
    }

    /**
     * The mailbox has passed this sequence. A scan is over when the sequence of its last chunk is passed: until then the
     * log may bring changes that its rows have already.
     */
    void finish(long reached) {
        Finished last = finished;
        if (last != null && last.sequence() <= reached) {
            finished = null;
            last.scan().subscription().scan(null);
            mailbox.current(last.scan().subscription(), last.sequence());
        }
    }

    /** Rows that changed while the chunk was read: the chunk has them as the last of these changes up to it left them. */
    private Set<Path> parkedPaths(long sequence) {
        List<Parked> list = parked;
        if (list == null || list.isEmpty()) {
            return Set.of();
        }
        Set<Path> paths = new HashSet<>();
        for (Parked each : list) {
            if (each.change().logged()
                    && each.change().kind() != Kind.MESSAGE
                    && each.change().sequence() <= sequence) {
                paths.add(each.change().path());
            }
        }
        return paths;
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
