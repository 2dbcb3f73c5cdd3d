// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.Arrays;
import jetbrains.exodus.ByteIterator;
import jetbrains.exodus.env.Cursor;
import org.jspecify.annotations.Nullable;

/** Goes over the keys with one prefix, up or down, from the first one or from after a given key. For one thread. */
final class Walk implements AutoCloseable {

    private final Cursor cursor;
    private final byte[] prefix;
    private final byte @Nullable [] after;
    private final boolean descending;
    private boolean begun;
    private boolean ended;
    private byte[] key = new byte[0];

    Walk(Cursor cursor, byte[] prefix, byte @Nullable [] after, boolean descending) {
        this.cursor = cursor;
        this.prefix = prefix;
        this.after = after;
        this.descending = descending;
    }

    /** Moves to the next key; false at the end. */
    boolean next() {
        if (ended) {
            return false;
        }
        boolean there = begun ? step() : descending ? last() : first();
        begun = true;
        if (there) {
            key = Database.bytes(cursor.getKey());
            there = key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
        }
        ended = !there;
        return there;
    }

    private boolean step() {
        return descending ? cursor.getPrev() : cursor.getNext();
    }

    private boolean first() {
        byte[] from = after != null && Arrays.compareUnsigned(after, prefix) > 0 ? after : prefix;
        if (from.length == 0) {
            return cursor.getNext();
        }
        if (cursor.getSearchKeyRange(Database.of(from)) == null) {
            return false;
        }
        return from != after || !Arrays.equals(Database.bytes(cursor.getKey()), after) || cursor.getNext();
    }

    private boolean last() {
        byte[] above = Keys.above(prefix);
        byte[] before = after != null && (above == null || Arrays.compareUnsigned(after, above) < 0) ? after : above;
        if (before == null || cursor.getSearchKeyRange(Database.of(before)) == null) {
            return cursor.getLast();
        }
        return cursor.getPrev();
    }

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
