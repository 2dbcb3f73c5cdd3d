// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Terms;
import dev.tarn.transport.Envelope;
import dev.tarn.transport.Envelope.Format;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what one client writes and reads. Writes are begun in the order they came; a read waits for the writes before
 * it. On the connection's loop, but stages complete where they like.
 */
final class Requests {
    private final Context context;
    private final Resources resources;
    private final Bodies bodies;
    private final Envelope envelope;
    private final Format format;
    private final Place place;
    private CompletionStage<?> lastWrite = CompletableFuture.completedStage(null);

    Requests(Context context, Resources resources, Bodies bodies, Envelope envelope, Format format, Place place) {
        this.context = context;
        this.resources = resources;
        this.bodies = bodies;
        this.envelope = envelope;
        this.format = format;
        this.place = place;
    }

    Place place() {
        return place;
    }

    /**
     * Does what is asked.
     *
     * @return what to answer beside {@code type} and {@code ref}
     */
    CompletionStage<Map<String, ?>> run(Request request) {
        Path path = place.path(request);
        return switch (request.verb()) {
            case PUT -> written(put(path, request.body(bodies)), false);
            case PATCH ->
                written(resources.patch(context, named(path, request), request.body(bodies), Terms.NONE), false);
            case DELETE -> written(resources.delete(context, named(path, request), Terms.NONE), true);
            case MESSAGE ->
                written(
                        resources.publish(
                                context, path == null ? whole(request) : path, request.body(bodies), Terms.NONE),
                        false);
            case GET -> get(named(path, request));
            case SUBSCRIBE, UNSUBSCRIBE ->
                throw new IllegalArgumentException("not a request about rows: " + request.verb());
        };
    }

    /** Whether an application lets the filter be subscribed to; complete at once where none has a say. */
    CompletionStage<Void> admit(Filter filter) {
        return resources.admit(context, filter);
    }

    /** A put of the row that the socket is at, or of one whose id is in the body. */
    CompletionStage<Map<String, ?>> put(Body body) {
        return written(put(place.row(), body), false);
    }

    private CompletionStage<Commit> put(@Nullable Path path, Body body) {
        return path != null
                ? resources.put(context, path, body, Terms.NONE)
                : resources.putAll(context, place.resource(), List.of(body), Terms.NONE);
    }

    private static Path named(@Nullable Path path, Request request) {
        if (path == null) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    "a " + request.verb().word() + " needs an id, or a path like \"Sensors/101\"");
        }
        return path;
    }

    private Path whole(Request request) {
        if (place.resource().isEmpty()) {
            return named(null, request);
        }
        return Path.of(place.resource());
    }

    private CompletionStage<Map<String, ?>> written(CompletionStage<Commit> write, boolean deletes) {
        lastWrite = write;
        return write.thenApply(commit -> {
            if (deletes && commit.changes().isEmpty()) {
                throw new Failure(Failure.Code.NOT_FOUND, "there is no such row");
            }
            return answer(commit);
        });
    }

    private static Map<String, ?> answer(Commit commit) {
        Map<String, Object> answer = new LinkedHashMap<>();
        if (commit.sequence() != 0) {
            answer.put("sequence", commit.sequence());
        }
        if (commit.changes().size() == 1) {
            Change change = commit.changes().get(0);
            if (change.version() != 0 && change.kind() != Kind.MESSAGE) {
                answer.put("version", change.version());
            }
        }
        return answer;
    }

    private CompletionStage<Map<String, ?>> get(Path path) {
        return lastWrite
                .handle((commit, failure) -> path)
                .thenCompose(wanted -> resources.get(context, wanted))
                .thenApply(found -> {
                    Row row = found.orElseThrow(() -> new Failure(Failure.Code.NOT_FOUND, "there is no row " + path));
                    Map<String, Object> answer = new LinkedHashMap<>();
                    answer.put("path", path.text());
                    answer.put(
                            "value", envelope.value(row.body(), row.attributes().payloadFormat(), format));
                    answer.put("version", row.version());
                    answer.put("timestamp", row.attributes().timestamp());
                    return answer;
                });
    }
}
