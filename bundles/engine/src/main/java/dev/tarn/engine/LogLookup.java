// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Start;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import java.util.ArrayList;
import java.util.List;

/** Finds where in the log a subscription begins that names a moment or a count. On a worker; blocks. */
final class LogLookup {

    /** The most changes that {@code LAST} looks back for, and at. */
    static final int MOST = 10_000;

    private static final int VISITED = 200_000;
    private static final int WINDOW = 1_000;

    private final Store store;
    private final Filter filter;
    private final long durable;

    LogLookup(Store store, Filter filter, long durable) {
        this.store = store;
        this.filter = filter;
        this.durable = durable;
    }

    /** The sequence to begin after. */
    long find(Start start) {
        long before = Math.max(0, store.oldest() - 1);
        if (before >= durable) {
            return durable;
        }
        return start.from() == Start.From.SINCE ? since(before, start.value()) : last(before, start.value());
    }

    /** The last sequence before this moment: the log is in the order of time, so half of the rest is enough each time. */
    private long since(long before, long moment) {
        long low = before;
        long high = durable;
        while (low < high) {
            long middle = low + (high - low) / 2;
            try (Snapshot snapshot = store.snapshot()) {
                List<Change> next = snapshot.log(middle, 1);
                if (next.isEmpty() || next.get(0).attributes().timestamp() >= moment) {
                    high = middle;
                } else {
                    low = next.get(next.size() - 1).sequence();
                }
            }
        }
        return Math.min(low, durable);
    }

    /** The sequence before the last so many changes that the filter covers. */
    private long last(long before, long count) {
        long wanted = Math.min(count, MOST);
        long end = durable;
        long visited = 0;
        long found = 0;
        while (end > before && found < wanted && visited < VISITED) {
            long from = Math.max(before, end - WINDOW);
            List<Long> covered = new ArrayList<>();
            try (Snapshot snapshot = store.snapshot()) {
                for (Change change : snapshot.log(from, (int) (end - from))) {
                    if (change.sequence() <= end && filter.covers(change.path())) {
                        covered.add(change.sequence());
                    }
                }
            }
            if (found + covered.size() >= wanted) {
                return wanted == 0 ? durable : covered.get((int) (covered.size() - (wanted - found))) - 1;
            }
            found += covered.size();
            visited += end - from;
            end = from;
        }
        return wanted == 0 ? durable : end;
    }
}
