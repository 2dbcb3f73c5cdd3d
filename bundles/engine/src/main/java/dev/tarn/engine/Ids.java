// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import java.security.SecureRandom;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Makes ids for rows that come without one. Safe on any thread. */
final class Ids {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Store store;
    private final Map<String, AtomicLong> last = new ConcurrentHashMap<>();

    Ids(Store store) {
        this.store = store;
    }

    /** A version 7 UUID (RFC 9562 §5.7): milliseconds since 1970, then 74 random bits. */
    static String uuid(long now) {
        long high = (now << 16) | 0x7000 | (RANDOM.nextInt() & 0x0FFF);
        long low = (RANDOM.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }

    /**
     * The number after the greatest one that the table has or this method returned. It may be taken by somebody who
     * chose it himself, so insert under the expectation that it is absent. Blocks at the first call for a table.
     */
    String number(Exported exported) {
        AtomicLong counter = last.get(exported.name());
        if (counter == null) {
            counter = last.computeIfAbsent(exported.name(), name -> new AtomicLong(greatest(exported)));
        }
        return Long.toString(counter.incrementAndGet());
    }

    private long greatest(Exported exported) {
        Table table = exported.table();
        // Numbers come before every text, and the empty text before every other.
        Path after = table.mixedIds() ? table.path("") : null;
        try (Snapshot snapshot = store.snapshot();
                Snapshot.Rows rows = snapshot.rows(table, new Snapshot.Range("", after, true))) {
            Row row = rows.next();
            String id = row == null ? null : exported.id(row.path());
            return id != null && table.key(id) instanceof Long number ? Math.max(0, number) : 0;
        }
    }

    /** The id was taken: the next ones begin after the greatest that the table has now. Blocks. */
    void taken(Exported exported) {
        AtomicLong counter = last.get(exported.name());
        if (counter != null) {
            counter.accumulateAndGet(greatest(exported), Math::max);
        }
    }
}
