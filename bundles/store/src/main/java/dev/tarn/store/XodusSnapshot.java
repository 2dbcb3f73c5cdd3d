// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/** One read transaction. What it returns is copied out of the files and outlives it. */
final class XodusSnapshot implements Snapshot {

    private final Core core;
    private final Transaction transaction;
    private final InstantSource time;
    private final Runnable closed;
    private long now;
    private @Nullable Head head;

    /** @param closed runs once when this snapshot is closed */
    XodusSnapshot(Core core, Transaction transaction, InstantSource time, Runnable closed) {
        this.core = core;
        this.transaction = transaction;
        this.time = time;
        this.closed = closed;
    }

    /** What expired before is not there; the moment when that first mattered, in milliseconds since 1970. */
    private long now() {
        if (now == 0) {
            now = time.millis();
        }
        return now;
    }

    private Head head() {
        Head read = head;
        if (read == null) {
            read = core.reader().reading("the head of the log", () -> Head.read(core.database(), transaction));
            head = read;
        }
        return read;
    }

    @Override
    public long sequence() {
        return head().sequence();
    }

    @Override
    public Optional<Row> get(Table table, Path path) {
        Row row = sized(core.catalog().table(table), path).row();
        return row == null || (row.attributes().expiresAt() != 0 && row.expired(now()))
                ? Optional.empty()
                : Optional.of(row);
    }

    /** The row, expired or not, with its size. */
    RowCache.Sized sized(OpenTable table, Path path) {
        try {
            return read(table, path);
        } catch (Failure e) {
            throw e;
        } catch (RuntimeException e) {
            return core.database().again("the row at " + path, e, () -> read(table, path));
        }
    }

    private RowCache.Sized read(OpenTable table, Path path) {
        byte[] key = table.key(path);
        RowFormat.StoredRow stored = key == null ? null : core.reader().stored(table, key, transaction);
        if (stored == null) {
            return new RowCache.Sized(null, 0);
        }
        Row row = core.reader().row(path, stored, core.reader().chunks(transaction));
        int content = stored.chunked()
                ? PayloadFormat.location(stored.payload(), stored.form()).length()
                : 0;
        return new RowCache.Sized(row, (long) stored.length() + content);
    }

    @Override
    public Rows rows(Table table, Range range) {
        OpenTable open = core.catalog().readable(table, transaction);
        byte[] prefix =
                table.numericIds() ? new byte[0] : range.prefix().isEmpty() ? new byte[0] : Keys.prefix(range.prefix());
        Path after = range.after();
        byte[] from = after == null ? null : open.key(after);
        if (after != null && from == null) {
            throw new Failure(Failure.Code.MALFORMED, after + " names no row of " + table.qualifiedName());
        }
        return core.reader().reading(open, () -> {
            Walk walk = new Walk(
                    () -> open.rows().openCursor(transaction), Walk.Bounds.prefix(prefix), from, range.descending());
            return new RowsByKey(core.reader(), open, transaction, walk, now());
        });
    }

    private static Index index(OpenTable open, String attribute) {
        return open.index(attribute)
                .orElseThrow(() -> new Failure(
                        Failure.Code.UNSUPPORTED, open.table().qualifiedName() + " has no index over " + attribute));
    }

    @Override
    public Entries entries(Table table, String attribute, Span span) {
        OpenTable open = core.catalog().table(table);
        Index index = whole(open, attribute);
        return core.reader().reading(open, () -> new IndexWalk(core.reader(), open, index, transaction, now(), span));
    }

    @Override
    public double built(Table table, String attribute) {
        return index(core.catalog().table(table), attribute).state().share(transaction);
    }

    /** The index, if all of it is there. */
    private Index whole(OpenTable open, String attribute) {
        Index index = index(open, attribute);
        if (!index.state().isReady(transaction)) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE,
                    "the index over " + attribute + " is being built and at "
                            + index.state().percent() + "; try again");
        }
        return index;
    }

    @Override
    public byte[] place(Table table, Object value, Path path) {
        byte[] key = core.catalog().table(table).key(path);
        if (key == null) {
            throw new Failure(Failure.Code.MALFORMED, path + " names no row of " + table.qualifiedName());
        }
        ByteWriter out = new ByteWriter(24 + key.length);
        Keys.value(out, value);
        out.raw(key);
        return out.toArray();
    }

    @Override
    public Passed pass(Table table, @Nullable Path after, int limit) {
        OpenTable open = core.catalog().table(table);
        byte[] from = after == null ? null : open.key(after);
        return core.reader().reading(open, () -> pass(open, from, limit));
    }

    private Passed pass(OpenTable open, byte @Nullable [] from, int limit) {
        long rows = 0;
        try (Walk walk =
                new Walk(() -> open.rows().openCursor(transaction), Walk.Bounds.prefix(new byte[0]), from, false)) {
            for (int i = 0; i < limit; i++) {
                if (!walk.next()) {
                    return new Passed(rows, null);
                }
                rows += walk.expired(now()) ? 0 : 1;
            }
            return new Passed(rows, open.path(walk.key()));
        }
    }

    @Override
    public long count(Table table) {
        OpenTable open = core.catalog().readable(table, transaction);
        return core.reader().reading(open, () -> open.rows().count(transaction));
    }

    @Override
    public List<Change> log(long after, int limit) {
        return core.reader().reading("the log", () -> log().all(after, limit));
    }

    @Override
    public List<Change> log(Table table, long after, int limit) {
        return core.reader().reading("the log", () -> log().of(table, after, limit));
    }

    @Override
    public List<Change> log(Table table, Path path, long after, int limit) {
        return core.reader().reading("the log", () -> log().of(table, path, after, limit));
    }

    /** Whole commits after this sequence and up to that one, so many changes or a few more. */
    List<Commit> commits(long after, long upTo, int limit) {
        return core.reader().reading("the log", () -> log().commits(after, upTo, limit));
    }

    /** The sequence of the first change in the log, or of the next one to be written. */
    long oldest() {
        return core.reader().reading("the log", () -> log().oldest());
    }

    private LogReader log() {
        return new LogReader(core, transaction, head());
    }

    @Override
    public void close() {
        if (!transaction.isFinished()) {
            transaction.abort();
            closed.run();
        }
    }
}
