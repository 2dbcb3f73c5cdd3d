// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.resource.Context;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One request that logic answers, and the transaction that it is. Used by one thread at a time, until the logic has
 * answered.
 */
@ProviderType
public interface Call {
    Action action();

    /** Canonical. */
    Path path();

    /** The id in the path; null where the path names the resource itself. */
    @Nullable
    String id();

    /** What stands behind the question mark of a URL, still percent-encoded; empty for nothing. */
    String query();

    /** What was sent, as it came; null where nothing was. */
    @Nullable
    Body body();

    /**
     * What was sent, as a value of {@link dev.tarn.api.codec.Codec}: for a table of objects the object that a row would be
     * made of, not yet checked; null where nothing was sent.
     *
     * @throws dev.tarn.api.data.Failure MALFORMED when it is not what its media type says
     */
    @Nullable
    Object value();

    /** What the sender said about it: quality of service, content type, user properties. */
    Attributes attributes();

    /** The request's HTTP headers; empty on other protocols. */
    List<Property> headers();

    /** On whose behalf. */
    Context context();

    /** What comes in over a connection that was taken over; null where none was. */
    Flow.@Nullable Publisher<Body> incoming();

    /**
     * The plain table behind this resource, with the caller's rights and what he said about his request: what {@code super}
     * means.
     *
     * @throws dev.tarn.api.data.Failure UNSUPPORTED where there is no table
     */
    Rows plain();

    /** What else is read, written and said in this transaction, with the caller's rights. */
    Transaction transaction();

    /**
     * The same transaction, with the application's own rights, which are those of an administrator: for what the caller may not read or
     * write himself. What of it he is told is then up to the application.
     */
    Transaction own();

    /**
     * Does something in a transaction of its own, with the application's own rights, now or when this call is over: for what
     * comes in over a connection that was taken over. On a thread for applications; fails as {@link Transactions#run}.
     */
    CompletionStage<Outcome> later(Transactions.Work work);

    /** What is answered where the logic returns {@link Answer#PLAIN}. */
    void answer(Answer answer);

    /** Makes bodies. */
    Bodies bodies();
}
