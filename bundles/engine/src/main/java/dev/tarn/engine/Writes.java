// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Request;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Edit;
import dev.tarn.api.store.Guard;
import dev.tarn.api.store.Write;
import dev.tarn.engine.query.Sight;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Turns what clients ask to be written into drafts for the store: resolved, allowed, checked. Safe on any thread. */
final class Writes {

    /** How often a made-up number is replaced because somebody took it. */
    private static final int RETRIES = 100;

    private final Commons commons;
    private final Ids ids;

    Writes(Commons commons) {
        this.commons = commons;
        this.ids = new Ids(commons.store());
    }

    CompletableFuture<Commit> put(Context context, Path path, Body body, Terms terms) {
        Route route = row(path);
        return put(context, route.exported(), route.path(), body, terms);
    }

    /** @param path canonical, of a row */
    CompletableFuture<Commit> put(Context context, Exported exported, Path path, Body body, Terms terms) {
        Terms allowed = allowed(context, exported, path, terms);
        return commit(context, List.of(draft(context, exported, path, body, allowed)), terms);
    }

    /** The terms of a put, with what they must expect of the row where the user may not both insert and update. */
    Terms allowed(Context context, Exported exported, Path path, Terms terms) {
        Permissions permissions = commons.permissions();
        boolean insert = permissions.allows(context, Access.Verb.INSERT, exported.table(), path.text());
        boolean update = permissions.allows(context, Access.Verb.UPDATE, exported.table(), path.text());
        if (insert && update) {
            return terms;
        }
        Expectation expected = terms.expectation();
        boolean anything = expected.equals(Expectation.ANYTHING);
        if (insert && (anything || expected.equals(Expectation.ABSENT))) {
            return terms.expecting(Expectation.ABSENT);
        }
        if (update && !expected.equals(Expectation.ABSENT)) {
            return anything ? terms.expecting(Expectation.PRESENT) : terms;
        }
        throw permissions.forbidden(context, insert ? Access.Verb.UPDATE : Access.Verb.INSERT, path.text());
    }

    Draft draft(Context context, Exported exported, Path path, Body body, Terms terms) {
        Attributes attributes = accepted(context, exported, terms);
        String id = String.valueOf(exported.id(path));
        Schema schema = exported.schema();
        Schema.Checked checked =
                schema.row(id, body, attributes, commons.settings().clock().millis());
        Blobs blobs = schema.blobs();
        boolean refers = blobs.refers(checked.body());
        if (refers || schema.needsRow()) {
            Edit edit = row -> blobs.resolved(schema.over(checked.body(), row), row);
            return putting(
                    context,
                    exported,
                    new Draft(Kind.PUT, exported.table(), path, null, edit, checked.attributes(), terms.expectation()));
        }
        return putting(
                context,
                exported,
                Draft.put(exported.table(), path, checked.body(), checked.attributes(), terms.expectation()));
    }

    private Draft putting(Context context, Exported exported, Draft draft) {
        Sight inserting = sight(context, exported, Access.Verb.INSERT);
        return guarded(exported, draft, inserting, sight(context, exported, Access.Verb.UPDATE), false);
    }

    private Sight sight(Context context, Exported exported, Access.Verb verb) {
        return commons.permissions().sight(context, verb, exported.table());
    }

    /** The draft, with a guard where the user may write some rows or attributes only, or somebody is to know. */
    private Draft guarded(Exported exported, Draft draft, Sight inserting, Sight changing, boolean silent) {
        Guard guard = inserting.whole() && changing.whole()
                ? null
                : new RowGuard(exported, draft.path(), commons.payloads().bodies(), inserting, changing, silent);
        if (commons.permissions().trail().follows(exported.table())) {
            return draft.guarded(new Witness(guard));
        }
        return guard == null ? draft : draft.guarded(guard);
    }

    CompletableFuture<Commit> patch(Context context, Path path, Body body, Terms terms) {
        Route route = row(path);
        return patch(context, route.exported(), route.path(), body, terms);
    }

    /** @param path canonical, of a row */
    CompletableFuture<Commit> patch(Context context, Exported exported, Path path, Body body, Terms terms) {
        return commit(context, List.of(patching(context, exported, path, body, terms)), terms);
    }

    private Draft patching(Context context, Exported exported, Path path, Body body, Terms terms) {
        commons.permissions().check(context, Access.Verb.UPDATE, exported, path);
        Patch patch = Patch.of(body, exported.schema(), commons.payloads().bodies());
        String id = String.valueOf(exported.id(path));
        Attributes attributes = accepted(context, exported, terms);
        Edit edit = exported.table().rules().opaque()
                ? row -> patchedBytes(patch, row)
                : row -> patchedObject(exported, id, patch, present(row), attributes.expiresAt());
        return changing(context, exported, Draft.patch(exported.table(), path, edit, attributes, terms.expectation()));
    }

    /** The draft, with a guard where the user may change some rows or attributes only. */
    Draft changing(Context context, Exported exported, Draft draft) {
        Sight changing = sight(context, exported, Access.Verb.UPDATE);
        return guarded(exported, draft, changing, changing, true);
    }

    /** What becomes of a row. */
    Body patched(Exported exported, String id, Patch patch, Row row, long expiresAt) {
        return exported.table().rules().opaque()
                ? patchedBytes(patch, row)
                : patchedObject(exported, id, patch, row, expiresAt);
    }

    private Body patchedObject(Exported exported, String id, Patch patch, Row row, long expiresAt) {
        Object value = row.body().value();
        Map<String, @Nullable Object> object = value instanceof Map<?, ?> map ? Schema.object(map) : Map.of();
        RowCheck.Occasion occasion =
                new RowCheck.Occasion(commons.settings().clock().millis(), object, expiresAt);
        Map<String, @Nullable Object> patched = exported.schema().checked(id, patch.apply(object), occasion);
        Blobs blobs = exported.schema().blobs();
        return blobs.resolved(blobs.apart(patched, Map.of()), row);
    }

    /** Permission to write to a row's path, before its content comes. */
    void expect(Context context, Path path) {
        Route route = row(path);
        allowed(context, route.exported(), route.path(), Terms.NONE);
    }

    CompletableFuture<Commit> attach(Context context, Path path, String attribute, Content content, Terms terms) {
        Route route = row(path);
        Exported exported = route.exported();
        commons.permissions().check(context, Access.Verb.UPDATE, exported, route.path());
        Schema schema = exported.schema();
        if (!schema.blobs().has(attribute)) {
            throw new Failure(
                    Failure.Code.INVALID, exported.table().name() + " has no attribute " + attribute + " of type Blob");
        }
        String id = String.valueOf(exported.id(route.path()));
        Attributes attributes = accepted(context, exported, terms);
        Edit edit = row -> {
            Object value = present(row).body().value();
            Map<String, @Nullable Object> before = value instanceof Map<?, ?> map ? Schema.object(map) : Map.of();
            Map<String, @Nullable Object> object = new LinkedHashMap<>(before);
            object.put(attribute, content.reference());
            RowCheck.Occasion occasion =
                    new RowCheck.Occasion(commons.settings().clock().millis(), before, attributes.expiresAt());
            Body changed = schema.blobs().apart(schema.checked(id, object, occasion), Map.of(attribute, content));
            return schema.blobs().resolved(changed, row);
        };
        Draft draft = Draft.patch(exported.table(), route.path(), edit, attributes, terms.expectation());
        Sight changing = sight(context, exported, Access.Verb.UPDATE);
        return commit(context, List.of(guarded(exported, draft, changing, changing, true)), terms);
    }

    /** Rows of opaque tables can be patched where their media type has a codec and they are objects. */
    private Body patchedBytes(Patch patch, @Nullable Row row) {
        Body body = present(row).body();
        String mediaType = body.mediaType();
        if (!body.contents().isEmpty()) {
            throw new Failure(Failure.Code.UNSUPPORTED, "the row is a content, which can only be replaced");
        }
        if (commons.payloads().bodies().codec(mediaType).isEmpty() || !(body.value() instanceof Map<?, ?> map)) {
            throw new Failure(
                    Failure.Code.UNSUPPORTED, "the row is " + mediaType + ", and only objects can be changed in part");
        }
        Body changed = commons.payloads().bodies().of(patch.apply(Schema.object(map)));
        return commons.payloads()
                .bodies()
                .opaque(mediaType, changed.as(mediaType).bytes());
    }

    static Row present(@Nullable Row row) {
        if (row == null) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no such row to change");
        }
        return row;
    }

    CompletableFuture<Commit> delete(Context context, Path path, Terms terms) {
        Route route = row(path);
        return delete(context, route.exported(), route.path(), terms);
    }

    /** @param path canonical, of a row */
    CompletableFuture<Commit> delete(Context context, Exported exported, Path path, Terms terms) {
        return commit(context, List.of(deletion(context, exported, path, terms)), terms);
    }

    /** @throws Failure FORBIDDEN */
    Draft deletion(Context context, Exported exported, Path path, Terms terms) {
        commons.permissions().check(context, Access.Verb.DELETE, exported, path);
        Draft draft = Draft.delete(exported.table(), path, accepted(context, exported, terms), terms.expectation());
        Sight changing = sight(context, exported, Access.Verb.DELETE);
        return guarded(exported, draft, changing, changing, true);
    }

    CompletableFuture<Commit> putAll(Context context, String resource, List<Body> bodies, Terms terms) {
        Exported exported = commons.routing().exports().of(Path.of(resource));
        List<Draft> drafts = new ArrayList<>(bodies.size());
        List<String> violations = new ArrayList<>();
        for (int i = 0; i < bodies.size(); i++) {
            try {
                Path path = path(exported, resource, bodyId(exported, bodies.get(i)));
                Terms allowed = allowed(context, exported, path, terms);
                drafts.add(draft(context, exported, path, bodies.get(i), allowed));
            } catch (Failure failure) {
                if (failure.code() != Failure.Code.INVALID) {
                    throw failure;
                }
                for (String violation : failure.violations()) {
                    violations.add("[" + i + "]." + violation);
                }
            }
        }
        if (!violations.isEmpty()) {
            throw new Failure(Failure.Code.INVALID, "some of the bodies break the schema", violations);
        }
        return commit(context, drafts, terms);
    }

    static String bodyId(Exported exported, Body body) {
        String id = givenId(exported, body);
        if (id == null) {
            String key = exported.schema().key().names().get(0);
            throw new Failure(
                    Failure.Code.INVALID, "the body has no id", List.of(key + ": is required to say which row it is"));
        }
        return id;
    }

    /** The id that a body names, or null. */
    static @Nullable String givenId(Exported exported, Body body) {
        if (exported.table().rules().opaque() || body.contents().containsKey(Content.WHOLE)) {
            return null;
        }
        return exported.schema().key().id(exported.schema().object(body));
    }

    /** The path of a row of this resource; below the resource's own path in the root table. */
    static Path path(Exported exported, String resource, String id) {
        if (id.isEmpty()) {
            throw new Failure(Failure.Code.MALFORMED, "an empty id");
        }
        return exported.row(exported.table().root() && !resource.isEmpty() ? resource + "/" + id : id);
    }

    CompletableFuture<Commit> create(Context context, String resource, Body body, Terms terms) {
        Exported exported = commons.routing().exports().of(Path.of(resource));
        String given = givenId(exported, body);
        if (given != null) {
            return insert(context, exported, path(exported, resource, given), body, terms);
        }
        if (!exported.table().countedIds()) {
            String id = Ids.uuid(commons.settings().clock().millis());
            return insert(context, exported, path(exported, resource, id), body, terms);
        }
        return commons.workers()
                .call(() -> ids.number(exported))
                .thenCompose(id -> counted(context, exported, id, body, terms, RETRIES));
    }

    /** An id for a row that comes without one. Blocks. */
    String freshId(Exported exported) {
        return exported.table().countedIds()
                ? ids.number(exported)
                : Ids.uuid(commons.settings().clock().millis());
    }

    /** Somebody has chosen that number himself. Blocks. */
    void idTaken(Exported exported) {
        ids.taken(exported);
    }

    private CompletableFuture<Commit> counted(
            Context context, Exported exported, String id, Body body, Terms terms, int retries) {
        return insert(context, exported, exported.row(id), body, terms)
                .handle((commit, failure) -> {
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    if (cause instanceof Failure refusal
                            && refusal.code() == Failure.Code.CONFLICT
                            && refusal.violations().isEmpty()
                            && retries > 0) {
                        return commons.workers()
                                .call(() -> {
                                    ids.taken(exported);
                                    return ids.number(exported);
                                })
                                .thenCompose(next -> counted(context, exported, next, body, terms, retries - 1));
                    }
                    return failure == null
                            ? CompletableFuture.completedFuture(commit)
                            : CompletableFuture.<Commit>failedFuture(cause == null ? failure : cause);
                })
                .thenCompose(next -> next);
    }

    private CompletableFuture<Commit> insert(Context context, Exported exported, Path path, Body body, Terms terms) {
        commons.permissions().check(context, Access.Verb.INSERT, exported, path);
        Terms absent = terms.expecting(Expectation.ABSENT);
        return commit(context, List.of(draft(context, exported, path, body, absent)), terms);
    }

    /** Several things in one write; messages among them are logged. */
    CompletableFuture<Commit> together(Context context, List<Request> requests, List<Draft> alongside) {
        List<Draft> drafts = new ArrayList<>(requests.size());
        for (Request request : requests) {
            drafts.add(draft(context, request));
        }
        if (drafts.isEmpty() && alongside.isEmpty()) {
            return CompletableFuture.completedFuture(new Commit(0, 0, List.of()));
        }
        return commit(context, drafts, new Terms(Attributes.NONE, Expectation.ANYTHING, alongside));
    }

    private Draft draft(Context context, Request request) {
        Terms terms = request.terms();
        Body body = request.body() == null ? commons.payloads().bodies().of(null) : request.body();
        if (request.action() == Action.PUBLISH) {
            refuseServersOwn(request.path());
            Route route = commons.routing().route(request.path());
            commons.permissions().check(context, Access.Verb.PUBLISH, route.exported(), route.path());
            return Draft.message(route.exported().table(), route.path(), body, accepted(context, terms));
        }
        Route route = row(request.path());
        Exported exported = route.exported();
        return switch (request.action()) {
            case PUT -> draft(context, exported, route.path(), body, allowed(context, exported, route.path(), terms));
            case PATCH -> patching(context, exported, route.path(), body, terms);
            case DELETE -> deletion(context, exported, route.path(), terms);
            default ->
                throw new Failure(
                        Failure.Code.UNSUPPORTED, request.action() + " has no place in a transaction of several");
        };
    }

    private Attributes accepted(Context context, Terms terms) {
        return terms.attributes()
                .accepted(context.origin(), commons.settings().clock().millis());
    }

    /** A message that the log keeps. */
    CompletableFuture<Commit> message(Context context, Route route, Body body, Attributes attributes, Terms terms) {
        return commit(context, List.of(Draft.message(route.exported().table(), route.path(), body, attributes)), terms);
    }

    /** The route of a path that has to name a row. */
    Route row(Path path) {
        refuseServersOwn(path);
        Route route = commons.routing().route(path);
        if (route.exported().id(route.path()) == null) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    "\"" + route.path() + "\" is a table; a row of it needs an id after the slash");
        }
        return route;
    }

    /** {@code $SYS} is what the server says about itself; other paths with a dollar sign are ordinary. */
    static void refuseServersOwn(Path path) {
        String text = path.text();
        if (text.charAt(0) == '$' && path.first().equals("$SYS")) {
            throw new Failure(Failure.Code.FORBIDDEN, "only the server itself writes to $SYS");
        }
    }

    /** The sender's attributes with what the engine adds: where from, when, and until when the table keeps rows. */
    Attributes accepted(Context context, Exported exported, Terms terms) {
        long now = commons.settings().clock().millis();
        Attributes accepted = terms.attributes().accepted(context.origin(), now);
        Table.Rules rules = exported.table().rules();
        if (accepted.expiresAt() == 0 && !rules.expiration().isZero()) {
            return accepted.toBuilder()
                    .expiresAt(now + rules.expiration().toMillis())
                    .build();
        }
        return accepted;
    }

    /** Commits behind what this context wrote and said before. */
    private CompletableFuture<Commit> commit(Context context, List<Draft> drafts, Terms terms) {
        List<Draft> all = drafts;
        if (!terms.alongside().isEmpty()) {
            all = new ArrayList<>(drafts);
            all.addAll(terms.alongside());
        }
        Trail trail = commons.permissions().trail();
        Write write = new Write(trail.with(context, all), List.of());
        CompletableFuture<Commit> answer = new CompletableFuture<>();
        Gate gate = CallContext.of(context).gate();
        gate.write(() -> committing(write).whenComplete((commit, failure) -> {
            if (commit != null) {
                commons.horizon().whenOffered(commit.sequence(), gate::settled);
                answer.complete(Trail.without(commit));
            } else {
                gate.settled();
                Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
                trail.failed(context, drafts, cause);
                answer.completeExceptionally(cause);
            }
        }));
        return answer;
    }

    private CompletionStage<Commit> committing(Write write) {
        try {
            return commons.store().commit(write);
        } catch (RuntimeException failure) {
            return CompletableFuture.failedStage(failure);
        }
    }
}
