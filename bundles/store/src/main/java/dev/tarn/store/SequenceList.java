// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.Arrays;
import jetbrains.exodus.env.Transaction;

/**
 * The log's index by table: the sequences that one batch gave to one table are one entry, under the last of them, so that a
 * reader who wants what comes after a sequence finds the entry that has it. For the committer thread; reading is for any.
 */
final class SequenceList {

    /** The most in one entry. */
    static final int MOST = 1_000;

    private static final int CHECKSUM = 4;

    /** Where the key has the last sequence, after the table's number. */
    private static final int LAST = 4;

    private final Database database;
    private final Transaction transaction;
    private final int table;
    private long[] sequences = new long[16];
    private int size;

    SequenceList(Database database, Transaction transaction, int table) {
        this.database = database;
        this.transaction = transaction;
        this.table = table;
    }

    /** Adds a sequence above all before it. */
    void add(long sequence) {
        if (size == MOST) {
            put();
        }
        if (size == sequences.length) {
            sequences = Arrays.copyOf(sequences, size * 4);
        }
        sequences[size++] = sequence;
    }

    /** Puts what was added since the last time into the transaction. */
    void put() {
        if (size > 0) {
            byte[] key = Keys.tableSequence(table, sequences[size - 1]);
            Database.put(database.logByTable, transaction, key, write(key, sequences, size));
            size = 0;
        }
    }

    /** A checksum, then how far each sequence is below the one after it, from the last to the first. */
    static byte[] write(byte[] key, long[] sequences, int size) {
        ByteWriter out = new ByteWriter(CHECKSUM + size + 8);
        out.u32(0);
        for (int i = size - 1; i > 0; i--) {
            out.varint(sequences[i] - sequences[i - 1]);
        }
        out.u32At(0, RowFormat.checksum(key, out.array(), CHECKSUM, out.size()));
        return out.toArray();
    }

    /** The sequences of an entry, the smallest first. */
    static long[] read(byte[] key, byte[] value) {
        ByteReader in = new ByteReader(value, 0, value.length);
        if (in.u32() != RowFormat.checksum(key, value, CHECKSUM, value.length)) {
            throw new DamagedException("the checksum of an entry of the log's index by table differs");
        }
        long[] backwards = new long[in.left() + 1];
        int size = 0;
        backwards[size++] = ByteReader.u64(key, LAST);
        while (in.left() > 0) {
            backwards[size] = backwards[size - 1] - in.varint();
            size++;
        }
        long[] sequences = new long[size];
        for (int i = 0; i < size; i++) {
            sequences[i] = backwards[size - 1 - i];
        }
        return sequences;
    }
}
