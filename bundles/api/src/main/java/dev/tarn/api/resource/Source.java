// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Where the rows of a table come from that is a cache of something else: another service, a computation. Register one as a
 * service, and the table is sourced from it until it is unregistered; of several for one table the first counts.
 *
 * <p>A row that is not there is fetched when it is asked for, once however many ask. What was fetched is a row like any
 * other, and a subscriber sees it come. Removing a row ({@link Resource#delete}) invalidates it: the next reader fetches it
 * anew, and what a fetch brings that began before is not kept. Lists, queries and subscriptions fetch nothing.
 */
@ConsumerType
public interface Source {

    /** The name under which the table is exported. */
    String resource();

    /**
     * Fetches what a row's body is; empty when there is nothing. On one of the engine's threads; it may block, but is given
     * up after {@link #timeout}. A stage that fails makes those who wait be told UNAVAILABLE, or what {@link
     * dev.tarn.api.data.Failure} it fails with.
     */
    CompletionStage<Optional<Body>> fetch(Path path);

    /**
     * As {@link #fetch(Path)}, for a source that knows how long what it fetches is good, or that can ask whether what it
     * gave before is still so. This is what the engine calls.
     *
     * @param before what is kept of the row, past its best; null when nothing is
     */
    default CompletionStage<Optional<Fetched>> fetch(Path path, @Nullable Row before) {
        return fetch(path).thenApply(body -> body.map(Fetched::of));
    }

    /** How long a fetched row is as good as new; zero for as long as the table's expiration says, or else for ever. */
    default Duration fresh() {
        return Duration.ZERO;
    }

    /** How much longer it is given out while it is fetched again; zero for as long as the table's eviction says. */
    default Duration stale() {
        return Duration.ZERO;
    }

    /** How long those who ask wait for what is fetched, before they are told UNAVAILABLE. */
    default Duration timeout() {
        return Duration.ofSeconds(10);
    }

    /** A source that asks a function, with what else the interface says by default. */
    static Source of(String resource, java.util.function.Function<Path, Optional<Body>> fetch) {
        return new Source() {
            @Override
            public String resource() {
                return resource;
            }

            @Override
            public CompletionStage<Optional<Body>> fetch(Path path) {
                return CompletableFuture.completedFuture(fetch.apply(path));
            }
        };
    }

    /**
     * What was fetched.
     *
     * @param fresh how long it is as good as new; zero for as long as the source says of all
     */
    record Fetched(Body body, Duration fresh) {
        /** As good as the source says of all. */
        public static Fetched of(Body body) {
            return new Fetched(body, Duration.ZERO);
        }
    }
}
