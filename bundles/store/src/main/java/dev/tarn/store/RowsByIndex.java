// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import java.util.Arrays;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/** The rows that part of an index names, in its order, without those that have expired. For one thread. */
final class RowsByIndex implements Snapshot.Rows {

    private final RowReader reader;
    private final OpenTable table;
    private final Transaction transaction;
    private final long now;
    private final Cursor cursor;
    private final byte @Nullable [] most;
    private boolean there;

    /**
     * @param now rows that expired before are left out; milliseconds since 1970
     * @param least the key of the least value, or null for no bound
     * @param most the key of the greatest value, or null for no bound
     */
    RowsByIndex(
            RowReader reader,
            OpenTable table,
            Index index,
            Transaction transaction,
            long now,
            byte @Nullable [] least,
            byte @Nullable [] most) {
        this.reader = reader;
        this.table = table;
        this.transaction = transaction;
        this.now = now;
        this.most = most;
        this.cursor = index.store().openCursor(transaction);
        this.there = least == null ? cursor.getNext() : cursor.getSearchKeyRange(Database.of(least)) != null;
    }

    @Override
    public @Nullable Row next() {
        return reader.reading(table, this::step);
    }

    private @Nullable Row step() {
        while (there) {
            byte[] entry = Database.bytes(cursor.getKey());
            int end = Keys.end(entry, 0, entry.length);
            if (most != null && Arrays.compareUnsigned(entry, 0, end, most, 0, most.length) > 0) {
                there = false;
                return null;
            }
            byte[] key = Arrays.copyOfRange(entry, end, entry.length);
            RowFormat.StoredRow stored = reader.stored(table, key, transaction);
            there = cursor.getNext();
            if (stored == null) {
                throw new DamagedException("an index names a row that is not there");
            }
            if (!stored.expired(now)) {
                return reader.row(table.path(key), stored, reader.chunks(transaction));
            }
        }
        return null;
    }

    @Override
    public void close() {
        cursor.close();
    }
}
