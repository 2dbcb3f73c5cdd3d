// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import dev.tarn.api.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings changes to the loops of their subscribers: messages that need no log from the publisher's thread, logged changes
 * from the sync thread once they are durable.
 */
final class Publishing implements Store.CommitObserver {

    private static final Logger LOG = LoggerFactory.getLogger(Publishing.class);

    private static final CompletableFuture<Commit> HANDED_OVER =
            CompletableFuture.completedFuture(new Commit(0, 0, List.of()));

    private final Commons commons;
    private final Writes writes;

    Publishing(Commons commons, Writes writes) {
        this.commons = commons;
        this.writes = writes;
    }

    CompletableFuture<Commit> publish(Context context, Path path, Body body, Terms terms) {
        Writes.refuseServersOwn(path);
        Route route = commons.routing().route(path);
        Exported exported = route.exported();
        commons.permissions().check(context, Access.Verb.PUBLISH, exported, route.path());
        long now = commons.settings().clock().millis();
        Attributes attributes = terms.attributes().accepted(context.origin(), now);
        if (!terms.alongside().isEmpty() || kept(route, attributes)) {
            return writes.message(context, route, body, attributes, terms);
        }
        Change change = new Change(0, Kind.MESSAGE, exported.name(), route.path(), body, 0, 0, attributes);
        Gate gate = CallContext.of(context).gate();
        if (gate.idle()) {
            return offer(change, route);
        }
        CompletableFuture<Commit> answer = new CompletableFuture<>();
        gate.message(() -> offer(change, commons.routing().route(change.path())).whenComplete((commit, failure) -> {
            if (failure == null) {
                answer.complete(commit);
            } else {
                answer.completeExceptionally(failure);
            }
        }));
        return answer;
    }

    /** Whether the log keeps a message to this path. */
    static boolean kept(Route route, Attributes attributes) {
        return (attributes.qos() > 0 && !route.owed().isEmpty())
                || !route.exported().table().rules().history().isZero();
    }

    /** Hands over a message that the log does not keep, when it is its turn. */
    CompletableFuture<Commit> offer(Path path, Body body, Attributes attributes) {
        Route route = commons.routing().route(path);
        return offer(new Change(0, Kind.MESSAGE, route.exported().name(), route.path(), body, 0, 0, attributes), route);
    }

    /** Puts a message into the queues of all loops that have a subscriber; complete unless one of them is too long. */
    private static CompletableFuture<Commit> offer(Change change, Route route) {
        Route.Group[] groups = route.groups();
        for (Route.Group group : groups) {
            if (group.queue().full()) {
                return behind();
            }
        }
        List<CompletableFuture<Void>> waits = null;
        for (Route.Group group : groups) {
            if (group.queue().offer(change, group.targets())) {
                waits = waits == null ? new ArrayList<>(1) : waits;
                waits.add(group.queue().drained());
            }
        }
        for (Route.Sharing sharing : route.sharing()) {
            Route.Target member = sharing.next();
            LoopQueue queue = member.mailbox().queue();
            if (queue.full() && groups.length == 0) {
                return behind();
            }
            if (queue.offerShared(change, member)) {
                waits = waits == null ? new ArrayList<>(1) : waits;
                waits.add(queue.drained());
            }
        }
        return waits == null
                ? HANDED_OVER
                : CompletableFuture.allOf(waits.toArray(new CompletableFuture<?>[0]))
                        .thenCompose(drained -> HANDED_OVER);
    }

    private static CompletableFuture<Commit> behind() {
        return CompletableFuture.failedFuture(
                new Failure(Failure.Code.BUSY, "subscribers are behind; try again later"));
    }

    /** On the sync thread. First the horizon moves, then the loops learn, then whoever waited for that. */
    @Override
    public void committed(List<Commit> commits) {
        long last = 0;
        for (Commit commit : commits) {
            last = Math.max(last, commit.sequence());
        }
        commons.horizon().durable(last);
        for (Commit commit : commits) {
            for (Change change : commit.changes()) {
                if (change.logged()) {
                    try {
                        offerLogged(change);
                    } catch (RuntimeException bug) {
                        LOG.error("a change could not be offered: {}", change, bug);
                    }
                }
            }
        }
        commons.horizon().offered(last);
    }

    private void offerLogged(Change stored) {
        Route route = commons.routing().route(stored.path(), stored.table());
        if (route == null) {
            return;
        }
        OwedSessions.owe(route.owed(), stored);
        if (route.isEmpty()) {
            return;
        }
        Change change = commons.payloads().change(stored);
        for (Route.Group group : route.groups()) {
            group.queue().offerLogged(change, group.targets());
        }
        for (Route.Sharing sharing : route.sharing()) {
            Route.Target member = sharing.next();
            member.mailbox().queue().offerLogged(change, member);
        }
    }
}
