// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Outcome;
import dev.tarn.api.application.Request;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Upload;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The one door through which every protocol reaches every resource: it finds the resource of a path, checks access, then
 * asks it. Paths and filters may be spelled as clients spell them. Safe on any thread; what a method refuses it says in
 * the stage it returns.
 */
@ProviderType
public interface Resources extends Resource {

    /** A context for one connection. */
    Context context(User user, String protocol, String origin, @Nullable SocketAddress remote);

    /**
     * As {@link #get(Context, Path)}, where it matters whether a row comes from what is kept of a source. Fails with UNAVAILABLE
     * when only what is kept will do, and nothing is.
     */
    CompletionStage<Optional<Row>> get(Context context, Path path, Recall recall);

    /** Upserts several rows of one resource in one transaction; each body has its id. */
    CompletionStage<Commit> putAll(Context context, String resource, java.util.List<Body> bodies, Terms terms);

    /**
     * Begins to take in a content for a row that it will be put into: the body of {@link Content#reference()} with it, or
     * {@link #attach}. Fails as {@link dev.tarn.api.store.Store#receive} does, and with FORBIDDEN where the context may not write
     * to that path.
     *
     * @param length in bytes, or -1 when that is not known
     */
    CompletionStage<Upload> receive(Context context, Path path, long length);

    /**
     * Makes a content the value of an attribute of type BLOB of a row that is there; the rest of it stays as it is. Fails with
     * NOT_FOUND when there is no row, INVALID when there is no such attribute.
     */
    CompletionStage<Commit> attach(Context context, Path path, String attribute, Content content, Terms terms);

    /**
     * Records in {@code system.rejected} that something was refused whose sender cannot be told, such as a body that
     * breaks the schema over MQTT 3. Completes when the record is durable.
     */
    CompletionStage<Void> rejected(Context context, Path path, Body body, dev.tarn.api.data.Failure why);

    /** The table that answers for this path, if one does and the context may know of it. */
    Optional<Table> table(Context context, Path path);

    /** As {@link #table}, but of its attributes only those that the context may read of some row. */
    default Optional<Table> seen(Context context, Path path) {
        return table(context, path);
    }

    /**
     * Whether this change may be told, as it is, to a context that subscribes to the filter: what a mailbox asks, for those
     * who hand on what another mailbox got. Of a row it may not when some rows or attributes of its table are kept from the
     * context. Quick.
     */
    boolean mayHear(Context context, Filter filter, Change change);

    /** What there is to know of a table: attributes, indexes, count of rows. Fails with FORBIDDEN, NOT_FOUND. */
    CompletionStage<Map<String, Object>> describe(Context context, String resource);

    /**
     * Looks for rows with the query language. Fails with FORBIDDEN, NOT_FOUND, MALFORMED with the position of what is wrong
     * with the query, UNSUPPORTED.
     */
    CompletionStage<Found> search(Context context, Search search);

    /**
     * Removes the rows that a search finds, each if it is still as it was found, and tells how many these were. Fails as
     * {@link #search} and as delete; what was removed until then stays so.
     */
    CompletionStage<Long> deleteAll(Context context, Search search);

    /**
     * Whether an application's logic answers this action at this path, or one that it ends in; then {@link #call} tells more
     * than the action's own method, which goes through the logic as well. Quick.
     */
    boolean overridden(Context context, Path path, Action action);

    /**
     * Asks a resource whose logic answers: what it does is one transaction. Fails as the action's own method does, with what
     * the logic refuses, with UNAVAILABLE when it takes too long, with CONFLICT when others were faster each time.
     */
    CompletionStage<Outcome> call(Context context, Request request);

    /**
     * Does several things in one transaction, in this order, or none of them: puts, patches and deletes of rows, and messages,
     * which the log keeps whoever listens. Fails as the first of them that cannot be done; with UNSUPPORTED where an application's
     * logic answers one of them, since that has a transaction of its own.
     *
     * @param alongside state of the protocol, as in {@link Terms#alongside}
     */
    default CompletionStage<Commit> together(
            Context context, java.util.List<Request> requests, java.util.List<Draft> alongside) {
        return java.util.concurrent.CompletableFuture.failedFuture(
                new dev.tarn.api.data.Failure(dev.tarn.api.data.Failure.Code.UNSUPPORTED, "no transactions here"));
    }

    /**
     * Asks whether a subscription may begin, where an application's logic has a say in it; complete at once where none has.
     * Ask before {@link Mailbox#subscribe}, which does not.
     */
    CompletionStage<Void> admit(Context context, Filter filter);

    /**
     * A mailbox for one subscriber: everything it subscribes to arrives there in one order.
     *
     * @param loop runs one task at a time, in order: the event loop that owns the connection; every call to the
     *     subscriber is made on it, and mailboxes of one loop share its queue
     */
    Mailbox mailbox(Context context, Executor loop, Subscriber subscriber);
}
