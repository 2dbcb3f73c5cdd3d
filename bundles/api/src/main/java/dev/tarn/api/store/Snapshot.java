// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/** The store as it was at one moment. For one thread; reads may block. Expired rows are left out. */
@ProviderType
public interface Snapshot extends AutoCloseable {

    /** The sequence of the last change in it; it may not be durable yet. */
    long sequence();

    Optional<Row> get(Table table, Path path);

    /** Rows in key order. Also of a table that this node had once and that is not defined yet. */
    Rows rows(Table table, Range range);

    /**
     * The entries of part of an index, in its order: those of one value by key.
     *
     * @throws dev.tarn.api.data.Failure UNSUPPORTED when there is no such index
     */
    Entries entries(Table table, String attribute, Span span);

    /**
     * How much of an index is there: 1 for all of it. Less while it is built, and then {@link #entries} refuses to read it.
     *
     * @throws dev.tarn.api.data.Failure UNSUPPORTED when there is no such index
     */
    double built(Table table, String attribute);

    /** Where the entry of this value and row is, or would be, in the index: for {@link Span#after}. */
    byte[] place(Table table, Object value, Path path);

    /**
     * Counts rows in key order without reading them.
     *
     * @param after only rows that come after this one; null from the start
     * @param limit as many at most
     */
    Passed pass(Table table, @Nullable Path after, int limit);

    /**
     * Rows that were counted.
     *
     * @param last the last one that was looked at; null when the table has no more
     */
    record Passed(long rows, @Nullable Path last) {}

    /** How many rows the table has, expired ones that are not removed yet included. */
    long count(Table table);

    /**
     * Changes of all tables after this sequence, in order, whole commits.
     *
     * @param limit how many at least make it stop; the last commit is completed
     * @throws dev.tarn.api.data.Failure NOT_FOUND when the log no longer reaches back that far
     */
    List<Change> log(long after, int limit);

    /** As {@link #log(long, int)}, of one table: read through the index by table. */
    List<Change> log(Table table, long after, int limit);

    /**
     * As {@link #log(long, int)}, of one path of a table that keeps a history: read through the index by path, only the changes
     * of this path and not whole commits, and only those made since the table has had its history.
     *
     * @param limit the most changes
     * @throws dev.tarn.api.data.Failure UNSUPPORTED when the table keeps no history
     */
    List<Change> log(Table table, Path path, long after, int limit);

    @Override
    void close();

    /**
     * Which rows, by id.
     *
     * @param prefix only ids that begin with it; empty for all. Text ids only
     * @param after only rows that come after this one in the direction of the walk; null from the start
     */
    record Range(String prefix, @Nullable Path after, boolean descending) {
        public static final Range ALL = new Range("", null, false);
    }

    /** Rows one after the other; close it before the snapshot. */
    interface Rows extends AutoCloseable {
        /** The next row, or null at the end. */
        @Nullable
        Row next();

        @Override
        void close();
    }

    /**
     * Part of an index. Bounds are values as {@link dev.tarn.api.codec.Codec} has them; an end without one goes as far as
     * values of the other bound's sort do, and with neither it is the whole index but for rows without a value. Those are
     * between {@link Nothing#NOTHING} and itself.
     *
     * @param from the least value, or null for no bound
     * @param to the greatest value, or null for no bound
     * @param prefix only text that begins with it; null for all. Goes without bounds
     * @param after only entries that come after this place in the direction of the walk; null from the start
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Span(
            @Nullable Bound from,
            @Nullable Bound to,
            @Nullable String prefix,
            byte @Nullable [] after,
            boolean descending) {

        /** One end of a span, which is part of it or not. */
        public record Bound(Object value, boolean included) {}

        /** This part from after a place on. */
        public Span from(byte @Nullable [] place) {
            return new Span(from, to, prefix, place, descending);
        }
    }

    /** What stands in an index for rows without a value: the bound of a span, by itself. */
    enum Nothing {
        NOTHING
    }

    /** Entries of an index one after the other; close it before the snapshot. */
    interface Entries extends AutoCloseable {
        /** Moves on; false at the end. */
        boolean next();

        /** Where this entry is, to go on from there under another snapshot. */
        byte[] place();

        /**
         * The row of this entry; null when it has expired, and when the row has a list and another entry of this row comes
         * earlier in the span, counted upwards whatever the direction.
         */
        @Nullable
        Row row();

        @Override
        void close();
    }
}
