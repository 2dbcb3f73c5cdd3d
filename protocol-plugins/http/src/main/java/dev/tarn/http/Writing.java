// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Property;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Terms;
import dev.tarn.transport.Printable;
import dev.tarn.transport.Problem;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** PUT, PATCH, POST and DELETE. On the exchange's loop. */
final class Writing {
    private static final List<String> PATCHES = List.of(Call.MERGE_PATCH, Call.JSON_PATCH);

    private final Resources resources;
    private final Bodies bodies;
    private final int bodyLimit;
    private final Storing storing;
    private final Executor worker;

    /** @param worker decodes bodies that come compressed */
    Writing(Resources resources, Bodies bodies, int bodyLimit, int wholeLimit, Executor worker) {
        this.worker = worker;
        this.resources = resources;
        this.bodies = bodies;
        this.bodyLimit = bodyLimit;
        this.storing = new Storing(this, resources, bodies, wholeLimit);
    }

    // PUT

    void put(Call call) {
        Call.noQuery(call.exchange().query(), "PUT");
        if (call.folder()) {
            putAll(call);
        } else if (call.namesTable()) {
            call.notAllowed("a table is not a row; PUT /" + call.resource() + "/id");
        } else if (!storing.takes(call)) {
            whole(call);
        }
    }

    /** Puts a row whose body is short enough to be held. */
    void whole(Call call) {
        body(call, bytes -> put(call, bytes));
    }

    /** Puts a row whose body is here. */
    void put(Call call, byte[] bytes) {
        conditional(call, expectation -> {
            Body body = structured(call) ? bodies.structured(contentType(call), bytes) : opaque(call, bytes);
            put(call, body, expectation);
        });
    }

    private void put(Call call, Body body, Expectation expectation) {
        write(
                call,
                resources.put(call.exchange().context(), call.path(), body, terms(call, expectation)),
                expectation,
                commit -> written(call, commit));
    }

    private void putAll(Call call) {
        if (call.table() == null || call.table().root() || !call.prefix().isEmpty() || call.opaque()) {
            call.notAllowed("rows are put all at once at /Table/ of a declared table");
            return;
        }
        if (conditionOnMany(call) || unsupported(call)) {
            return;
        }
        body(call, bytes -> {
            Object value = bodies.structured(contentType(call), bytes).value();
            if (!(value instanceof List<?> elements)) {
                throw Call.malformed("PUT of a whole table takes an array of rows");
            }
            List<Body> rows = new ArrayList<>(elements.size());
            for (Object element : elements) {
                rows.add(bodies.of(element));
            }
            CompletionStage<Commit> stage =
                    resources.putAll(call.exchange().context(), call.resource(), rows, Terms.NONE);
            write(call, stage, Expectation.ANYTHING, commit -> respond(call, HttpResponseStatus.NO_CONTENT));
        });
    }

    /** 201 for a new row, 204 for a replaced one (RFC 9110 §9.3.4). */
    void written(Call call, Commit commit) {
        if (commit.changes().isEmpty()) {
            // An application has seen to it in another way.
            respond(call, HttpResponseStatus.NO_CONTENT);
            return;
        }
        Change change = commit.changes().get(0);
        boolean created = change.previous() == 0;
        FullHttpResponse response = Call.empty(created ? HttpResponseStatus.CREATED : HttpResponseStatus.NO_CONTENT);
        tag(call, response.headers(), change);
        if (created) {
            response.headers().set(HttpHeaderNames.LOCATION, Locations.of(change.path()));
        }
        call.exchange().respond(response);
    }

    static void tag(Call call, HttpHeaders headers, Change change) {
        if (change.version() != 0) {
            headers.set(
                    HttpHeaderNames.ETAG, Tag.of(change.version(), call.opaque() ? "o" : Media.letters(Bodies.JSON)));
        }
    }

    // PATCH

    void patch(Call call) {
        Call.noQuery(call.exchange().query(), "PATCH");
        if (call.folder() || call.namesTable()) {
            call.notAllowed("PATCH changes one row: /Table/id");
            return;
        }
        if (!PATCHES.contains(Media.essence(contentType(call))) && unsupported(call)) {
            return;
        }
        body(
                call,
                bytes -> conditional(call, expectation -> {
                    Body body = bodies.structured(contentType(call), bytes);
                    write(
                            call,
                            resources.patch(call.exchange().context(), call.path(), body, terms(call, expectation)),
                            expectation,
                            commit -> {
                                FullHttpResponse response = Call.empty(HttpResponseStatus.NO_CONTENT);
                                tag(call, response.headers(), commit.changes().get(0));
                                call.exchange().respond(response);
                            });
                }));
    }

    // POST

    void post(Call call) {
        Call.noQuery(call.exchange().query(), "POST");
        Table table = call.table();
        boolean whole = call.namesTable() || (call.folder() && call.prefix().isEmpty());
        if (table != null && !table.root() && !call.opaque() && whole) {
            if (storing.creates(call) || unsupported(call)) {
                return;
            }
            body(call, bytes -> create(call, bodies.structured(contentType(call), bytes), Terms.NONE));
        } else if (call.folder()) {
            call.notAllowed("POST creates a row at /Table/ or says something at a path");
        } else {
            body(
                    call,
                    bytes -> held(call, () -> {
                        Body body =
                                structured(call) ? bodies.structured(contentType(call), bytes) : opaque(call, bytes);
                        CompletionStage<Commit> stage = resources.publish(
                                call.exchange().context(), call.path(), body, terms(call, Expectation.ANYTHING));
                        write(call, stage, Expectation.ANYTHING, commit -> respond(call, HttpResponseStatus.ACCEPTED));
                    }));
        }
    }

    /** Makes a row with an id of the server's or of the body's, and answers when that is done. */
    CompletionStage<Commit> create(Call call, Body body, Terms terms) {
        CompletionStage<Commit> stage = resources.create(call.exchange().context(), call.resource(), body, terms);
        call.then(stage, commit -> created(call, commit.changes().get(0)));
        return stage;
    }

    /** 201 with the id, for a new row. */
    void created(Call call, Change change) {
        Table table = Objects.requireNonNull(call.table());
        String id = String.valueOf(table.id(change.path()));
        Body answer = bodies.of(table.key(id));
        FullHttpResponse response = Call.full(
                HttpResponseStatus.CREATED,
                Unpooled.wrappedBuffer(answer.as(Bodies.JSON).bytes()));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, Bodies.JSON)
                .set(HttpHeaderNames.LOCATION, Locations.of(change.path()));
        tag(call, response.headers(), change);
        call.exchange().respond(response);
    }

    // DELETE

    void delete(Call call) {
        if (call.folder()) {
            deleteAll(call);
            return;
        } else if (call.namesTable()) {
            call.notAllowed("DELETE removes one row, /Table/id, or those of a query, /Table/?temp=gt=100");
            return;
        }
        Call.noQuery(call.exchange().query(), "DELETE");
        conditional(
                call,
                expectation -> write(
                        call,
                        resources.delete(call.exchange().context(), call.path(), terms(call, expectation)),
                        expectation,
                        commit -> {
                            if (commit.changes().isEmpty()) {
                                throw new Failure(Failure.Code.NOT_FOUND, "there is no such row");
                            }
                            respond(call, HttpResponseStatus.NO_CONTENT);
                        }));
    }

    /** Removes what a query finds, and tells how many rows that were. */
    private void deleteAll(Call call) {
        if (conditionOnMany(call)) {
            return;
        } else if (call.exchange().query().isEmpty()) {
            throw Call.malformed("DELETE of many rows needs a query that says which, such as /Table/?temp=gt=100");
        }
        call.then(
                resources.deleteAll(call.exchange().context(), Reading.search(call, call.prefix(), false)), removed -> {
                    Body answer = bodies.of(Map.of("deleted", removed));
                    FullHttpResponse response = Call.full(
                            HttpResponseStatus.OK,
                            Unpooled.wrappedBuffer(answer.as(Bodies.JSON).bytes()));
                    response.headers().set(HttpHeaderNames.CONTENT_TYPE, Bodies.JSON);
                    call.exchange().respond(response);
                });
    }

    // What they share

    private static void respond(Call call, HttpResponseStatus status) {
        call.exchange().respond(Call.empty(status));
    }

    /** A body in the form that its table or its application takes. */
    Body read(Call call, byte[] bytes) {
        boolean patch = PATCHES.contains(Media.essence(contentType(call)));
        boolean value = patch || bodies.codec(contentType(call)).isPresent();
        return value && (patch || structured(call)) ? bodies.structured(contentType(call), bytes) : opaque(call, bytes);
    }

    /** Reads the request body, then goes on. */
    void body(Call call, Consumer<byte[]> use) {
        if (Inflated.comes(call.headers())) {
            CompletionStage<byte[]> plain = call.exchange()
                    .body(bodyLimit)
                    .thenApplyAsync(coded -> Inflated.of(coded, call.headers(), bodyLimit), worker);
            call.then(plain, use);
        } else if (!coded(call)) {
            call.then(call.exchange().body(bodyLimit), use);
        }
    }

    /** Answers 415 and returns true where the body is coded (RFC 9110 §15.5.16). */
    static boolean coded(Call call) {
        String coding = call.headers().get(HttpHeaderNames.CONTENT_ENCODING);
        if (coding == null || coding.isBlank() || coding.strip().equalsIgnoreCase("identity")) {
            return false;
        }
        FullHttpResponse response = Problem.answer(
                HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                "bodies are taken as they are, or with Content-Encoding: gzip or deflate",
                List.of());
        response.headers().set(HttpHeaderNames.ACCEPT_ENCODING, Inflated.ACCEPTED);
        call.exchange().respond(response);
        return true;
    }

    /** Goes on with what the request's conditions expect of the row, reading it first where they need that. */
    void conditional(Call call, Consumer<Expectation> write) {
        Expectation expected = Conditions.expected(call.headers());
        if (expected != null) {
            write.accept(expected);
            return;
        }
        call.then(resources.get(call.exchange().context(), call.path()), row -> {
            Expectation now = Conditions.write(call.headers(), Reading.version(row));
            if (now == null) {
                call.exchange().respond(Reading.preconditionFailed());
            } else {
                write.accept(now);
            }
        });
    }

    /** Goes on with what changes no row if the row is now as the request's conditions say. */
    private void held(Call call, Runnable then) {
        if (Conditions.expected(call.headers()) == Expectation.ANYTHING) {
            then.run();
            return;
        }
        call.then(resources.get(call.exchange().context(), call.path()), row -> {
            if (Conditions.write(call.headers(), Reading.version(row)) == null) {
                call.exchange().respond(Reading.preconditionFailed());
            } else {
                then.run();
            }
        });
    }

    /** Answers 412 and returns true where a request about many rows has a condition: a table has no entity tag. */
    private static boolean conditionOnMany(Call call) {
        boolean fails =
                Conditions.expected(call.headers()) != Expectation.ANYTHING && !Conditions.anyRow(call.headers());
        if (fails) {
            call.exchange().respond(Reading.preconditionFailed());
        }
        return fails;
    }

    /** Answers a write; a condition of the request that does not hold is 412, whatever the store calls it. */
    static void write(Call call, CompletionStage<Commit> stage, Expectation expectation, Consumer<Commit> done) {
        answer(call, stage, expectation, done);
    }

    /** As {@link #write}, whatever the stage gives. */
    static <T> void answer(Call call, CompletionStage<T> stage, Expectation expectation, Consumer<T> done) {
        call.then(stage, done, failure -> {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            boolean conditional = expectation != Expectation.ANYTHING;
            if (conditional && cause instanceof Failure refused && refused.code() == Failure.Code.CONFLICT) {
                call.exchange().respond(Reading.preconditionFailed());
            } else {
                call.exchange().fail(cause);
            }
        });
    }

    /**
     * What the body is said to be.
     *
     * @throws Failure MALFORMED for what is no media type (RFC 9110 §8.3.1)
     */
    static String contentType(Call call) {
        String type = call.headers().get(HttpHeaderNames.CONTENT_TYPE);
        if (type == null || type.isBlank()) {
            return Body.OPAQUE;
        }
        if (!Media.isType(type)) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    "Content-Type " + Printable.of(type) + " is no media type such as " + Bodies.JSON);
        }
        return type;
    }

    /** Whether the body is to be kept as a value: a format we know, for a table that keeps values. */
    boolean structured(Call call) {
        return !call.opaque() && bodies.codec(contentType(call)).isPresent();
    }

    /** Answers 415 and returns true where the body's format is none of objects. */
    private boolean unsupported(Call call) {
        String type = contentType(call);
        if (bodies.codec(type).isPresent()) {
            return false;
        }
        FullHttpResponse response = Problem.answer(
                HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                type + " is not a format of objects; send " + String.join(", ", Media.STRUCTURED),
                List.of());
        if (call.method().equals(HttpMethod.PATCH)) {
            response.headers().set(HttpHeaderNames.ACCEPT_PATCH, Call.PATCHES);
        }
        call.exchange().respond(response);
        return true;
    }

    private Body opaque(Call call, byte[] bytes) {
        return bodies.opaque(contentType(call), bytes);
    }

    Terms terms(Call call, Expectation expectation) {
        String type = call.headers().get(HttpHeaderNames.CONTENT_TYPE);
        String kept = type == null || structured(call) ? null : type;
        long lifetime = Freshness.asked(call.headers());
        List<Property> properties = UserProperties.of(call.headers());
        Attributes attributes = kept == null && lifetime == 0 && properties.isEmpty()
                ? Attributes.NONE
                : Attributes.builder()
                        .contentType(kept)
                        .properties(properties)
                        .expiresAt(lifetime == 0 ? 0 : System.currentTimeMillis() + lifetime)
                        .build();
        return new Terms(attributes, expectation, List.of());
    }
}
