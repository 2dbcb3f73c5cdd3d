// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One read of the log for a mailbox that fell behind or starts in the past: what its subscriptions cover after a cursor,
 * up to the durable horizon. Made on the loop, run once on a worker. Immutable.
 */
final class CatchUp {

    private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);

    /** The most changes that are handed over at once, and the most bytes. */
    static final int CHANGES = 1_000;

    static final long BYTES = 256 * 1024;

    /** The most changes that are looked at under one snapshot. */
    private static final int VISITED = 10_000;

    /** One subscription as it was when the read began; safe to look at from a worker. */
    private static final class Wanted {
        private final FilterSubscription subscription;
        private final Filter filter;
        private final long from;

        /** For a member of a group: what was given to it, in order. */
        private final long @Nullable [] assigned;

        Wanted(FilterSubscription subscription) {
            this.subscription = subscription;
            this.filter = subscription.canonical();
            this.from = subscription.from();
            this.assigned = subscription.group() == null ? null : subscription.assigned();
        }

        boolean covers(Change change) {
            return assigned == null
                    ? from < change.sequence() && filter.covers(change.path())
                    : Arrays.binarySearch(assigned, change.sequence()) >= 0;
        }
    }

    /** A change and the subscriptions that cover it. */
    record Found(Change change, List<FilterSubscription> matched) {}

    /**
     * What was found.
     *
     * @param cursor everything that is wanted up to here is among the found
     */
    record Read(List<Found> found, long cursor) {}

    /** What has been found so far: of a row of which only the newest change is wanted, that one. */
    private static final class Finds {
        private final List<@Nullable Found> all = new ArrayList<>();
        private final Map<Path, Integer> newest = new HashMap<>();
        private int overtaken;
        private long bytes;

        int size() {
            return all.size() - overtaken;
        }

        void add(Found found) {
            bytes += Weight.of(found.change());
            if (Newest.isFor(found.change(), found.matched())) {
                Integer before = newest.put(found.change().path(), all.size());
                Found older = before == null ? null : all.get(before);
                if (before != null && older != null && found.matched().containsAll(older.matched())) {
                    all.set(before, null);
                    overtaken++;
                    bytes -= Weight.of(older.change());
                }
            }
            all.add(found);
        }

        List<Found> list() {
            return all.stream().flatMap(Stream::ofNullable).toList();
        }
    }

    private final Payloads payloads;
    private final Exports exports;
    private final List<Wanted> wanted = new ArrayList<>();
    private final long cursor;
    private final int limit;

    CatchUp(Payloads payloads, Exports exports, Iterable<FilterSubscription> subscriptions, long cursor, int limit) {
        this.payloads = payloads;
        this.exports = exports;
        for (FilterSubscription subscription : subscriptions) {
            wanted.add(new Wanted(subscription));
        }
        this.cursor = cursor;
        this.limit = Math.min(limit, CHANGES);
    }

    /**
     * Reads on. Blocks.
     *
     * @param durable the last sequence that may be handed over
     * @throws Failure NOT_FOUND when the log no longer reaches back to the cursor
     */
    Read read(Snapshot snapshot, long durable) {
        Table only = onlyTable();
        Finds found = new Finds();
        long at = cursor;
        int visited = 0;
        while (at < durable && found.size() < limit && found.bytes < BYTES && visited < VISITED) {
            int want = Math.max(limit - found.size(), 64);
            List<Change> changes = only == null ? snapshot.log(at, want) : snapshot.log(only, at, want);
            for (Change change : changes) {
                if (change.sequence() > durable) {
                    return new Read(found.list(), durable);
                }
                List<FilterSubscription> matched = matched(change);
                if (!matched.isEmpty()) {
                    found.add(new Found(payloads.change(change), matched));
                }
                at = change.sequence();
            }
            visited += changes.size();
            if (changes.size() < want) {
                return new Read(found.list(), Math.max(at, durable));
            }
        }
        return new Read(found.list(), at);
    }

    /**
     * Everything up to this sequence was handed over, on the mailbox's loop.
     *
     * @return the first change that a group gave to a member here since the read began, or the greatest number
     */
    long settle(long reached) {
        long first = Long.MAX_VALUE;
        for (Wanted one : wanted) {
            if (one.assigned != null) {
                first = Math.min(first, one.subscription.settle(reached, one.assigned));
            }
        }
        return first;
    }

    /** Those of these changes, by ascending sequence, that the log still has. Blocks. */
    static List<Change> changes(Commons commons, long[] sequences) {
        List<Change> changes = new ArrayList<>();
        try (Snapshot snapshot = commons.store().snapshot()) {
            for (long sequence : sequences) {
                for (Change change : snapshot.log(sequence - 1, 1)) {
                    if (change.sequence() == sequence) {
                        changes.add(commons.payloads().change(change));
                    }
                }
            }
        } catch (Failure gone) {
            LOG.warn("changes that a member of a group left behind are no longer in the log: {}", gone.reason());
        }
        return changes;
    }

    private List<FilterSubscription> matched(Change change) {
        List<FilterSubscription> matched = List.of();
        for (Wanted one : wanted) {
            if (one.covers(change)) {
                if (matched.isEmpty()) {
                    matched = new ArrayList<>(1);
                }
                matched.add(one.subscription);
            }
        }
        return matched.isEmpty() || exports.reaches(change.table(), change.path()) ? matched : List.of();
    }

    /** The one table that all filters stay within, whose log is shorter to read; null when there are several. */
    private @Nullable Table onlyTable() {
        Exported only = null;
        for (Wanted one : wanted) {
            List<Exported> tables = exports.covered(one.filter);
            if (tables.size() != 1
                    || (only != null && !only.name().equals(tables.get(0).name()))) {
                return null;
            }
            only = tables.get(0);
        }
        return only == null ? null : only.table();
    }
}
