// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fills a new index from the rows that are there, some thousand rows a transaction. On the committer thread. */
final class IndexBuilder {

    private static final Logger LOG = LoggerFactory.getLogger(IndexBuilder.class);
    private static final int ROWS = 5_000;

    private final Database database;
    private final RowReader reader;
    private final OpenTable table;
    private final Index index;
    private long left;

    IndexBuilder(Database database, RowReader reader, OpenTable table, Index index) {
        this.database = database;
        this.reader = reader;
        this.table = table;
        this.index = index;
    }

    void build() {
        byte[] after = null;
        do {
            byte[] from = after;
            after = database.environment.computeInExclusiveTransaction(transaction -> some(from, transaction));
        } while (after != null);
        if (left > 0) {
            LOG.warn(
                    "table={} attribute={} rows={} hold a value that cannot be indexed; they are not found by it",
                    table.table().qualifiedName(),
                    index.attribute(),
                    left);
        }
    }

    /** Returns the last key that was done, or null at the end. */
    private byte @Nullable [] some(byte @Nullable [] after, Transaction transaction) {
        PayloadFormat.Chunks chunks = reader.chunks(transaction);
        try (Cursor cursor = table.rows().openCursor(transaction)) {
            boolean there = after == null ? cursor.getNext() : passed(cursor, after);
            byte[] key = after;
            for (int i = 0; there && i < ROWS; i++) {
                key = Database.bytes(cursor.getKey());
                RowFormat.StoredRow row = reader.stored(table, key, Database.bytes(cursor.getValue()));
                try {
                    for (byte[] entry : index.keys(reader.item(row, index.attribute(), chunks), key)) {
                        Database.put(index.store(), transaction, entry, new byte[0]);
                    }
                } catch (Failure e) {
                    left++;
                }
                there = cursor.getNext();
            }
            return there ? key : null;
        }
    }

    /** Moves to the first key after this one. */
    private static boolean passed(Cursor cursor, byte[] key) {
        if (cursor.getSearchKeyRange(Database.of(key)) == null) {
            return false;
        }
        return cursor.getKey().compareTo(Database.of(key)) != 0 || cursor.getNext();
    }
}
