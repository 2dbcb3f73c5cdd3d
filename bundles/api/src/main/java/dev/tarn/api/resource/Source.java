// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Where the rows of a table come from that is a cache of something else: another service, a computation. Registered as a
 * service. A row that is not there is fetched when it is asked for, once however many ask; what was fetched is a row like
 * any other, and a subscriber sees it come. Who removes a row makes the next reader fetch it anew.
 */
@ConsumerType
public interface Source {

    /** The name under which the table is exported. */
    String resource();

    /**
     * Fetches what a row's body is; empty when there is nothing. On one of the engine's threads; it may block, but is given
     * up after {@link #timeout}.
     */
    CompletionStage<Optional<Body>> fetch(Path path);

    /** How long a fetched row is as good as new. */
    Duration fresh();

    /** How much longer it is given out while it is fetched again; zero for not at all. */
    default Duration stale() {
        return Duration.ZERO;
    }

    /** How long those who ask wait for what is fetched, before they are told UNAVAILABLE. */
    default Duration timeout() {
        return Duration.ofSeconds(10);
    }
}
