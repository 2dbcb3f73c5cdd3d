// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.nio.charset.StandardCharsets;
import jetbrains.exodus.env.Transaction;

/**
 * Where the store is, written with every batch.
 *
 * @param sequence that of the last change in the log, trimmed or not
 * @param version the last version that was given, also to rows that are not logged
 * @param logBytes how much the entries of the log take
 */
record Head(long sequence, long version, long logBytes) {

    static final Head NEW = new Head(0, 0, 0);

    private static final int FORMAT = 1;
    private static final byte[] KEY = "head".getBytes(StandardCharsets.US_ASCII);

    static Head read(Database database, Transaction transaction) {
        byte[] value = Database.get(database.meta, transaction, KEY);
        if (value == null) {
            return NEW;
        }
        ByteReader in = new ByteReader(value, 0, value.length);
        int format = in.u8();
        int checksum = in.u32();
        if (format != FORMAT || checksum != RowFormat.checksum(KEY, value, 5, value.length)) {
            throw new DamagedException("the store's head is damaged");
        }
        return new Head(in.u64(), in.u64(), in.u64());
    }

    void write(Database database, Transaction transaction) {
        ByteWriter out = new ByteWriter(29);
        out.u8(FORMAT);
        out.u32(0);
        out.u64(sequence);
        out.u64(version);
        out.u64(logBytes);
        out.u32At(1, RowFormat.checksum(KEY, out.array(), 5, out.size()));
        Database.put(database.meta, transaction, KEY, out.array());
    }
}
