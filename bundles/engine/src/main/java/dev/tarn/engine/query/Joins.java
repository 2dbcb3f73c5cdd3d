// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks up the rows that belong to other rows, under the snapshot that is open. Rows that many belong to, such as the breed
 * of many dogs, are kept while a chunk is read. For one query, one thread at a time.
 */
final class Joins implements AutoCloseable {
    /** The most rows that belong to one row. */
    static final int MOST = 1_000;

    private static final int KEPT = 1_024;
    private static final int LARGEST_KEPT = 16 * 1_024;

    private final LongConsumer looked;
    private @Nullable Snapshot snapshot;
    private final Map<Key, Item> kept = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Item> eldest) {
            return size() > KEPT;
        }
    };

    private record Key(String table, Path path) {}

    /** @param looked is told how many rows were looked up */
    Joins(LongConsumer looked) {
        this.looked = looked;
    }

    /** Looks rows up in this snapshot, until closed. */
    Joins open(Snapshot opened) {
        snapshot = opened;
        return this;
    }

    @Override
    public void close() {
        snapshot = null;
        kept.clear();
    }

    /** The rows that belong to a row this way, each once. */
    List<Item> of(Item item, Hop hop) {
        Object own = item.value(hop.from());
        if (own == null) {
            return List.of();
        }
        List<Item> found = new ArrayList<>();
        Set<Object> values = new LinkedHashSet<>(own instanceof List<?> list ? list : List.of(own));
        Set<Path> seen = new LinkedHashSet<>();
        for (Object value : values) {
            if (value == null || !Values.ordered(value)) {
                continue;
            }
            if (hop.to() == null) {
                Item one = byId(hop.other(), value);
                if (one != null && seen.add(one.row().path())) {
                    add(found, one, hop);
                }
            } else {
                byValue(hop, value, found, seen);
            }
        }
        return found;
    }

    private static void add(List<Item> found, Item item, Hop hop) {
        if (found.size() == MOST) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    "more than " + MOST + " rows of " + hop.other().table().name()
                            + " belong to one row; ask for those themselves, with a limit");
        }
        found.add(item);
    }

    private @Nullable Item byId(Subject other, Object id) {
        Path path = path(other.table(), id);
        if (path == null || !other.reaches().test(path)) {
            return null;
        }
        // Also one that is known takes time, and there may be a way to it from many rows.
        looked.accept(1);
        Key key = new Key(other.table().qualifiedName(), path);
        Item known = kept.get(key);
        if (known != null) {
            return known;
        }
        Row row = Objects.requireNonNull(snapshot).get(other.table(), path).orElse(null);
        if (row == null) {
            return null;
        }
        Item item = new Item(other.table(), row, this);
        if (row.body().size() <= LARGEST_KEPT) {
            kept.put(key, item);
        }
        return item;
    }

    private void byValue(Hop hop, Object value, List<Item> found, Set<Path> seen) {
        Subject other = hop.other();
        Property to = Objects.requireNonNull(hop.to());
        if (value instanceof Number number && !Double.isFinite(number.doubleValue())) {
            return;
        }
        Snapshot.Span.Bound bound = new Snapshot.Span.Bound(value, true);
        Snapshot.Span span = new Snapshot.Span(bound, bound, null, null, false);
        try (Snapshot.Entries entries = Objects.requireNonNull(snapshot).entries(other.table(), to.name(), span)) {
            while (entries.next()) {
                looked.accept(1);
                Row row = entries.row();
                if (row != null && other.reaches().test(row.path()) && seen.add(row.path())) {
                    add(found, new Item(other.table(), row, this), hop);
                }
            }
        }
    }

    /** The path of the row with this id; null where no row can have it. */
    static @Nullable Path path(Table table, Object id) {
        boolean numeric = id instanceof Number;
        if (numeric ? !table.countedIds() : table.numericIds() || table.key(id.toString()) instanceof Long) {
            return null;
        }
        try {
            return table.path(
                    id instanceof Number number
                            ? Long.toString(Values.decimal(number).longValueExact())
                            : id.toString());
        } catch (Failure | ArithmeticException noId) {
            return null;
        }
    }
}
