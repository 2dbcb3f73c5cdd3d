// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Rows by an index: parts of it one after the other. A row with a list comes once for each part. */
final class IndexSource implements Source {

    private final Table table;
    private final String attribute;
    private final List<Snapshot.Span> spans;
    private Sorting.@Nullable Place after;
    private int span;
    private byte @Nullable [] place;
    private @Nullable Snapshot snapshot;
    private Snapshot.@Nullable Entries entries;

    /**
     * A source that begins at the first part, or where a row with a value is.
     *
     * @param spans in the order in which they are walked
     * @param after only entries after the one of this value and path; null from the start
     */
    IndexSource(Table table, String attribute, List<Snapshot.Span> spans, Sorting.@Nullable Place after) {
        this.table = table;
        this.attribute = attribute;
        this.spans = spans;
        this.after = after;
    }

    @Override
    public void open(Snapshot current) {
        snapshot = current;
        Sorting.Place start = after;
        Object value = start == null ? null : start.values()[0];
        if (start != null && value != null) {
            begin(current.place(table, value, start.path()), value);
            after = null;
        }
    }

    /** Parts that the place is beyond are passed over; in the others whatever is before it is. */
    private void begin(byte[] from, Object value) {
        boolean descending = spans.get(0).descending();
        while (span < spans.size()) {
            Snapshot.Span part = spans.get(span);
            Snapshot.Span.Bound end = descending ? part.from() : part.to();
            boolean passed = end != null
                    && (descending ? Values.compare(value, end.value()) < 0 : Values.compare(value, end.value()) > 0);
            if (!passed) {
                place = from;
                return;
            }
            span++;
        }
    }

    private Snapshot.@Nullable Entries entries() {
        if (entries == null && span < spans.size()) {
            Snapshot.Span wanted = spans.get(span);
            entries = Objects.requireNonNull(snapshot)
                    .entries(table, attribute, place == null ? wanted : wanted.from(place));
        }
        return entries;
    }

    @Override
    public @Nullable Row next() {
        for (Snapshot.Entries open = entries(); open != null; open = entries()) {
            while (open.next()) {
                place = open.place();
                Row row = open.row();
                if (row != null) {
                    return row;
                }
            }
            open.close();
            entries = null;
            place = null;
            span++;
        }
        return null;
    }

    @Override
    public void close() {
        Snapshot.Entries open = entries;
        entries = null;
        snapshot = null;
        if (open != null) {
            open.close();
        }
    }
}
