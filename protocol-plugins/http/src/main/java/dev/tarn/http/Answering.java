// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Outcome;
import dev.tarn.api.application.Request;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Resources;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Requests that an application's logic answers: any verb, with its own status and headers. On the exchange's loop. */
final class Answering {

    private final Resources resources;
    private final Reading reading;
    private final Writing writing;
    private final Representations representations;

    Answering(Resources resources, Reading reading, Writing writing, Bodies bodies) {
        this.resources = resources;
        this.reading = reading;
        this.writing = writing;
        this.representations = new Representations(bodies);
    }

    /** Whether logic answers; then it is asked. */
    boolean takes(Call call) {
        Action action = action(call);
        if (action == null) {
            return false;
        }
        Path path = path(call);
        if (!resources.overridden(call.exchange().context(), path, action)) {
            return false;
        }
        switch (action) {
            case GET, FIND -> ask(call, action, path, null, Expectation.ANYTHING);
            case DELETE -> writing.conditional(call, expectation -> ask(call, action, path, null, expectation));
            case POST -> writing.body(call, bytes -> ask(call, action, path, body(call, bytes), Expectation.ANYTHING));
            default ->
                writing.body(
                        call,
                        bytes -> writing.conditional(
                                call, expectation -> ask(call, action, path, body(call, bytes), expectation)));
        }
        return true;
    }

    private static @Nullable Action action(Call call) {
        boolean whole = call.folder();
        return switch (call.method().name()) {
            case "GET", "HEAD" -> whole ? Action.FIND : Action.GET;
            // Rows that are put all at once go through the logic one by one, and a query's removals too.
            case "PUT" -> whole ? null : Action.PUT;
            case "DELETE" -> whole ? null : Action.DELETE;
            case "PATCH" -> whole ? null : Action.PATCH;
            case "POST" -> Action.POST;
            default -> null;
        };
    }

    /** The path without the slash at the end, which says that a list is meant. */
    private static Path path(Call call) {
        String text = call.text();
        return Path.of(call.folder() && text.length() > 1 ? text.substring(0, text.length() - 1) : text);
    }

    private @Nullable Body body(Call call, byte[] bytes) {
        if (bytes.length == 0 && call.headers().get(HttpHeaderNames.CONTENT_TYPE) == null) {
            return null;
        }
        return writing.read(call, bytes);
    }

    private void ask(Call call, Action action, Path path, @Nullable Body body, Expectation expectation) {
        List<Property> headers = new ArrayList<>();
        call.headers().forEach(header -> headers.add(new Property(header.getKey(), header.getValue())));
        Request request = Request.of(action, path, body, writing.terms(call, expectation))
                .querying(call.exchange().query())
                .with(headers);
        Writing.answer(
                call,
                resources.call(call.exchange().context(), request),
                expectation,
                outcome -> respond(call, action, outcome));
    }

    private void respond(Call call, Action action, Outcome outcome) {
        Answer answer = outcome.answer();
        boolean plain = answer.status() == 0 && answer.headers().isEmpty();
        Call marked =
                plain ? call : new Call(new Marked(call.exchange(), answer), call.text(), call.folder(), call.table());
        Answer.Said said = answer.said();
        if (said instanceof Answer.Stored stored) {
            row(marked, action, stored.row());
        } else if (said instanceof Answer.Value value) {
            value(marked, value.body());
        } else if (said instanceof Answer.Rows || said instanceof Answer.Items) {
            reading.list(marked, CompletableFuture.completedFuture(answer.found(outcome.path())));
        } else if (said instanceof Answer.Absent) {
            absent(marked, action, answer);
        } else {
            plain(marked, action, outcome);
        }
    }

    private void row(Call call, Action action, Row row) {
        if (action == Action.GET) {
            reading.found(call, row);
        } else {
            value(call, row.body());
        }
    }

    private void value(Call call, Body body) {
        Representations.Chosen chosen =
                representations.choose(body, Accept.of(call.headers().getAll(HttpHeaderNames.ACCEPT)));
        if (chosen == null) {
            call.refuse(HttpResponseStatus.NOT_ACCEPTABLE, "this can be had as " + Media.sendable(body.mediaType()));
            return;
        }
        boolean worth = chosen.bytes().length >= Coding.LEAST && Coding.gains(chosen.mediaType());
        FullHttpResponse response = Reading.coded(chosen.bytes(), worth ? Coding.chosen(call.headers()) : null);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, chosen.mediaType())
                .set(HttpHeaderNames.VARY, "Accept, Accept-Encoding");
        call.exchange().respond(response);
    }

    private void absent(Call call, Action action, Answer answer) {
        if (action != Action.GET && action != Action.FIND) {
            call.exchange().respond(Call.empty(HttpResponseStatus.NO_CONTENT));
        } else if (answer.status() != 0) {
            call.exchange().respond(Call.empty(HttpResponseStatus.valueOf(answer.status())));
        } else if (action == Action.GET
                && call.text().lastIndexOf('.') > call.text().lastIndexOf('/')) {
            // The id may end with a format's suffix or a property's name.
            reading.missed(call, 0);
        } else {
            throw new Failure(Failure.Code.NOT_FOUND, "there is nothing here");
        }
    }

    /** What a plain table says after the same. */
    private void plain(Call call, Action action, Outcome outcome) {
        Change change = own(outcome);
        boolean table = call.table() != null && !call.table().rules().opaque();
        switch (action) {
            case PUT -> {
                if (change == null) {
                    call.exchange().respond(Call.empty(HttpResponseStatus.NO_CONTENT));
                } else {
                    writing.written(call, outcome.commit());
                }
            }
            case POST -> {
                if (change == null || change.previous() != 0 || call.table() == null) {
                    call.exchange()
                            .respond(Call.empty(
                                    change == null ? HttpResponseStatus.ACCEPTED : HttpResponseStatus.NO_CONTENT));
                } else {
                    writing.created(call, change);
                }
            }
            case DELETE -> {
                if (change == null && table) {
                    throw new Failure(Failure.Code.NOT_FOUND, "there is no such row");
                }
                call.exchange().respond(Call.empty(HttpResponseStatus.NO_CONTENT));
            }
            default -> {
                FullHttpResponse response = Call.empty(HttpResponseStatus.NO_CONTENT);
                if (change != null) {
                    Writing.tag(call, response.headers(), change);
                }
                call.exchange().respond(response);
            }
        }
    }

    /** What was written at the path that was asked for. */
    private static @Nullable Change own(Outcome outcome) {
        return outcome.commit().changes().stream()
                .filter(change -> change.path().equals(outcome.path()) && change.version() != 0)
                .findFirst()
                .orElse(null);
    }
}
