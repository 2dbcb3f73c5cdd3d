// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jetbrains.exodus.env.Store;
import org.jspecify.annotations.Nullable;

/**
 * An index over one attribute: keys are the attribute's value and the row's key, values are empty. Immutable, but for how
 * much of it is built.
 *
 * @param unique whether no two rows may have the same value
 * @param nulls whether rows without a value have an entry, too; those that were built earlier have none
 */
record Index(String attribute, Attribute.Type type, boolean unique, boolean nulls, Store store, IndexState state) {

    /** The longest key of a value. */
    static final int LONGEST = 8_192;

    /**
     * The keys that stand for a row with this item: one for a scalar or null, one for each element of a list, none for what
     * cannot be ordered.
     *
     * @throws Failure TOO_LARGE or INVALID when the value cannot be indexed
     */
    List<byte[]> keys(@Nullable Cbor item, byte[] rowKey) {
        if (item == null) {
            return nulls ? List.of(none(rowKey)) : List.of();
        }
        if (item.major() != Cbor.ARRAY) {
            byte[] key = element(item, rowKey);
            return key == null ? List.of() : List.of(key);
        }
        List<byte[]> keys = new ArrayList<>();
        long declared = item.head();
        for (long i = 0; declared < 0 ? !item.broken() : i < declared; i++) {
            byte[] key = element(item, rowKey);
            if (key != null && !contains(keys, key)) {
                keys.add(key);
            }
        }
        return keys;
    }

    private byte @Nullable [] element(Cbor item, byte[] rowKey) {
        boolean none = item.isNull();
        Object value = item.scalar();
        return none && nulls ? none(rowKey) : key(value, rowKey);
    }

    private static byte[] none(byte[] rowKey) {
        ByteWriter out = new ByteWriter(1 + rowKey.length);
        out.u8(Keys.NONE);
        out.raw(rowKey);
        return out.toArray();
    }

    /** Whether an entry stands for a value, rather than for a row without one. */
    static boolean valued(byte[] entry) {
        return entry[0] != Keys.NONE;
    }

    private byte @Nullable [] key(@Nullable Object value, byte[] rowKey) {
        if (value == null) {
            return null;
        }
        ByteWriter out = new ByteWriter(24 + rowKey.length);
        Keys.value(out, value);
        if (out.size() > LONGEST) {
            throw new Failure(
                    Failure.Code.TOO_LARGE,
                    attribute + ": an indexed value takes at most " + LONGEST + " bytes, this one " + out.size());
        }
        out.raw(rowKey);
        return out.toArray();
    }

    /** Whether one of the keys is this one. */
    static boolean contains(List<byte[]> keys, byte[] key) {
        for (byte[] each : keys) {
            if (Arrays.equals(each, key)) {
                return true;
            }
        }
        return false;
    }
}
