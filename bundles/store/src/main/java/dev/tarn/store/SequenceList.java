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
            Database.put(database.logByTable, transaction, key, write(sequences, size));
            size = 0;
        }
    }

    /** How far each sequence is below the one after it, from the last to the first. */
    static byte[] write(long[] sequences, int size) {
        ByteWriter out = new ByteWriter(size + 8);
        for (int i = size - 1; i > 0; i--) {
            out.varint(sequences[i] - sequences[i - 1]);
        }
        return out.toArray();
    }

    /** The sequences of an entry, the smallest first. */
    static long[] read(long last, byte[] value) {
        ByteReader in = new ByteReader(value, 0, value.length);
        long[] backwards = new long[value.length + 1];
        int size = 0;
        backwards[size++] = last;
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
