// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Source;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.User;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills rows of cached tables from their sources when they are read: one fetch a row at a time, whoever waits for it; a row
 * past its best is given out while it is fetched again. Safe on any thread, never blocks the caller.
 */
final class Sourced {
    private static final Logger LOG = LoggerFactory.getLogger(Sourced.class);

    /** Rows that may be on their way at once. */
    private static final int FLIGHTS = 10_000;

    private final Commons commons;
    private final Reads reads;
    private final Writes writes;
    private final Context self = new CallContext(new User("source", Set.of(), true), "source", "source", null);
    private final List<Source> sources = new CopyOnWriteArrayList<>();
    private final Map<Path, CompletableFuture<Optional<Row>>> flights = new ConcurrentHashMap<>();

    Sourced(Commons commons, Reads reads, Writes writes) {
        this.commons = commons;
        this.reads = reads;
        this.writes = writes;
    }

    void add(Source source) {
        sources.add(source);
    }

    void remove(Source source) {
        sources.remove(source);
    }

    /** As {@link Reads#get}; from the source, where there is one and the row is not there or too old. */
    CompletionStage<Optional<Row>> get(Context context, Path path) {
        CompletionStage<Optional<Row>> there = reads.get(context, path);
        Source source = sources.isEmpty() ? null : source(path);
        if (source == null) {
            return there;
        }
        Path canonical = commons.routing().route(path).path();
        return there.thenCompose(found -> {
            if (found.isEmpty()) {
                return fetched(source, canonical, null);
            }
            Row row = found.get();
            if (commons.settings().clock().millis() - row.version() / 1_000
                    >= source.fresh().toMillis()) {
                fetched(source, canonical, row).whenComplete((again, failure) -> {
                    if (failure != null) {
                        LOG.info("a row stays as it is path={} reason=\"{}\"", canonical, reason(failure));
                    }
                });
            }
            return CompletableFuture.completedFuture(found);
        });
    }

    private @Nullable Source source(Path path) {
        Exported exported = commons.routing().route(path).exported();
        for (Source source : sources) {
            if (source.resource().equals(exported.export())) {
                return source;
            }
        }
        return null;
    }

    /** What the one fetch of this row that is under way gives, or a new one. */
    private CompletionStage<Optional<Row>> fetched(Source source, Path path, @Nullable Row old) {
        CompletableFuture<Optional<Row>> mine = new CompletableFuture<>();
        CompletableFuture<Optional<Row>> flight = flights.putIfAbsent(path, mine);
        if (flight != null) {
            return flight.copy();
        }
        if (flights.size() > FLIGHTS) {
            flights.remove(path, mine);
            mine.completeExceptionally(new Failure(Failure.Code.BUSY, "too many rows are being fetched, try again"));
            return mine;
        }
        // A flight that ended between this caller's look and now has left its row.
        reads.get(self, path)
                .thenCompose(now -> now.isPresent() && (old == null || now.get().version() != old.version())
                        ? CompletableFuture.completedFuture(now)
                        : filled(source, path, old))
                .whenComplete((row, failure) -> {
                    flights.remove(path, mine);
                    if (failure == null) {
                        mine.complete(row);
                    } else {
                        mine.completeExceptionally(failure);
                    }
                });
        return mine.copy();
    }

    private CompletionStage<Optional<Row>> filled(Source source, Path path, @Nullable Row old) {
        return ask(source, path)
                .thenCompose(body -> body.isEmpty()
                        ? CompletableFuture.completedFuture(Optional.<Row>empty())
                        : kept(source, path, body.get(), old));
    }

    private CompletionStage<Optional<Body>> ask(Source source, Path path) {
        CompletableFuture<Optional<Body>> asked = commons.workers()
                .call(() -> source.fetch(path))
                .thenCompose(stage -> stage)
                .toCompletableFuture();
        return asked.copy()
                .orTimeout(source.timeout().toNanos(), TimeUnit.NANOSECONDS)
                .exceptionallyCompose(failure -> {
                    Throwable cause = cause(failure);
                    if (cause instanceof Failure) {
                        return CompletableFuture.failedStage(cause);
                    } else if (cause instanceof TimeoutException) {
                        asked.cancel(true);
                        return CompletableFuture.failedStage(new Failure(
                                Failure.Code.UNAVAILABLE,
                                "the source of " + source.resource() + " did not answer within " + source.timeout()));
                    }
                    LOG.warn("a source failed resource={} path={}", source.resource(), path, cause);
                    return CompletableFuture.failedStage(
                            new Failure(Failure.Code.UNAVAILABLE, "the source of " + source.resource() + " failed"));
                });
    }

    /** Keeps what was fetched, unless somebody has written or removed the row meanwhile; then his row it is. */
    private CompletionStage<Optional<Row>> kept(Source source, Path path, Body body, @Nullable Row old) {
        long lives = source.fresh().plus(source.stale()).toMillis();
        Attributes attributes = Attributes.builder()
                .expiresAt(commons.settings().clock().millis() + lives)
                .build();
        Expectation expected = old == null ? Expectation.ABSENT : Expectation.at(Set.of(old.version()));
        return writes.put(self, path, body, new Terms(attributes, expected, List.of()))
                .handle((commit, failure) -> {
                    if (failure != null
                            && !(cause(failure) instanceof Failure refused
                                    && (refused.code() == Failure.Code.CONFLICT
                                            || refused.code() == Failure.Code.PRECONDITION))) {
                        throw new CompletionException(cause(failure));
                    }
                    return path;
                })
                .thenCompose(written -> reads.get(self, written));
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static String reason(Throwable failure) {
        Throwable cause = cause(failure);
        return cause instanceof Failure refused ? refused.reason() : cause.toString();
    }
}
