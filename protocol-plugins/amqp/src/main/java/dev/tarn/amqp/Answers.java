// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Search;
import dev.tarn.api.resource.Terms;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests for rows with a message to the address that they name, which has property {@code status} as HTTP would
 * say it. Safe on any thread.
 */
final class Answers {

    /** Rows of one answer; a query that finds more is refused. */
    private static final int MOST_ROWS = 1_000;

    private final Resources resources;
    private final Bodies bodies;

    Answers(Resources resources, Bodies bodies) {
        this.resources = resources;
        this.bodies = bodies;
    }

    /** Completes when the answer was said, be it that there is nothing; fails when it could not be said. */
    CompletionStage<Commit> answer(Context context, Request request) {
        return body(context, request)
                .handle((body, failed) -> failed == null ? reply(200, body) : reply(failed))
                .thenCompose(reply -> resources.publish(
                        context,
                        Objects.requireNonNull(request.replyTo(), "a get without reply-to"),
                        reply.body(),
                        Terms.of(attributes(request, reply))));
    }

    private record Reply(int status, Body body) {}

    private static Reply reply(int status, Body body) {
        return new Reply(status, body);
    }

    private Reply reply(Throwable failed) {
        Throwable cause = failed.getCause() == null ? failed : failed.getCause();
        if (!(cause instanceof Failure failure)) {
            throw new IllegalStateException("reading a row failed", cause);
        }
        int status = switch (failure.code()) {
            case MALFORMED -> 400;
            case INVALID -> 422;
            case UNAUTHENTICATED -> 401;
            case FORBIDDEN -> 403;
            case NOT_FOUND -> 404;
            case CONFLICT -> 409;
            case PRECONDITION -> 412;
            case UNSUPPORTED -> 501;
            case TOO_LARGE -> 413;
            case BUSY, UNAVAILABLE -> 503;
            case FULL -> 507;
        };
        return new Reply(status, bodies.opaque("text/plain", failure.reason().getBytes(StandardCharsets.UTF_8)));
    }

    private static Attributes attributes(Request request, Reply reply) {
        byte[] correlation = request.attributes().correlation();
        return Attributes.builder()
                .contentType(reply.body().mediaType())
                .correlation(correlation)
                .properties(List.of(new Property("status", Integer.toString(reply.status()))))
                .build();
    }

    private CompletionStage<Body> body(Context context, Request request) {
        Path path = request.path();
        String query = request.query();
        String type = request.format().mediaType() == null
                ? Bodies.JSON
                : request.format().mediaType();
        if (query == null) {
            return resources.get(context, path).thenApply(row -> one(path, row, request.format(), type));
        }
        String rest = path.rest();
        Search search = new Search(path.first(), rest == null ? "" : rest, query, false);
        return resources
                .search(context, search)
                .thenCompose(Answers::collect)
                .thenApply(rows -> opaque(bodies.of(rows), type));
    }

    private Body one(Path path, Optional<Row> row, Format format, String type) {
        if (row.isEmpty()) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no row " + path);
        }
        Body body = row.get().body();
        if (format != Format.REFERENCE && body.contents().containsKey(Content.WHOLE)) {
            return body; // streamed to who gets the answer
        }
        return body.structured() ? opaque(body, type) : body;
    }

    private Body opaque(Body body, String type) {
        return bodies.opaque(type, body.as(type).bytes());
    }

    private static CompletionStage<List<@Nullable Object>> collect(Found found) {
        CompletableFuture<List<@Nullable Object>> all = new CompletableFuture<>();
        found.rows().subscribe(new Flow.Subscriber<>() {
            private final List<@Nullable Object> rows = new ArrayList<>();
            private Flow.@Nullable Subscription source;

            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                source = subscription;
                subscription.request(MOST_ROWS + 1L);
            }

            @Override
            public void onNext(Row row) {
                rows.add(row.body().value());
                if (rows.size() > MOST_ROWS && source != null) {
                    source.cancel();
                    all.completeExceptionally(new Failure(
                            Failure.Code.TOO_LARGE, "more than " + MOST_ROWS + " rows; use limit() and after()"));
                }
            }

            @Override
            public void onError(Throwable failed) {
                all.completeExceptionally(failed);
            }

            @Override
            public void onComplete() {
                all.complete(rows);
            }
        });
        return all;
    }
}
