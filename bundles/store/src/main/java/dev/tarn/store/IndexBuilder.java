// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.List;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills a new index from the rows that are there, some rows a transaction; whatever is written meanwhile is in the index
 * already, so a row may be met twice and is entered once. On the committer thread.
 */
final class IndexBuilder {
    private static final Logger LOG = LoggerFactory.getLogger(IndexBuilder.class);
    /** Of which so many are named. */
    private static final int NAMED = 5;

    private final RowReader reader;
    private final OpenTable table;
    private final Index index;
    private final UniqueCheck unique;
    private byte @Nullable [] after;
    private boolean ended;
    private long done;
    private long left;
    private final List<String> doubles = new ArrayList<>();

    /** @param after the last row that is in it; null for none */
    IndexBuilder(RowReader reader, OpenTable table, Index index, byte @Nullable [] after, long now) {
        this.reader = reader;
        this.table = table;
        this.index = index;
        this.after = after;
        this.unique = new UniqueCheck(reader, now);
    }

    OpenTable table() {
        return table;
    }

    Index index() {
        return index;
    }

    /** The last row that is in it; null for none. */
    byte @Nullable [] after() {
        return after;
    }

    boolean ended() {
        return ended;
    }

    /** Values that more than one row has, though they should be unique, as far as they are named. */
    List<String> doubles() {
        return doubles;
    }

    /** Goes on by so many rows. */
    void step(int rows, Transaction transaction) {
        PayloadFormat.Chunks chunks = reader.chunks(transaction);
        try (Cursor cursor = table.rows().openCursor(transaction)) {
            byte[] from = after;
            boolean there = from == null ? cursor.getNext() : passed(cursor, from);
            for (int i = 0; there && i < rows; i++) {
                byte[] key = Database.bytes(cursor.getKey());
                enter(key, Database.bytes(cursor.getValue()), chunks, transaction);
                after = key;
                done++;
                there = cursor.getNext();
            }
            ended = !there;
        }
        index.state().share((double) done / Math.max(1, table.rows().count(transaction)));
        if (ended && left > 0) {
            LOG.warn(
                    "table={} attribute={} rows={} hold a value that cannot be indexed; they are not found by it",
                    table.table().qualifiedName(),
                    index.attribute(),
                    left);
        }
    }

    private void enter(byte[] key, byte[] value, PayloadFormat.Chunks chunks, Transaction transaction) {
        try {
            RowFormat.StoredRow row = reader.stored(table, key, value);
            for (byte[] entry : index.keys(reader.item(row, index.attribute(), chunks), key)) {
                byte[] other = index.unique() && Index.valued(entry)
                        ? unique.other(table, index, entry, key, transaction)
                        : null;
                if (other != null && doubles.size() < NAMED) {
                    doubles.add(table.path(other) + " and " + table.path(key));
                }
                Database.put(index.store(), transaction, entry, new byte[0]);
            }
        } catch (Failure e) {
            left++;
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
