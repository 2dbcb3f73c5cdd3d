// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Recall;
import dev.tarn.api.resource.Source;
import dev.tarn.api.resource.Source.Fetched;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.User;
import java.time.Duration;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills rows of cached tables from their sources when they are read: one fetch a row at a time, whoever waits for it; a row
 * past its best is given out while it is fetched again. Safe on any thread, never blocks the caller.
 */
final class Sourced implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sourced.class);

    /** Rows that may be on their way at once. */
    private static final int FLIGHTS = 10_000;

    /** Sources that may block at once; the engine's own threads wait for none. */
    private static final int THREADS = 32;

    private final Commons commons;
    private final Reads reads;
    private final Writes writes;
    private final Context self = new CallContext(new User("source", Set.of(), true), "source", "source", null);
    private final List<Source> sources = new CopyOnWriteArrayList<>();
    private final Map<Path, Flight> flights = new ConcurrentHashMap<>();
    private final Workers threads = new Workers("tarn-source-", THREADS, FLIGHTS);

    /** A fetch that is under way: what comes of it, and whether that is out of date before it is there. */
    private record Flight(CompletableFuture<Optional<Row>> row, AtomicBoolean overtaken) {
        Flight() {
            this(new CompletableFuture<>(), new AtomicBoolean());
        }
    }

    /** A row, where it comes from, and for how long. */
    private record Cached(Source source, Exported exported, Path path) {
        /** How long a row is as good as new; zero for ever. */
        Duration fresh(Fetched fetched) {
            return fetched.fresh().isZero() ? fresh() : fetched.fresh();
        }

        private Duration fresh() {
            return source.fresh().isZero() ? exported.table().rules().expiration() : source.fresh();
        }

        Duration stale() {
            return source.stale().isZero() ? lifetime().eviction() : source.stale();
        }

        private Table.Lifetime lifetime() {
            return exported.table().rules().lifetime();
        }

        /** How much longer than it is fresh a row has to live, since the table would not keep it. */
        Duration beyondEviction() {
            Duration beyond = stale().minus(lifetime().eviction());
            return beyond.isNegative() ? Duration.ZERO : beyond;
        }

        /** Whether a row is as good as new. */
        boolean isFresh(Row row, long now) {
            return now < freshUntil(row);
        }

        /** Whether a row may be given out, if only while it is fetched again. */
        boolean isGood(Row row, long now) {
            return now - stale().toMillis() < freshUntil(row);
        }

        private long freshUntil(Row row) {
            long expiresAt = row.attributes().expiresAt();
            if (expiresAt != 0) {
                return expiresAt - beyondEviction().toMillis();
            }
            return fresh().isZero() ? Long.MAX_VALUE : row.version() / 1_000 + fresh().toMillis();
        }
    }

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

    /** Waits a moment for sources that are still asked. */
    @Override
    public void close() {
        threads.close();
    }

    /** As {@link Reads#get}; from the source, where there is one and the row is not there, too old, or wanted anew. */
    CompletionStage<Optional<Row>> get(Context context, Path path, Recall recall) {
        CompletionStage<Optional<Row>> there = reads.get(context, path);
        Cached cached = sources.isEmpty() ? null : cached(path);
        if (cached == null) {
            return there;
        }
        return there.thenCompose(
                found -> recall != Recall.ANEW && found.isPresent() && cached.isFresh(found.get(), now())
                        ? CompletableFuture.completedFuture(found)
                        : filled(context, cached, recall));
    }

    /** As {@link Writes#delete}; what is being fetched meanwhile is out of date. */
    CompletionStage<Commit> delete(Context context, Path path, Terms terms) {
        if (!flights.isEmpty()) {
            Flight flight = flights.remove(commons.routing().route(path).path());
            if (flight != null) {
                flight.overtaken().set(true);
            }
        }
        return writes.delete(context, path, terms);
    }

    private long now() {
        return commons.settings().clock().millis();
    }

    private @Nullable Cached cached(Path path) {
        Route route = commons.routing().route(path);
        for (Source source : sources) {
            if (source.resource().equals(route.exported().export())) {
                return new Cached(source, route.exported(), route.path());
            }
        }
        return null;
    }

    /** What is kept of the row, if that may still be given out, or else what the source has; as the context may see it. */
    private CompletionStage<Optional<Row>> filled(Context context, Cached cached, Recall recall) {
        return kept(cached)
                .thenCompose(kept -> {
                    Row row = kept.orElse(null);
                    boolean good = row != null && cached.isGood(row, now());
                    if (recall == Recall.KEPT) {
                        return good
                                ? CompletableFuture.completedFuture(kept)
                                : CompletableFuture.failedStage(notKept());
                    } else if (row == null || !good || recall == Recall.ANEW) {
                        return fetched(cached, row);
                    }
                    if (!cached.isFresh(row, now())) {
                        fetched(cached, row).whenComplete((again, failure) -> {
                            if (failure != null) {
                                LOG.info("a row stays as it is path={} reason=\"{}\"", cached.path(), reason(failure));
                            }
                        });
                    }
                    return CompletableFuture.completedFuture(kept);
                })
                .thenApply(row -> row.flatMap(each -> reads.seen(context, cached.exported(), each)));
    }

    private static Failure notKept() {
        return new Failure(Failure.Code.UNAVAILABLE, "the row is not kept, and its source is not to be asked");
    }

    /** What the one fetch of this row that is under way gives, or a new one; whole. */
    private CompletionStage<Optional<Row>> fetched(Cached cached, @Nullable Row old) {
        Path path = cached.path();
        Flight mine = new Flight();
        Flight flight = flights.putIfAbsent(path, mine);
        if (flight != null) {
            return flight.row().copy();
        }
        if (flights.size() > FLIGHTS) {
            flights.remove(path, mine);
            return CompletableFuture.failedFuture(
                    new Failure(Failure.Code.BUSY, "too many rows are being fetched, try again"));
        }
        // A flight that ended between this caller's look and now has left its row.
        kept(cached)
                .thenCompose(now -> now.isPresent()
                                && (old == null || now.get().version() != old.version())
                                && cached.isFresh(now.get(), now())
                        ? CompletableFuture.completedFuture(now)
                        : flown(cached, now.orElse(null), mine))
                .whenComplete((row, failure) -> {
                    flights.remove(path, mine);
                    if (failure == null) {
                        mine.row().complete(row);
                    } else {
                        mine.row().completeExceptionally(failure);
                    }
                });
        return mine.row().copy();
    }

    private CompletionStage<Optional<Row>> kept(Cached cached) {
        return commons.store().kept(cached.exported().table(), cached.path(), commons.workers());
    }

    private CompletionStage<Optional<Row>> flown(Cached cached, @Nullable Row old, Flight flight) {
        return ask(cached, old)
                .thenCompose(body -> body.isEmpty()
                        ? CompletableFuture.completedFuture(Optional.<Row>empty())
                        : put(cached, body.get(), old, flight));
    }

    private CompletionStage<Optional<Fetched>> ask(Cached cached, @Nullable Row old) {
        Source source = cached.source();
        Row before =
                old == null ? null : reads.seen(self, cached.exported(), old).orElse(null);
        CompletableFuture<Optional<Fetched>> asked = threads.call(() -> source.fetch(cached.path(), before))
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
                    LOG.warn("a source failed resource={} path={}", source.resource(), cached.path(), cause);
                    return CompletableFuture.failedStage(
                            new Failure(Failure.Code.UNAVAILABLE, "the source of " + source.resource() + " failed"));
                });
    }

    /** Keeps what was fetched, unless somebody has written or removed the row meanwhile; then his row it is. */
    private CompletionStage<Optional<Row>> put(Cached cached, Fetched fetched, @Nullable Row old, Flight flight) {
        Duration fresh = cached.fresh(fetched);
        long expiresAt =
                fresh.isZero() ? 0 : now() + fresh.plus(cached.beyondEviction()).toMillis();
        Attributes attributes = Attributes.builder().expiresAt(expiresAt).build();
        if (flight.overtaken().get()) {
            return CompletableFuture.completedFuture(
                    Optional.of(new Row(cached.path(), fetched.body(), 0, attributes)));
        }
        Terms anew = new Terms(attributes, Expectation.ABSENT, List.of());
        if (old == null) {
            return putOr(cached, fetched, anew, flight, () -> kept(cached));
        }
        // The old row is there or, once it has expired, absent; that may change at any moment.
        Terms again = anew.expecting(Expectation.at(Set.of(old.version())));
        return putOr(
                cached,
                fetched,
                again,
                flight,
                () -> kept(cached).thenCompose(now -> {
                    boolean another = now.isPresent() && now.get().version() != old.version();
                    return another
                            ? CompletableFuture.completedFuture(now)
                            : putOr(cached, fetched, anew, flight, () -> kept(cached));
                }));
    }

    private CompletionStage<Optional<Row>> putOr(
            Cached cached,
            Fetched fetched,
            Terms terms,
            Flight flight,
            Supplier<CompletionStage<Optional<Row>>> otherwise) {
        return put(cached, fetched, terms, flight)
                .thenCompose(put -> put.isPresent() ? CompletableFuture.completedFuture(put) : otherwise.get());
    }

    /** What was put; empty when the row is not as expected. */
    private CompletionStage<Optional<Row>> put(Cached cached, Fetched fetched, Terms terms, Flight flight) {
        return writes.put(self, cached.path(), fetched.body(), terms)
                .handle((commit, failure) -> {
                    if (commit != null) {
                        return settled(cached, commit, flight);
                    }
                    Failure.Code code = cause(failure) instanceof Failure refused ? refused.code() : null;
                    return code == Failure.Code.CONFLICT || code == Failure.Code.PRECONDITION
                            ? CompletableFuture.completedFuture(Optional.<Row>empty())
                            : CompletableFuture.<Optional<Row>>failedFuture(cause(failure));
                })
                .thenCompose(stage -> stage);
    }

    /** The row that was put; taken back if it was out of date by then. */
    private CompletionStage<Optional<Row>> settled(Cached cached, Commit commit, Flight flight) {
        return kept(cached).thenCompose(row -> {
            if (!flight.overtaken().get() || row.isEmpty()) {
                return CompletableFuture.completedFuture(row);
            }
            Expectation mine = Expectation.at(Set.of(commit.changes().get(0).version()));
            return writes.delete(self, cached.path(), Terms.NONE.expecting(mine))
                    .handle((removed, newer) -> row);
        });
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static String reason(Throwable failure) {
        Throwable cause = cause(failure);
        return cause instanceof Failure refused ? refused.reason() : cause.toString();
    }
}
