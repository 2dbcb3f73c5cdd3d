// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Several sources one after the other, each without the rows that another one has. */
final class ChainSource implements Source {

    /** One source, and which of its rows count. */
    record Link(Source source, Predicate<Item> counts) {}

    private final Table table;
    private final List<Link> links;
    private final Joins joins;
    private int at;
    private boolean open;
    private @Nullable Snapshot snapshot;

    ChainSource(Table table, List<Link> links, Joins joins) {
        this.table = table;
        this.joins = joins;
        this.links = links;
    }

    @Override
    public void open(Snapshot current) {
        snapshot = current;
    }

    @Override
    public @Nullable Row next() {
        while (at < links.size()) {
            Link link = links.get(at);
            if (!open) {
                link.source().open(Objects.requireNonNull(snapshot));
                open = true;
            }
            for (Row row = link.source().next();
                    row != null;
                    row = link.source().next()) {
                if (link.counts().test(new Item(table, row, joins))) {
                    return row;
                }
            }
            link.source().close();
            open = false;
            at++;
        }
        return null;
    }

    @Override
    public void close() {
        if (open) {
            links.get(at).source().close();
            open = false;
        }
        snapshot = null;
    }
}
