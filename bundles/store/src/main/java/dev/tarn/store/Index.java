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
 */
record Index(String attribute, Attribute.Type type, boolean unique, Store store, IndexState state) {

    /** The longest key of a value. */
    static final int LONGEST = 8_192;

    /**
     * The keys that stand for a row with this item: one for a scalar, one for each element of a list, none for null and for
     * what cannot be ordered.
     *
     * @throws Failure TOO_LARGE or INVALID when the value cannot be indexed
     */
    List<byte[]> keys(@Nullable Cbor item, byte[] rowKey) {
        if (item == null) {
            return List.of();
        }
        if (item.major() != Cbor.ARRAY) {
            byte[] key = key(item.scalar(), rowKey);
            return key == null ? List.of() : List.of(key);
        }
        List<byte[]> keys = new ArrayList<>();
        long declared = item.head();
        for (long i = 0; declared < 0 ? !item.broken() : i < declared; i++) {
            byte[] key = key(item.scalar(), rowKey);
            if (key != null && !contains(keys, key)) {
                keys.add(key);
            }
        }
        return keys;
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
