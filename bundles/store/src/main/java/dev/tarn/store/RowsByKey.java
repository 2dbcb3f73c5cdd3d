// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/** The rows of a table in the order of their keys, without those that have expired. For one thread. */
final class RowsByKey implements Snapshot.Rows {

    private final RowReader reader;
    private final OpenTable table;
    private final Transaction transaction;
    private final Walk walk;
    private final long now;

    /** Whether the walk is at a row that could not be read. */
    private boolean unread;

    /** @param now rows that expired before are left out; milliseconds since 1970 */
    RowsByKey(RowReader reader, OpenTable table, Transaction transaction, Walk walk, long now) {
        this.reader = reader;
        this.table = table;
        this.transaction = transaction;
        this.walk = walk;
        this.now = now;
    }

    @Override
    public @Nullable Row next() {
        return reader.reading(table, this::step);
    }

    private @Nullable Row step() {
        while (unread || walk.next()) {
            unread = true;
            byte[] key = walk.key();
            RowFormat.StoredRow stored = reader.stored(table, key, walk.value());
            Row row = stored.expired(now) ? null : reader.row(table.path(key), stored, reader.chunks(transaction));
            unread = false;
            if (row != null) {
                return row;
            }
        }
        return null;
    }

    @Override
    public void close() {
        walk.close();
    }
}
