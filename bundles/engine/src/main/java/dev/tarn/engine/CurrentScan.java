// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Start;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The current rows of one subscription, read in key order, table by table, in chunks, each under a snapshot of its own
 * (DELIVERY.md, "The current rows at subscribe time"). It holds its position and nothing else: changes behind it are
 * delivered as they come, those ahead of it are not, since a later chunk will have them; or else every change is
 * delivered, and a row that one of them made is left out ({@link Start.From#EVERY}). Confined to the mailbox's loop but
 * for {@link #read}, which a worker calls while nobody moves the position.
 */
final class CurrentScan {

    /** The most rows and bytes of a chunk, and the most rows that are looked at for it. */
    static final int ROWS = 1_000;

    static final long BYTES = 256 * 1024;
    static final int VISITED = 20_000;

    /** How far it is: in which table, and the last row that was looked at; null before the first. */
    record Position(int table, @Nullable Path row) {}

    /** Rows up to a position as they were at a sequence. */
    record Chunk(List<Change> rows, Position end, long sequence, boolean last) {}

    private final FilterSubscription subscription;
    private final Payloads payloads;
    private final Exports exports;
    private final Filter filter;
    private final List<Exported> tables;
    private Position position = new Position(0, null);

    /** Where the last chunk began, the sequence of its snapshot, and its rows that were left to their changes. */
    private Position previous = position;

    private long sequence;
    private Set<Path> left = Set.of();

    /** What an earlier scan did. */
    private final Start.Progress before;

    /**
     * The version of the first change that was told since this scan began. Changes are told in the order of their
     * versions, so the rows with this one or a later were all made by changes that are told.
     */
    private long told = Long.MAX_VALUE;

    /** A scan of all tables that may have rows for the subscription, as deployed now, from where another one ended. */
    CurrentScan(
            FilterSubscription subscription,
            Payloads payloads,
            Exports exports,
            List<Exported> tables,
            Start.Progress before) {
        this.subscription = subscription;
        this.payloads = payloads;
        this.exports = exports;
        this.filter = subscription.canonical();
        this.tables = tables;
        this.before = before;
        for (int table = 0; table < tables.size(); table++) {
            if (tables.get(table).name().equals(before.table())) {
                position = new Position(table, before.row());
            }
        }
    }

    FilterSubscription subscription() {
        return subscription;
    }

    /** Whether it is about one row. */
    boolean exact() {
        return filter.exact();
    }

    /**
     * Whether a change to a row is delivered. What is ahead of the position will be read as a row; what the last chunk had
     * was sent as one. Unless every change is.
     */
    boolean passes(Change change) {
        if (subscription.every()) {
            told = Math.min(told, change.version());
            return true;
        }
        return behind(change, position)
                && (change.sequence() > sequence || left.contains(change.path()) || behind(change, previous));
    }

    private boolean behind(Change change, Position where) {
        int table = 0;
        while (table < tables.size() && !tables.get(table).name().equals(change.table())) {
            table++;
        }
        if (table != where.table()) {
            // Also a table that was deployed after the scan began: its rows are not scanned.
            return table < where.table() || table == tables.size();
        }
        Path row = where.row();
        return row != null && tables.get(table).table().order().compare(change.path(), row) <= 0;
    }

    /** Whether a row is sent; false when it was made by a change that is told, or was. */
    boolean sends(Change row) {
        long version = row.version();
        return version < told && (before.first() == 0 || version < before.first() || version > before.last());
    }

    /** Moves on to the end of the chunk, whose rows have been sent but for those that are left to their changes. */
    void advance(Chunk chunk, Set<Path> toChanges) {
        previous = position;
        position = chunk.end();
        sequence = chunk.sequence();
        left = toChanges;
    }

    /** Reads the next chunk, at most so many rows. On a worker; blocks. */
    Chunk read(Snapshot snapshot, int limit) {
        List<Change> rows = new ArrayList<>();
        Budget budget = new Budget(Math.min(limit, ROWS));
        int table = position.table();
        Path after = position.row();
        while (table < tables.size()) {
            Exported exported = tables.get(table);
            Path stopped = readTable(snapshot, exported, after, budget, rows);
            if (stopped != null) {
                return new Chunk(rows, new Position(table, stopped), snapshot.sequence(), false);
            }
            table++;
            after = null;
        }
        return new Chunk(rows, new Position(table, null), snapshot.sequence(), true);
    }

    private static final class Budget {
        private final int limit;
        private long bytes;
        private int rows;
        private int visited;

        Budget(int limit) {
            this.limit = limit;
        }

        boolean spent() {
            return rows >= limit || bytes >= BYTES || visited >= VISITED;
        }
    }

    /** Reads on in one table; returns the row that it stopped at, or null at the table's end. */
    private @Nullable Path readTable(
            Snapshot snapshot, Exported exported, @Nullable Path after, Budget budget, List<Change> rows) {
        Optional<Path> one = onlyRow(exported);
        if (one.isPresent()) {
            if (exported.isRow(one.get())) {
                snapshot.get(exported.table(), one.get()).ifPresent(row -> take(row, exported, budget, rows));
            }
            return null;
        }
        String prefix = prefix(exported);
        if (prefix == null) {
            return null;
        }
        try (Snapshot.Rows all = snapshot.rows(exported.table(), new Snapshot.Range(prefix, after, false))) {
            for (Row row = all.next(); row != null; row = all.next()) {
                budget.visited++;
                if (filter.covers(row.path()) && exports.reaches(exported.name(), row.path())) {
                    take(row, exported, budget, rows);
                }
                if (budget.spent()) {
                    return row.path();
                }
            }
            return null;
        }
    }

    private void take(Row stored, Exported exported, Budget budget, List<Change> rows) {
        Row row = payloads.row(exported.name(), stored);
        LiveQuery query = subscription.query();
        if (query != null && !query.matches(row)) {
            return;
        }
        Change change =
                new Change(0, Kind.PUT, exported.name(), row.path(), row.body(), row.version(), 0, row.attributes());
        rows.add(change);
        budget.rows++;
        budget.bytes += Weight.of(change);
    }

    /** The one path that the filter covers in this table, if it has no wildcard below the first segment. */
    private Optional<Path> onlyRow(Exported exported) {
        String text = filter.text();
        int slash = text.indexOf('/');
        if (exported.table().root() || !filter.startsWithWildcard()) {
            return filter.exact() ? Optional.of(Path.of(text)) : Optional.empty();
        }
        if (text.charAt(0) == '#' || slash < 0) {
            return Optional.empty();
        }
        String rest = text.substring(slash + 1);
        if (rest.indexOf('+') >= 0 || rest.indexOf('#') >= 0) {
            return Optional.empty();
        }
        return Optional.of(Path.of(exported.export() + "/" + rest));
    }

    /** What the ids that the filter covers in this table begin with; null when it can cover none. */
    private @Nullable String prefix(Exported exported) {
        String text = filter.text();
        boolean root = exported.table().root();
        if (text.charAt(0) == '#') {
            return "";
        }
        int slash = text.indexOf('/');
        if (slash < 0) {
            // "+" or the table's own name: rows of the root table only.
            return root ? "" : null;
        }
        int wild = slash + 1;
        int from = root ? 0 : slash + 1;
        if (root && filter.startsWithWildcard()) {
            return "";
        }
        while (wild < text.length() && text.charAt(wild) != '+' && text.charAt(wild) != '#') {
            wild++;
        }
        // Wildcards are whole segments, so what stands before one ends with a slash; "a/#" covers "a" as well.
        String constant = text.substring(from, Math.max(from, wild));
        if (exported.table().numericIds()) {
            return "";
        }
        boolean parentToo = wild < text.length() && text.charAt(wild) == '#' && constant.endsWith("/");
        return parentToo ? constant.substring(0, constant.length() - 1) : constant;
    }
}
