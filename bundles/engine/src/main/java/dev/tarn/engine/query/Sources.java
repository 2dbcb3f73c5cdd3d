// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Opens the ways to rows. */
final class Sources {

    private final Table table;
    private final Joins joins;

    Sources(Table table, Joins joins) {
        this.table = table;
        this.joins = joins;
    }

    /**
     * A source that goes this way.
     *
     * @param sorting the order that it is to have, and can have; null for any
     * @param after only rows after this place in that order; null from the start
     */
    Source of(Access access, @Nullable Sorting sorting, Sorting.@Nullable Place after) {
        Path behind = after == null ? null : after.path();
        if (access instanceof Access.Points points) {
            boolean descending = sorting != null && sorting.idsDescending();
            List<Path> paths = new ArrayList<>(points.paths());
            if (descending) {
                Collections.reverse(paths);
            }
            // Those up to the place are few and left out by whoever reads.
            return new PointSource(table, paths);
        } else if (access instanceof Access.Keys keys) {
            return new KeySource(table, keys, sorting != null && sorting.idsDescending(), behind);
        } else if (access instanceof Access.Index index) {
            return index(index, sorting, after);
        }
        return union((Access.Union) access);
    }

    private Source union(Access.Union union) {
        List<ChainSource.Link> links = new ArrayList<>();
        for (int i = 0; i < union.branches().size(); i++) {
            int own = i;
            links.add(new ChainSource.Link(
                    of(union.branches().get(i).access(), null, null), item -> union.first(item) == own));
        }
        return new ChainSource(table, links, joins);
    }

    private Source index(Access.Index index, @Nullable Sorting sorting, Sorting.@Nullable Place after) {
        Property property = index.property();
        if (sorting == null) {
            return new IndexSource(table, property.name(), index.spans(), null);
        } else if (sorting.byId()) {
            return equal(index, sorting.idsDescending(), after);
        }
        boolean descending = sorting.keys().get(0).descending();
        List<Snapshot.Span> spans = new ArrayList<>();
        for (Snapshot.Span span : index.spans()) {
            spans.add(new Snapshot.Span(span.from(), span.to(), span.prefix(), null, descending));
        }
        if (descending) {
            Collections.reverse(spans);
        }
        // Rows without a value are in no index and come last.
        boolean others = index.rank() == Access.Keys.ALL.rank();
        Object value = after == null ? null : after.values()[0];
        List<ChainSource.Link> links = new ArrayList<>();
        if (after == null || value != null) {
            Source indexed = new IndexSource(table, property.name(), spans, after);
            links.add(new ChainSource.Link(indexed, item -> item.ordered(property) != null));
        }
        if (others) {
            Path behind = after == null || value != null ? null : after.path();
            Predicate<Item> none = item -> item.ordered(property) == null;
            links.add(new ChainSource.Link(new KeySource(table, Access.Keys.ALL, descending, behind), none));
        }
        return new ChainSource(table, links, joins);
    }

    /** All entries have one value, so they are in the order of ids. */
    private Source equal(Access.Index index, boolean descending, Sorting.@Nullable Place after) {
        Snapshot.Span span = index.spans().get(0);
        Snapshot.Span directed = new Snapshot.Span(span.from(), span.to(), null, null, descending);
        Snapshot.Span.Bound bound = java.util.Objects.requireNonNull(span.from());
        Sorting.Place place = after == null ? null : new Sorting.Place(new Object[] {bound.value()}, after.path());
        return new IndexSource(table, index.property().name(), List.of(directed), place);
    }
}
