// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.security.User;
import dev.tarn.transport.Traffic;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door to the feeds of the node, which live on one thread of their own, so that nothing about them is shared. Any thread may
 * come in here, but for what says that it is for the feeds.
 */
final class Feeds implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Feeds.class);

    private static final long PATIENCE_SECONDS = 3;
    private static final long SWEEP_SECONDS = 1;

    private final Resources resources;
    private final FeedTable table;
    private final Traffic traffic;
    private final Clock clock;
    private final Context server;
    private final Codec codec = new Codec();
    private final FeedRegistry registry;
    private final ScheduledThreadPoolExecutor thread;

    /**
     * Reads what is stored; blocks while it does.
     *
     * @param most feeds of the node
     */
    Feeds(Resources resources, DurableSessions durable, FeedTable table, Traffic traffic, Clock clock, int most) {
        this.resources = resources;
        this.table = table;
        this.traffic = traffic;
        this.clock = clock;
        this.server = resources.context(new User("amqp", Set.of(), true), "amqp", "amqp", null);
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, "tarn-amqp-feeds");
            made.setDaemon(true);
            return made;
        });
        thread.setRemoveOnCancelPolicy(true);
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.registry = new FeedRegistry(this, durable, table, most);
        registry.load();
        thread.scheduleWithFixedDelay(() -> guarded(registry::sweep), SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
    }

    /** Runs something on the feeds' thread, in the order of the calls. */
    void execute(Runnable task) {
        try {
            thread.execute(() -> guarded(task));
        } catch (RejectedExecutionException stopped) {
            LOG.debug("the protocol has stopped");
        }
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException bug) {
            LOG.error("a subscription failed because of a bug", bug);
        }
    }

    FeedTable table() {
        return table;
    }

    /**
     * Whether a client may be told of changes that a feed of several gets.
     */
    Predicate<Change> allowed(FeedKey key, Context client, Filter filter) {
        return key.exclusive() || client.user().administrator()
                ? change -> true
                : change -> resources.mayHear(client, filter, change);
    }

    /**
     * Has a client join a feed. Completes on any thread, once the feed is stored and the client is one of its members; fails with
     * a {@link Failure}, a {@link Refusal} or a bug.
     */
    CompletionStage<Feed> join(FeedRequest asked, FeedMember member) {
        CompletableFuture<Feed> joined = new CompletableFuture<>();
        execute(() -> {
            try {
                Feed feed = registry.found(asked);
                boolean made = feed == null;
                Feed joining = feed == null ? registry.made(asked) : feed;
                try {
                    joining.join(member);
                } catch (Failure refused) {
                    if (made) {
                        registry.forget(joining, new ErrorCondition(AmqpError.UNAUTHORIZED_ACCESS, "refused"));
                    }
                    throw refused;
                }
                complete(joined, joining, made);
            } catch (RuntimeException refused) {
                // A bug too is for the one who has asked: he says so.
                joined.completeExceptionally(refused);
            }
        });
        return joined;
    }

    /** Makes sure that there is a queue, so that what is sent to it is kept. Completes on any thread, once it is stored. */
    CompletionStage<Feed> declare(FeedKey key) {
        CompletableFuture<Feed> declared = new CompletableFuture<>();
        execute(() -> {
            try {
                Feed known = registry.get(key);
                boolean made = known == null;
                Feed feed = known == null
                        ? registry.made(
                                new FeedRequest(key, new FeedTerms(key.name(), null, false), -1, false, -1, true))
                        : known;
                complete(declared, feed, made);
            } catch (RuntimeException refused) {
                declared.completeExceptionally(refused);
            }
        });
        return declared;
    }

    private void complete(CompletableFuture<Feed> answer, Feed feed, boolean made) {
        CompletionStage<?> safe = made ? feed.place().first() : feed.place().stored();
        safe.whenComplete((stored, failure) -> complete(answer, feed, failure));
    }

    private void complete(CompletableFuture<Feed> answer, Feed feed, @Nullable Throwable failure) {
        if (failure == null) {
            registry.stored(feed);
            answer.complete(feed);
        } else {
            answer.completeExceptionally(failure);
        }
    }

    /** Whether something is kept under this name. Completes on the feeds' thread. */
    CompletionStage<Boolean> exists(FeedKey key) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        execute(() -> answer.complete(registry.get(key) != null));
        return answer;
    }

    /** Whether there is surely such a queue. */
    boolean declared(FeedKey key) {
        return registry.declared(key);
    }

    /** A client goes. */
    void leave(FeedMember member, boolean lost, boolean forGood) {
        execute(() -> registry.leave(member, lost, forGood));
    }

    /** Ends what is there under this name. */
    void end(FeedKey key) {
        execute(() -> {
            Feed feed = registry.get(key);
            if (feed != null) {
                registry.forget(feed, new ErrorCondition(AmqpError.RESOURCE_DELETED, "the queue is gone"));
            }
        });
    }

    /** All that is kept, as operators see it. Completes on the feeds' thread. */
    CompletionStage<List<Map<String, Object>>> list() {
        CompletableFuture<List<Map<String, Object>>> answer = new CompletableFuture<>();
        execute(() -> answer.complete(registry.all().stream()
                .map(feed -> {
                    Map<String, Object> row = new LinkedHashMap<>(feed.key().values());
                    row.put("filter", feed.terms().filter());
                    row.put("clients", feed.clients());
                    row.put("owed", feed.owed());
                    row.put("owedBytes", feed.log().owedBytes());
                    row.put("goneAt", feed.place().goneAt());
                    return row;
                })
                .toList()));
        return answer;
    }

    /**
     * Removes something for good, with what is owed, which counts as dropped. Completes with how much was owed once the
     * removal is durable. Fails with NOT_FOUND; with CONFLICT where clients are there.
     *
     * @param force although clients are there, who are told
     */
    CompletionStage<Long> remove(FeedKey key, boolean force) {
        CompletableFuture<Long> removed = new CompletableFuture<>();
        execute(() -> {
            Feed feed = registry.get(key);
            if (feed == null) {
                removed.completeExceptionally(new Failure(Failure.Code.NOT_FOUND, "nothing is kept as " + key));
            } else if (!feed.deserted() && !force) {
                removed.completeExceptionally(new Failure(
                        Failure.Code.CONFLICT, feed.clients() + " clients have it; 'force' removes it nevertheless"));
            } else {
                long owed = feed.owed();
                traffic.dropped.add(owed);
                registry.forget(feed, new ErrorCondition(AmqpError.RESOURCE_DELETED, "an operator has removed it"))
                        .whenComplete((commit, failure) -> {
                            if (failure == null) {
                                removed.complete(owed);
                            } else {
                                removed.completeExceptionally(failure);
                            }
                        });
            }
        });
        return removed;
    }

    // For the feeds, on their thread.

    void later(Runnable task, long millis) {
        thread.schedule(() -> guarded(task), millis, TimeUnit.MILLISECONDS);
    }

    /** @param client whose rights count; null for the server's own, where each client is asked about each change */
    Mailbox mailbox(@Nullable Context client, Subscriber subscriber) {
        return resources.mailbox(client == null ? server : client, thread, subscriber);
    }

    Codec codec() {
        return codec;
    }

    long now() {
        return clock.millis();
    }

    /** The sequence of the last durable change. */
    long sequence() {
        return table.sequence();
    }

    /** The log has nothing any more up to this sequence. */
    long gone() {
        return table.oldest() - 1;
    }

    void missed(long changes) {
        traffic.dropped.add(changes);
    }

    /** Waits until everything is stored; a few seconds at most. */
    @Override
    public void close() {
        CompletableFuture<List<CompletableFuture<?>>> stopping = new CompletableFuture<>();
        execute(() -> {
            List<CompletableFuture<?>> stored = new ArrayList<>();
            registry.all().forEach(feed -> {
                feed.shut();
                stored.add(feed.place().stop());
            });
            stopping.complete(stored);
        });
        try {
            CompletableFuture<?>[] stored =
                    stopping.get(PATIENCE_SECONDS, TimeUnit.SECONDS).toArray(CompletableFuture<?>[]::new);
            CompletableFuture.allOf(stored).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException unfinished) {
            LOG.warn("subscriptions may not all be stored: {}", unfinished.toString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        thread.shutdownNow();
    }
}
