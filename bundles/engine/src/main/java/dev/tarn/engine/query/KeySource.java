// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows by id, up or down, between two bounds. */
final class KeySource implements Source {

    private final Table table;
    private final Access.Keys keys;
    private final boolean descending;
    private @Nullable Path after;
    private Snapshot.@Nullable Rows rows;

    /** The row at the bound where the walk begins, which the store's walk would pass over. */
    private @Nullable Row first;

    private boolean begun;
    private boolean ended;

    /** @param after only rows that come after this one; null from the start */
    KeySource(Table table, Access.Keys keys, boolean descending, @Nullable Path after) {
        this.table = table;
        this.keys = keys;
        this.descending = descending;
        this.after = after;
    }

    @Override
    public void open(Snapshot snapshot) {
        if (ended) {
            return;
        }
        if (!begun) {
            begin(snapshot);
        }
        rows = snapshot.rows(table, new Snapshot.Range(keys.prefix(), after, descending));
    }

    /** Moves to the bound at which the walk begins, unless it begins further on. */
    private void begin(Snapshot snapshot) {
        begun = true;
        Access.Keys.Bound bound = descending ? keys.to() : keys.from();
        Path start = bound == null ? null : bound.path();
        if (bound == null || start == null) {
            return;
        }
        if (after != null && (descending ? order(after, start) <= 0 : order(after, start) >= 0)) {
            return;
        }
        after = start;
        if (bound.included() && String.valueOf(table.id(start)).startsWith(keys.prefix())) {
            Optional<Row> there = snapshot.get(table, start);
            first = there.orElse(null);
        }
    }

    private int order(Path a, Path b) {
        return table.order().compare(a, b);
    }

    @Override
    public @Nullable Row next() {
        Row row = first;
        if (row != null) {
            first = null;
            return row;
        }
        row = ended ? null : Objects.requireNonNull(rows).next();
        if (row == null || beyond(row.path())) {
            ended = true;
            return null;
        }
        after = row.path();
        return row;
    }

    /** Whether the walk has passed the bound at its end. */
    private boolean beyond(Path path) {
        Access.Keys.Bound bound = descending ? keys.from() : keys.to();
        if (bound == null) {
            return false;
        }
        int order = descending ? order(bound.path(), path) : order(path, bound.path());
        return order > 0 || (order == 0 && !bound.included());
    }

    @Override
    public void close() {
        Snapshot.Rows open = rows;
        rows = null;
        if (open != null) {
            open.close();
        }
    }
}
