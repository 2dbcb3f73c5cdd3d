// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Kind;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;

/** Finds rows whose time is over, through an index by moment, table and key. */
final class Expiry {

    private static final int KEY = 12;

    private Expiry() {}

    /** The key of the index: moment, table number, the row's key. */
    static byte[] key(long expiresAt, int table, byte[] rowKey) {
        ByteWriter out = new ByteWriter(KEY + rowKey.length);
        out.u64(expiresAt);
        out.u32(table);
        out.raw(rowKey);
        return out.array();
    }

    /**
     * Drafts that remove rows whose time was over at this moment, the oldest first. Rows of tables that are not defined are
     * passed over: they are absent anyway, and nobody could be told their path.
     */
    static List<Draft> due(Database database, Catalog catalog, Transaction transaction, long now, int limit) {
        List<Draft> due = new ArrayList<>();
        try (Cursor cursor = database.expiry.openCursor(transaction)) {
            while (due.size() < limit && cursor.getNext()) {
                byte[] key = Database.bytes(cursor.getKey());
                if (ByteReader.u64(key, 0) > now) {
                    break;
                }
                OpenTable table = catalog.table(ByteReader.u32(key, 8));
                if (table == null) {
                    continue;
                }
                byte[] rowKey = Arrays.copyOfRange(key, KEY, key.length);
                byte[] value = Database.get(table.rows(), transaction, rowKey);
                if (value != null) {
                    long version = RowFormat.read(rowKey, value, value.length).version();
                    due.add(new Draft(
                            Kind.EXPIRE,
                            table.table(),
                            table.path(rowKey),
                            null,
                            null,
                            Attributes.NONE,
                            Expectation.at(Set.of(version))));
                }
            }
        }
        return due;
    }
}
