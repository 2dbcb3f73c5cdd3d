// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Outcome;
import dev.tarn.api.application.Request;
import dev.tarn.api.application.Rows;
import dev.tarn.api.application.Transaction;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import dev.tarn.api.store.Condition;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import dev.tarn.engine.query.Sight;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One run of logic: what it has read, with the versions, and what it wants written and said. Takes effect as one write, or
 * not at all. For the run's thread, and after the run for one thread at a time.
 */
final class Attempt implements Transaction {

    /** The engine's parts that a run needs. */
    record Parts(Commons commons, Writes writes, Reads reads, Publishing publishing) {}

    /** A row of a table: two exports never have one path in common, but tables without one may have any. */
    private record Key(String table, Path path) {}

    private record Read(
            Exported exported, Path path, @Nullable Row row) {
        long version() {
            return row == null ? 0 : row.version();
        }
    }

    private record Pending(Draft draft, @Nullable Row after) {}

    private record Said(Route route, Body body, Attributes attributes) {}

    private final Parts parts;
    private final Errands.Place place;
    private final Errands errands;
    private final Exports exports;
    private final Map<Key, Read> reads = new LinkedHashMap<>(4);
    private final Map<Key, Pending> pending = new LinkedHashMap<>(4);
    private final List<Said> said = new ArrayList<>(0);
    private final List<Said> untold = new ArrayList<>(0);
    private final List<AutoCloseable> open = new ArrayList<>(0);
    private Path about;
    private boolean closed;

    Attempt(Parts parts, Errands.Place place, Errands errands) {
        this.parts = parts;
        this.place = place;
        this.errands = errands;
        this.exports = parts.commons().routing().exports();
        this.about = place.path();
    }

    Parts parts() {
        return parts;
    }

    Exports exports() {
        return exports;
    }

    /** Asks the logic. */
    Answer ask(Action action, Path path, Request request) throws Exception {
        LogicCall call = new LogicCall(this, place, action, path, request);
        return call.answered(place.logic().answer(call));
    }

    /** What the request was about, or the row that was made for it. */
    Path path() {
        return about;
    }

    void created(Path path) {
        about = path;
    }

    // Reading

    /** The row as this transaction sees it; null when there is none. */
    @Nullable
    Row row(Exported exported, Path path) {
        checkOpen();
        Key key = new Key(exported.name(), path);
        Pending written = pending.get(key);
        if (written != null) {
            return written.after();
        }
        Read known = reads.get(key);
        if (known == null) {
            known = new Read(exported, path, stored(exported, path));
            reads.put(key, known);
        }
        return known.row();
    }

    /** As {@link #row}, as far as the context's user may see it. */
    @Nullable
    Row seen(CallContext context, Exported exported, Path path) {
        Row row = row(exported, path);
        Sight sight = parts.commons().permissions().sight(context, Access.Verb.READ, exported.table());
        return row == null || sight.whole() ? row : sight.see(row);
    }

    private @Nullable Row stored(Exported exported, Path path) {
        return await(parts.commons().store().get(exported.table(), path, Runnable::run))
                .orElse(null);
    }

    /**
     * Checks what a caller expects of a row.
     *
     * @throws Failure PRECONDITION, CONFLICT as the store would
     */
    void expect(Exported exported, Path path, Expectation expectation) {
        if (expectation instanceof Expectation.Anything) {
            return;
        }
        Row row = row(exported, path);
        if (expectation.holds(row == null ? 0 : row.version())) {
            return;
        }
        throw expectation instanceof Expectation.Absent
                ? new Failure(Failure.Code.CONFLICT, path + " exists already")
                : new Failure(
                        Failure.Code.PRECONDITION,
                        row == null ? "there is no row at " + path : path + " is at version " + row.version());
    }

    /**
     * The path of a row that is to be made, which is not there.
     *
     * @throws Failure CONFLICT when it is
     */
    Path absent(Exported exported, String resource, @Nullable String given) {
        if (given != null) {
            Path path = Writes.path(exported, resource, given);
            expect(exported, path, Expectation.ABSENT);
            return path;
        }
        while (true) {
            Path path = Writes.path(exported, resource, parts.writes().freshId(exported));
            if (row(exported, path) == null) {
                return path;
            }
            parts.writes().idTaken(exported);
        }
    }

    // Writing

    void put(CallContext context, Exported exported, Path path, Body body, Terms meant) {
        checkOpen();
        Terms allowed = parts.writes().allowed(context, exported, path, meant);
        expect(exported, path, allowed.expectation());
        Draft draft = parts.writes().draft(context, exported, path, body, allowed.expecting(Expectation.ANYTHING));
        Body after = draft.body();
        if (after == null && draft.edit() != null) {
            after = draft.edit().apply(row(exported, path));
        }
        write(draft, exported, after);
    }

    void patch(CallContext context, Exported exported, Path path, Body body, Terms meant) {
        checkOpen();
        parts.commons().permissions().check(context, Access.Verb.UPDATE, exported, path);
        expect(exported, path, meant.expectation());
        Row row = Writes.present(seen(context, exported, path));
        Patch patch =
                Patch.of(body, exported.schema(), parts.commons().payloads().bodies());
        Attributes attributes = parts.writes().accepted(context, exported, meant);
        Body after =
                parts.writes().patched(exported, String.valueOf(exported.id(path)), patch, row, attributes.expiresAt());
        Draft draft = Draft.patch(exported.table(), path, same -> after, attributes, Expectation.ANYTHING);
        write(parts.writes().changing(context, exported, draft), exported, after);
    }

    boolean delete(CallContext context, Exported exported, Path path, Terms meant) {
        checkOpen();
        Draft draft = parts.writes().deletion(context, exported, path, meant.expecting(Expectation.ANYTHING));
        expect(exported, path, meant.expectation());
        Row before = seen(context, exported, path);
        if (before == null) {
            return false;
        }
        write(draft, exported, null);
        return true;
    }

    private void write(Draft draft, Exported exported, @Nullable Body after) {
        Row row = after == null ? null : new Row(draft.path(), after, 0, draft.attributes());
        pending.put(new Key(exported.name(), draft.path()), new Pending(draft, row));
    }

    void say(CallContext context, Path path, Body body, Attributes attributes) {
        checkOpen();
        Writes.refuseServersOwn(path);
        Route route = parts.commons().routing().route(path);
        parts.commons().permissions().check(context, Access.Verb.PUBLISH, route.exported(), route.path());
        long now = parts.commons().settings().clock().millis();
        said.add(new Said(route, body, attributes.accepted(context.origin(), now)));
    }

    // What the application asks for beside its own table.

    @Override
    public Rows table(String name) {
        return table(place.context(), name);
    }

    private Rows table(CallContext context, String name) {
        Exported exported = exports.named(name);
        if (exported == null || exported.endpoint()) {
            exported = exports.stored(dev.tarn.api.data.Table.DATA + "." + name);
        }
        if (exported == null) {
            exported = name.isEmpty() ? exports.root() : exports.stored(name);
        }
        if (exported == null || exported.endpoint()) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no table " + Schema.shown(name));
        }
        return new AttemptRows(this, context, exported, Terms.NONE);
    }

    @Override
    public void publish(Path path, Body body, Attributes attributes) {
        say(place.context(), path, body, attributes);
    }

    /** This, with the rights of the application. */
    Transaction own() {
        CallContext context = place.context().application();
        return new Transaction() {
            @Override
            public Rows table(String name) {
                return Attempt.this.table(context, name);
            }

            @Override
            public void publish(Path path, Body body, Attributes attributes) {
                say(context, path, body, attributes);
            }
        };
    }

    /** Something of a transaction of its own, later. */
    CompletionStage<Outcome> later(Transactions.Work work) {
        return errands.run(place.mounted().application(), place.logic().limit(), work);
    }

    // The end

    /** Something that ends with the run. */
    void closing(AutoCloseable part) {
        open.add(part);
    }

    /** No more is read or written. */
    void close() {
        closed = true;
        for (AutoCloseable part : open) {
            try {
                part.close();
            } catch (Exception failure) {
                throw new IllegalStateException("a query could not be ended", failure);
            }
        }
    }

    void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the call is over, and with it its transaction");
        }
    }

    /** Whether it may turn out at commit that others were faster. */
    boolean conditional() {
        return !reads.isEmpty();
    }

    /** Whether rows that were read have changed since, so that they never were as they were read all at one moment. */
    boolean torn() {
        if (reads.size() < 2) {
            return false;
        }
        for (Read read : reads.values()) {
            Row now = stored(read.exported(), read.path());
            if ((now == null ? 0 : now.version()) != read.version()) {
                return true;
            }
        }
        return false;
    }

    /** Everything that is to be written, together with what the protocol adds; also decides which messages the log keeps. */
    Write write(List<Draft> alongside) {
        List<Draft> drafts = new ArrayList<>(pending.size() + alongside.size());
        List<Condition> conditions = new ArrayList<>(0);
        pending.forEach((key, each) -> drafts.add(expecting(each.draft(), reads.get(key))));
        for (Map.Entry<Key, Read> read : reads.entrySet()) {
            if (!pending.containsKey(read.getKey())) {
                Read known = read.getValue();
                conditions.add(new Condition(known.exported().table(), known.path(), asRead(known)));
            }
        }
        for (Said each : said) {
            if (!alongside.isEmpty() || Publishing.kept(each.route(), each.attributes())) {
                drafts.add(Draft.message(
                        each.route().exported().table(), each.route().path(), each.body(), each.attributes()));
            } else {
                untold.add(each);
            }
        }
        said.clear();
        drafts.addAll(alongside);
        return new Write(drafts, conditions);
    }

    private static Draft expecting(Draft draft, @Nullable Read read) {
        return read == null
                ? draft
                : new Draft(
                        draft.kind(),
                        draft.table(),
                        draft.path(),
                        draft.body(),
                        draft.edit(),
                        draft.attributes(),
                        asRead(read),
                        draft.guard());
    }

    private static Expectation asRead(Read read) {
        return read.row() == null ? Expectation.ABSENT : Expectation.at(Set.of(read.version()));
    }

    /** Whether there are messages that the log does not keep. */
    boolean tells() {
        return !untold.isEmpty();
    }

    /** Hands over the messages that the log does not keep. */
    CompletableFuture<Void> tell() {
        if (untold.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        List<CompletableFuture<Commit>> told = new ArrayList<>(untold.size());
        for (Said each : untold) {
            told.add(parts.publishing().offer(each.route().path(), each.body(), each.attributes()));
        }
        return CompletableFuture.allOf(told.toArray(new CompletableFuture<?>[0]));
    }

    /** The commit, with the change of the row that it is about in front. */
    Commit own(Commit commit) {
        List<Change> changes = commit.changes();
        if (changes.size() < 2 || changes.get(0).path().equals(about)) {
            return commit;
        }
        List<Change> ordered = new ArrayList<>(changes);
        ordered.sort((a, b) -> Boolean.compare(b.path().equals(about), a.path().equals(about)));
        return new Commit(commit.sequence(), commit.timestamp(), ordered);
    }

    /** The answer as the caller may see it. */
    Answer seen(Answer answer) {
        return place.exported().endpoint() ? answer : new Shown(parts.commons(), place, about).of(answer);
    }

    /** Waits on the run's thread. */
    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(failed.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new Failure(Failure.Code.UNAVAILABLE, "the application was interrupted");
        }
    }
}
