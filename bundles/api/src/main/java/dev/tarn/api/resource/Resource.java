// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Something that answers at a path. What a resource does not offer is refused with UNSUPPORTED. No method blocks; stages
 * fail with a {@link Failure}.
 */
@ConsumerType
public interface Resource {

    /** One row. */
    default CompletionStage<Optional<Row>> get(Context context, Path path) {
        return refused("get");
    }

    /** Rows, as fast as they are asked for; canceling stops the work. */
    default CompletionStage<Flow.Publisher<Row>> find(Context context, Query query) {
        return refused("find");
    }

    /** Creates or replaces a row. {@code Change.previous()} of the one change is 0 when it was created. */
    default CompletionStage<Commit> put(Context context, Path path, Body body, Terms terms) {
        return refused("put");
    }

    /**
     * Changes a row in part: properties of the body replace those of the row, or what the body's media type says. Fails
     * with NOT_FOUND when there is no row.
     */
    default CompletionStage<Commit> patch(Context context, Path path, Body body, Terms terms) {
        return refused("patch");
    }

    /** Removes a row. The commit is empty when there was none. */
    default CompletionStage<Commit> delete(Context context, Path path, Terms terms) {
        return refused("delete");
    }

    /** Creates a row whose id is in the body or made up; the change has its path. Fails with CONFLICT if it exists. */
    default CompletionStage<Commit> create(Context context, String resource, Body body, Terms terms) {
        return refused("create");
    }

    /**
     * Says something at a path without changing a row. Completes when it is safe to acknowledge: handed to every online
     * subscriber and, where the log covers it, durable. Until then a sender should hold back once it has a window full of
     * these.
     */
    default CompletionStage<Commit> publish(Context context, Path path, Body body, Terms terms) {
        return refused("publish");
    }

    private static <T> CompletionStage<T> refused(String verb) {
        return CompletableFuture.failedStage(new Failure(Failure.Code.UNSUPPORTED, "this resource has no " + verb));
    }
}
