// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.Arrays;
import java.util.function.Supplier;
import jetbrains.exodus.ByteIterator;
import jetbrains.exodus.env.Cursor;
import org.jspecify.annotations.Nullable;

/** Goes over the keys of a store within bounds, up or down, from the first one or from after a given key. For one thread. */
final class Walk implements AutoCloseable {

    private final Supplier<Cursor> cursors;
    private final Bounds bounds;
    private final boolean descending;
    private Cursor cursor;
    private byte @Nullable [] after;
    private boolean begun;
    private boolean moving;
    private boolean ended;
    private byte[] key = new byte[0];

    /**
     * Keys that are not below the one and are below the other.
     *
     * @param above null for no bound
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Bounds(byte[] least, byte @Nullable [] above) {

        /** All keys that begin so. */
        static Bounds prefix(byte[] prefix) {
            return new Bounds(prefix, Keys.above(prefix));
        }

        boolean contain(byte[] key) {
            return Arrays.compareUnsigned(key, least) >= 0 && (above == null || Arrays.compareUnsigned(key, above) < 0);
        }
    }

    /** @param cursors opens a cursor over the same store, in the same transaction, each time */
    Walk(Supplier<Cursor> cursors, Bounds bounds, byte @Nullable [] after, boolean descending) {
        this.cursors = cursors;
        this.cursor = cursors.get();
        this.bounds = bounds;
        this.after = after;
        this.descending = descending;
    }

    /** Moves to the next key; false at the end. When that throws, the next call tries the same once more. */
    boolean next() {
        if (ended) {
            return false;
        }
        if (moving) {
            restart();
        }
        moving = true;
        boolean there = begun ? step() : descending ? last() : first();
        if (there) {
            key = Database.bytes(cursor.getKey());
        }
        begun = true;
        moving = false;
        ended = !there || !bounds.contain(key);
        return !ended;
    }

    /** It is unknown where a cursor is that has thrown. */
    private void restart() {
        cursor.close();
        cursor = cursors.get();
        if (begun) {
            after = key;
            begun = false;
        }
    }

    private boolean step() {
        return descending ? cursor.getPrev() : cursor.getNext();
    }

    private boolean first() {
        byte[] least = bounds.least();
        byte[] from = after != null && Arrays.compareUnsigned(after, least) > 0 ? after : least;
        if (from.length == 0) {
            return cursor.getNext();
        }
        if (cursor.getSearchKeyRange(Database.of(from)) == null) {
            return false;
        }
        return from != after || !Arrays.equals(Database.bytes(cursor.getKey()), after) || cursor.getNext();
    }

    private boolean last() {
        byte[] above = bounds.above();
        byte[] before = after != null && (above == null || Arrays.compareUnsigned(after, above) < 0) ? after : above;
        if (before == null || cursor.getSearchKeyRange(Database.of(before)) == null) {
            return cursor.getLast();
        }
        return cursor.getPrev();
    }

    /** Where it is; after the end, where that was found. */
    byte[] key() {
        return key;
    }

    /** Whether the row's time was over at this moment, told by the few bytes that say so. */
    boolean expired(long now) {
        ByteIterator bytes = cursor.getValue().iterator();
        return RowFormat.expired(bytes, now);
    }

    byte[] value() {
        return Database.bytes(cursor.getValue());
    }

    @Override
    public void close() {
        cursor.close();
    }
}
