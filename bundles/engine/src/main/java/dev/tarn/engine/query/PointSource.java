// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Single rows by id, in the order given. */
final class PointSource implements Source {

    private final Table table;
    private final List<Path> paths;
    private int at;
    private @Nullable Snapshot snapshot;

    PointSource(Table table, List<Path> paths) {
        this.table = table;
        this.paths = paths;
    }

    @Override
    public void open(Snapshot current) {
        snapshot = current;
    }

    @Override
    public @Nullable Row next() {
        while (at < paths.size()) {
            Row row =
                    Objects.requireNonNull(snapshot).get(table, paths.get(at++)).orElse(null);
            if (row != null) {
                return row;
            }
        }
        return null;
    }

    @Override
    public void close() {
        snapshot = null;
    }
}
