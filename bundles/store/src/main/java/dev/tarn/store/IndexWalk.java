// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/** Goes over part of an index, up or down. For one thread. */
final class IndexWalk implements Snapshot.Entries {

    /** Below the keys of all values. */
    private static final byte[] ALL = {Keys.FALSE};

    private final RowReader reader;
    private final OpenTable table;
    private final Index index;
    private final Transaction transaction;
    private final long now;
    private final Walk.Bounds bounds;
    private final Walk walk;

    /** Whether a row may have several entries. */
    private final boolean several;

    /** @param now rows that expired before are left out; milliseconds since 1970 */
    IndexWalk(RowReader reader, OpenTable table, Index index, Transaction transaction, long now, Snapshot.Span span) {
        this.reader = reader;
        this.table = table;
        this.index = index;
        this.transaction = transaction;
        this.now = now;
        this.several = table.table()
                .attribute(index.attribute())
                .map(attribute -> attribute.list() || attribute.type() == Attribute.Type.ANY)
                .orElse(true);
        this.bounds = new Walk.Bounds(least(span), above(span));
        this.walk = new Walk(() -> index.store().openCursor(transaction), bounds, span.after(), span.descending());
    }

    private static byte[] least(Snapshot.Span span) {
        String prefix = span.prefix();
        Snapshot.Span.Bound from = span.from();
        Snapshot.Span.Bound to = span.to();
        if (prefix != null) {
            return Keys.prefix(prefix);
        } else if (from != null) {
            byte[] value = Keys.value(from.value());
            // A key begins with a tag, so there always are bytes above it.
            return from.included() ? value : Objects.requireNonNull(Keys.above(value));
        }
        return to == null ? ALL : new byte[] {(byte) first(Keys.value(to.value())[0])};
    }

    private static byte @Nullable [] above(Snapshot.Span span) {
        String prefix = span.prefix();
        Snapshot.Span.Bound from = span.from();
        Snapshot.Span.Bound to = span.to();
        if (prefix != null) {
            return Keys.above(Keys.prefix(prefix));
        } else if (to != null) {
            byte[] value = Keys.value(to.value());
            return to.included() ? Keys.above(value) : value;
        }
        return from == null ? null : new byte[] {(byte) (last(Keys.value(from.value())[0]) + 1)};
    }

    /** True and false are of one sort with two tags. */
    private static int first(int tag) {
        return tag == Keys.TRUE ? Keys.FALSE : tag;
    }

    private static int last(int tag) {
        return tag == Keys.FALSE ? Keys.TRUE : tag;
    }

    @Override
    public boolean next() {
        return reader.reading(table, walk::next);
    }

    @Override
    public byte[] place() {
        return walk.key();
    }

    @Override
    public @Nullable Row row() {
        return reader.reading(table, this::read);
    }

    private @Nullable Row read() {
        byte[] entry = walk.key();
        int end = Keys.end(entry, 0, entry.length);
        byte[] key = Arrays.copyOfRange(entry, end, entry.length);
        RowFormat.StoredRow stored = reader.stored(table, key, transaction);
        if (stored == null) {
            throw new DamagedException("an index names a row that is not there");
        }
        if (stored.expired(now) || (several && !firstOfRow(stored, key, entry))) {
            return null;
        }
        return reader.row(table.path(key), stored, reader.chunks(transaction));
    }

    private boolean firstOfRow(RowFormat.StoredRow stored, byte[] key, byte[] entry) {
        Cbor item = reader.item(stored, index.attribute(), reader.chunks(transaction));
        if (item == null || item.major() != Cbor.ARRAY) {
            return true;
        }
        List<byte[]> keys = index.keys(item, key);
        for (byte[] other : keys) {
            if (bounds.contain(other) && Arrays.compareUnsigned(other, entry) < 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        walk.close();
    }
}
