// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Outcome;
import dev.tarn.api.application.Request;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests through the logic of applications, where there is any: allowed first, as for a plain table, then done as
 * one transaction on a thread for applications. Safe on any thread, never blocks the caller.
 */
final class Overrides {

    private static final Set<Action> OF_ROWS = EnumSet.of(Action.GET, Action.PUT, Action.PATCH, Action.DELETE);

    /** What is done at the path of an endpoint that does not answer it as it is at any path. */
    private static final Set<Action> OF_ANYBODY = EnumSet.of(Action.SUBSCRIBE, Action.PUBLISH, Action.CONNECT);

    private final Commons commons;
    private final Writes writes;
    private final Errands errands;

    Overrides(Commons commons, Writes writes, Errands errands) {
        this.commons = commons;
        this.writes = writes;
        this.errands = errands;
    }

    /** The logic that answers this, or what it ends in; null for none, also where the path leads nowhere. Quick. */
    @Nullable
    Mounted over(Path path, Action action) {
        if (!commons.routing().exports().mounted()) {
            return null;
        }
        Exported exported = commons.routing().exports().resolve(path.first());
        Mounted mounted = exported == null ? null : exported.mounted();
        if (exported == null || mounted == null) {
            return null;
        }
        if (mounted.governs(action)) {
            // A table itself is described, and nothing else, as if there were no logic.
            return mounted.endpoint() || !OF_ROWS.contains(action) || exported.id(path) != null ? mounted : null;
        } else if (mounted.endpoint()) {
            // What it does not answer is refused, but that anybody may listen and talk at its paths.
            return OF_ANYBODY.contains(action) ? null : mounted;
        }
        // A new row is put; at a row's path, POST says something.
        boolean named = exported.id(exported.canonical(path)) != null;
        return action == Action.POST && mounted.answers(named ? Action.PUBLISH : Action.PUT) ? mounted : null;
    }

    /** What was written, for those who can say no more; a refusal that logic answered is one for them. */
    CompletableFuture<Commit> commit(Context context, Request request) {
        return call(context, request).thenApply(outcome -> accepted(outcome).commit());
    }

    private static Outcome accepted(Outcome outcome) {
        if (outcome.answer().status() >= 400) {
            throw Mishap.refused(outcome.answer());
        }
        return outcome;
    }

    /** The row that logic answers with, for those who know rows only. */
    CompletableFuture<Optional<Row>> get(Context context, Path path) {
        return call(context, Request.of(Action.GET, path, null, Terms.NONE)).thenApply(outcome -> {
            Answer.Said said = accepted(outcome).answer().said();
            if (said instanceof Answer.Stored stored) {
                return Optional.of(stored.row());
            } else if (said instanceof Answer.Value value) {
                return Optional.of(new Row(outcome.path(), value.body(), 0, Attributes.NONE));
            } else if (said instanceof Answer.Absent || said instanceof Answer.Plain) {
                return Optional.empty();
            }
            throw new Failure(Failure.Code.UNSUPPORTED, "what is at " + path + " is no single row");
        });
    }

    /** What logic finds, for those who know rows only. */
    CompletableFuture<Found> search(Context context, Search search) {
        String path = search.prefix().isEmpty() ? search.resource() : search.resource() + "/" + search.prefix();
        Request request =
                Request.of(Action.FIND, Path.of(path), null, Terms.NONE).querying(search.text());
        return call(context, request)
                .thenApply(outcome -> accepted(outcome).answer().found(outcome.path()));
    }

    /** Completes when a subscription may begin; at once where nobody has a say in it. */
    CompletableFuture<Void> admitted(Context context, Filter filter) {
        Exports exports = commons.routing().exports();
        if (!exports.mounted()) {
            return CompletableFuture.completedFuture(null);
        } else if (filter.startsWithWildcard()) {
            return eachAdmitted(context, exports, filter);
        }
        Exported exported = exports.resolve(filter.first());
        Mounted mounted = exported == null ? null : exported.mounted();
        if (mounted == null || !mounted.answers(Action.SUBSCRIBE)) {
            return CompletableFuture.completedFuture(null);
        }
        return admit(context, filter).thenAccept(Overrides::accepted);
    }

    /** Whoever asks for many resources at once asks each that has a say in it; one that refuses refuses the whole. */
    private CompletableFuture<Void> eachAdmitted(Context context, Exports exports, Filter filter) {
        List<CompletableFuture<?>> asked = new ArrayList<>();
        for (Exported exported : exports.covered(filter)) {
            Mounted mounted = exported.mounted();
            if (mounted == null || !mounted.answers(Action.SUBSCRIBE)) {
                continue;
            }
            String all = exported.table().root() ? "#" : exported.export() + "/#";
            if (hears(context, exported, all)) {
                asked.add(admit(context, Filter.of(all)).thenAccept(Overrides::accepted));
            }
        }
        return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new));
    }

    private boolean hears(Context context, Exported exported, String all) {
        return commons.permissions().allows(context, Access.Verb.SUBSCRIBE, exported.table(), all)
                || commons.permissions().allows(context, Access.Verb.READ, exported.table(), all);
    }

    /** Whether rows of a resource are put by logic, also where several are put at once. */
    boolean puts(String resource) {
        if (!commons.routing().exports().mounted()) {
            return false;
        }
        Exported exported =
                commons.routing().exports().resolve(Path.of(resource).first());
        Mounted mounted = exported == null ? null : exported.mounted();
        return mounted != null && mounted.answers(Action.PUT);
    }

    /** Fails where nothing answers. */
    CompletableFuture<Outcome> call(Context context, Request request) {
        return switch (request.action()) {
            case PATCH -> answers(request) ? single(context, request) : patch(context, request);
            case POST -> answers(request) ? single(context, request) : post(context, request);
            default -> single(context, request);
        };
    }

    private boolean answers(Request request) {
        Mounted mounted = over(request.path(), request.action());
        return mounted != null && mounted.answers(request.action());
    }

    private CompletableFuture<Outcome> single(Context context, Request request) {
        Errands.Place place = enter(context, request.action(), request.path(), request.terms());
        if (!place.mounted().answers(request.action())) {
            throw leaving(
                    place,
                    new Failure(
                            Failure.Code.UNSUPPORTED,
                            place.path().first() + " has no "
                                    + request.action().name().toLowerCase(java.util.Locale.ROOT)));
        }
        return errands.run(place, request.terms(), run -> {
            Flowing flowing = errands.flowing(place);
            Request asked = request.receiving(flowing.incoming(request.incoming()));
            return flowing.answer(run.ask(request.action(), place.path(), asked));
        });
    }

    private CompletableFuture<Outcome> post(Context context, Request request) {
        Route route = commons.routing().route(request.path());
        if (route.exported().id(route.path()) == null) {
            Body body = request.body();
            if (body == null) {
                throw new Failure(Failure.Code.MALFORMED, "a new row needs a body");
            }
            return create(context, request.path().text(), body, request);
        }
        Request said = new Request(
                Action.PUBLISH,
                request.path(),
                request.query(),
                request.body(),
                request.terms(),
                request.headers(),
                null);
        return single(context, said);
    }

    /** Reads, merges, puts under the condition that the row is still the same (DELIVERY.md). */
    private CompletableFuture<Outcome> patch(Context context, Request request) {
        Errands.Place place = enter(context, Action.PATCH, request.path(), request.terms());
        Exported exported = place.exported();
        Body body = request.body();
        if (body == null) {
            throw leaving(place, new Failure(Failure.Code.MALFORMED, "a patch needs a body"));
        }
        Patch patch;
        try {
            patch = Patch.of(body, exported.schema(), commons.payloads().bodies());
        } catch (Failure failure) {
            throw leaving(place, failure);
        }
        return errands.run(place, request.terms(), run -> {
            Row row = Writes.present(run.seen(place.context(), exported, place.path()));
            run.expect(exported, place.path(), request.terms().expectation());
            Body merged = merged(exported, patch, row);
            return put(run, place.path(), merged, request);
        });
    }

    /** Not yet checked: that is for the table, once the logic has seen it. */
    private Body merged(Exported exported, Patch patch, Row row) {
        if (exported.table().rules().opaque()) {
            return writes.patched(exported, "", patch, row, 0);
        }
        Object value = row.body().value();
        Map<String, @Nullable Object> object = value instanceof Map<?, ?> map ? Schema.object(map) : Map.of();
        return commons.payloads()
                .bodies()
                .of(patch.apply(object))
                .with(row.body().contents());
    }

    private static Answer put(Attempt run, Path path, Body body, Request of) throws Exception {
        Terms terms = of.terms();
        Request put = new Request(
                Action.PUT,
                path,
                "",
                body,
                new Terms(terms.attributes(), Expectation.ANYTHING, List.of()),
                of.headers(),
                null);
        return run.ask(Action.PUT, path, put);
    }

    CompletableFuture<Outcome> create(Context context, String resource, Body body, Request request) {
        Errands.Place place = enter(context, Action.POST, Path.of(resource), request.terms());
        if (place.mounted().answers(Action.POST)) {
            return errands.run(place, request.terms(), run -> run.ask(Action.POST, place.path(), request));
        }
        Exported exported = place.exported();
        return errands.run(place, request.terms(), run -> {
            String given = Writes.givenId(exported, body);
            Path path = run.absent(exported, resource, given);
            commons.permissions().check(context, Access.Verb.INSERT, exported, path);
            run.created(path);
            return put(run, path, body, request);
        });
    }

    /** All of them are put, in one transaction. */
    CompletableFuture<Outcome> putAll(Context context, String resource, List<Body> bodies, Terms terms) {
        Errands.Place place = enter(context, Action.POST, Path.of(resource), terms);
        Exported exported = place.exported();
        Request request = Request.of(Action.PUT, place.path(), null, terms);
        return errands.run(place, terms, run -> {
            for (Body body : bodies) {
                Path path = Writes.path(exported, resource, Writes.bodyId(exported, body));
                writes.allowed(context, exported, path, Terms.NONE);
                put(run, path, body, request);
            }
            return Answer.PLAIN;
        });
    }

    /** The row with a content is put. */
    CompletableFuture<Outcome> attach(Context context, Path path, String attribute, Content content, Terms terms) {
        if (!puts(path.text())) {
            throw new Failure(
                    Failure.Code.UNSUPPORTED, path.first() + " changes rows in a way of its own; put the whole row");
        }
        Errands.Place place = enter(context, Action.PATCH, path, terms);
        Exported exported = place.exported();
        Request request = Request.of(Action.PUT, path, null, terms);
        return errands.run(place, terms, run -> {
            if (!exported.schema().blobs().has(attribute)) {
                throw new Failure(
                        Failure.Code.INVALID,
                        exported.table().name() + " has no attribute " + attribute + " of type Blob");
            }
            Row row = Writes.present(run.seen(place.context(), exported, place.path()));
            run.expect(exported, place.path(), terms.expectation());
            Map<String, @Nullable Object> object = new LinkedHashMap<>();
            if (row.body().value() instanceof Map<?, ?> map) {
                object.putAll(Schema.object(map));
            }
            object.put(attribute, content.reference());
            Map<String, Content> contents = new LinkedHashMap<>(row.body().contents());
            contents.put(attribute, content);
            Body body = commons.payloads().bodies().of(object).with(contents);
            return put(run, place.path(), body, request);
        });
    }

    /** The call's query is the filter; its path what the filter covers alone, or the resource. */
    private CompletableFuture<Outcome> admit(Context context, Filter filter) {
        Path path = Path.of(filter.exact() ? filter.text() : filter.first().isEmpty() ? "/" : filter.first());
        Errands.Place place = enter(context, Action.SUBSCRIBE, path, Terms.NONE);
        String all = commons.routing().exports().canonical(filter).text();
        if (!hears(context, place.exported(), all)) {
            throw leaving(place, commons.permissions().forbidden(context, Access.Verb.SUBSCRIBE, filter.text()));
        }
        Request request = Request.of(Action.SUBSCRIBE, path, null, Terms.NONE).querying(all);
        return errands.run(place, Terms.NONE, run -> run.ask(Action.SUBSCRIBE, place.path(), request));
    }

    /**
     * Where a request goes, if it is allowed, with its call counted.
     *
     * @throws Failure FORBIDDEN, as for a plain table; UNSUPPORTED where neither logic nor a table answers
     */
    private Errands.Place enter(Context context, Action action, Path path, Terms terms) {
        if (action.writes()) {
            Writes.refuseServersOwn(path);
        }
        while (true) {
            Route route = commons.routing().route(path);
            Exported exported = route.exported();
            Mounted mounted = exported.mounted();
            if (mounted == null) {
                throw new Failure(Failure.Code.UNAVAILABLE, "the application is gone; ask again");
            }
            check(context, action, exported, route.path(), terms);
            if (mounted.enter()) {
                return new Errands.Place(CallContext.of(context), action, exported, mounted, route.path());
            }
            // Replaced since the route was found: the next one has what replaced it.
            Thread.onSpinWait();
        }
    }

    private static Failure leaving(Errands.Place place, Failure failure) {
        place.mounted().leave();
        return failure;
    }

    private void check(Context context, Action action, Exported exported, Path path, Terms terms) {
        Permissions permissions = commons.permissions();
        boolean named = exported.id(path) != null;
        if (!named && !exported.endpoint() && OF_ROWS.contains(action)) {
            throw new Failure(
                    Failure.Code.MALFORMED, "\"" + path + "\" is a table; a row of it needs an id after the slash");
        }
        switch (action) {
            case GET -> permissions.check(context, Access.Verb.READ, exported, path);
            case FIND -> checkAll(context, Access.Verb.READ, exported, path);
            case PUT -> writes.allowed(context, exported, path, terms);
            case PATCH -> permissions.check(context, Access.Verb.UPDATE, exported, path);
            case DELETE -> permissions.check(context, Access.Verb.DELETE, exported, path);
            case POST -> permissions.check(context, named ? Access.Verb.PUBLISH : Access.Verb.INSERT, exported, path);
            case PUBLISH -> permissions.check(context, Access.Verb.PUBLISH, exported, path);
            case SUBSCRIBE, CONNECT -> {
                if (!permissions.allows(context, Access.Verb.SUBSCRIBE, exported.table(), path.text())) {
                    permissions.check(context, Access.Verb.READ, exported, path);
                }
            }
        }
    }

    private void checkAll(Context context, Access.Verb verb, Exported exported, Path path) {
        String all = path.text().equals("/") ? "#" : path.text() + "/#";
        if (!commons.permissions().allows(context, verb, exported.table(), all)) {
            throw commons.permissions().forbidden(context, verb, path.text());
        }
    }
}
