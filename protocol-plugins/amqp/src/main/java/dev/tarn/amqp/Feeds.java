// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.transport.Traffic;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
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
 * All feeds of the node, by name. They live on one thread of their own, so that nothing about them is shared: what any thread
 * may call says so, all else is for that thread.
 */
final class Feeds implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Feeds.class);

    private static final long PATIENCE_SECONDS = 3;
    private static final long SWEEP_SECONDS = 1;

    /** A feed that holds so much of the log for nothing moves on. */
    private static final long LAG = 10_000;

    private final Resources resources;
    private final DurableSessions durable;
    private final FeedTable table;
    private final Traffic traffic;
    private final Clock clock;
    private final int most;
    private final Context server;
    private final Codec codec = new Codec();
    private final Map<FeedKey, Feed> feeds = new LinkedHashMap<>();
    private final Set<FeedKey> queues = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor thread;
    private long numbers;

    /**
     * What a client asks to join.
     *
     * @param start the sequence after which a new feed begins; -1 for now
     * @param rows whether a new feed begins with the current rows
     * @param timeout seconds that a new feed outlasts its last client; -1 for ever
     * @param create whether it is made where there is none
     */
    record Request(FeedKey key, FeedTerms terms, long start, boolean rows, long timeout, boolean create) {}

    /**
     * Reads what is stored; blocks while it does.
     *
     * @param most feeds of the node
     */
    Feeds(Resources resources, DurableSessions durable, FeedTable table, Traffic traffic, Clock clock, int most) {
        this.resources = resources;
        this.durable = durable;
        this.table = table;
        this.traffic = traffic;
        this.clock = clock;
        this.most = most;
        this.server = resources.context(new User("amqp", Set.of(), true), "amqp", "amqp", null);
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, "tarn-amqp-feeds");
            made.setDaemon(true);
            return made;
        });
        thread.setRemoveOnCancelPolicy(true);
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        load();
        thread.scheduleWithFixedDelay(() -> guarded(this::sweep), SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
    }

    /** Before the thread begins. */
    private void load() {
        Map<Long, Feed> byNumber = new HashMap<>();
        Map<Long, FeedPlace> places = new HashMap<>();
        List<Draft> strays = new ArrayList<>();
        table.load(
                (number, row) -> {
                    FeedPlace place = FeedPlace.of(this, number, row);
                    places.put(number, place);
                    numbers = Math.max(numbers, number);
                    byNumber.put(number, feed(row.key(), row.terms(), place, place.cursor()));
                },
                (number, sequence) -> {
                    FeedPlace place = places.get(number);
                    if (place == null) {
                        strays.add(table.forgotten(number, sequence));
                    } else {
                        place.retiredBefore(sequence);
                    }
                });
        if (!strays.isEmpty()) {
            table.commit(strays).whenComplete((commit, failure) -> {
                if (failure != null) {
                    LOG.warn("what is left of subscriptions could not be removed: {}", failure.getMessage());
                }
            });
        }
        if (!byNumber.isEmpty()) {
            LOG.info("subscriptions and queues restored: count={}", byNumber.size());
        }
    }

    private Feed feed(FeedKey key, FeedTerms terms, FeedPlace place, long start) {
        DurableSession log = durable.open("amqp/" + key, start);
        log.cover(Filter.of(terms.filter()), 2, start);
        Feed feed = new Feed(this, key, terms, log, place);
        feeds.put(key, feed);
        return feed;
    }

    // For any thread.

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
     * Whether a client may be told of changes that a feed of several gets. To be asked on any thread.
     */
    Predicate<Change> allowed(FeedKey key, Context client, Filter filter) {
        return key.exclusive() || client.user().administrator()
                ? change -> true
                : change -> resources.mayHear(client, filter, change.path());
    }

    /**
     * Has a client join a feed. Completes on any thread, once the feed is stored and the client is one of its members; fails with
     * a {@link Failure}, a {@link Refusal} or a bug.
     */
    CompletionStage<Feed> join(Request asked, FeedMember member) {
        CompletableFuture<Feed> joined = new CompletableFuture<>();
        execute(() -> {
            try {
                Feed feed = found(asked);
                boolean made = feed == null;
                Feed joining = feed == null ? made(asked) : feed;
                try {
                    joining.join(member);
                } catch (Failure refused) {
                    if (made) {
                        forget(joining, new ErrorCondition(AmqpError.UNAUTHORIZED_ACCESS, "refused"));
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
                Feed known = feeds.get(key);
                boolean made = known == null;
                Feed feed = known == null
                        ? made(new Request(key, new FeedTerms(key.name(), null, false), -1, false, -1, true))
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
            if (feed.key().queue()) {
                queues.add(feed.key());
            }
            answer.complete(feed);
        } else {
            answer.completeExceptionally(failure);
        }
    }

    /** Whether something is kept under this name. Completes on the feeds' thread. */
    CompletionStage<Boolean> exists(FeedKey key) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        execute(() -> answer.complete(feeds.containsKey(key)));
        return answer;
    }

    /** Whether there is surely such a queue. Any thread. */
    boolean declared(FeedKey key) {
        return queues.contains(key);
    }

    // For the feeds' thread.

    private @Nullable Feed found(Request asked) {
        Feed known = feeds.get(asked.key());
        if (known == null) {
            if (!asked.create()) {
                throw new Refusal(AmqpError.NOT_FOUND, "there is no subscription of this name");
            }
            return null;
        }
        if (!asked.create() || asked.key().queue() || known.terms().equals(asked.terms())) {
            return known;
        }
        if (!asked.key().exclusive() && !known.deserted()) {
            throw new Refusal(
                    AmqpError.NOT_ALLOWED,
                    "the subscription is in use with another address, selector or no-local filter");
        }
        forget(known, new ErrorCondition(AmqpError.RESOURCE_DELETED, "the subscription was made anew"));
        return null;
    }

    private Feed made(Request asked) {
        if (feeds.size() >= most) {
            throw new Failure(
                    Failure.Code.FULL, "there are " + most + " subscriptions and queues, the most there may be");
        }
        long start = asked.start() < 0 ? table.sequence() : asked.start();
        FeedPlace place =
                new FeedPlace(this, asked.key().stored() ? ++numbers : 0, asked.timeout(), start, asked.rows());
        return feed(asked.key(), asked.terms(), place, start);
    }

    void leave(FeedMember member, boolean lost, boolean forGood) {
        Feed feed = member.feed();
        if (feed == null || feeds.get(feed.key()) != feed) {
            return;
        }
        feed.leave(member, lost);
        boolean over = !feed.key().queue()
                && feed.deserted()
                && (forGood || feed.place().over());
        if (over) {
            forget(feed, new ErrorCondition(AmqpError.RESOURCE_DELETED, "the subscription has ended"));
        }
    }

    /** Ends what is there under this name. Any thread. */
    void end(FeedKey key) {
        execute(() -> {
            Feed feed = feeds.get(key);
            if (feed != null) {
                forget(feed, new ErrorCondition(AmqpError.RESOURCE_DELETED, "the queue is gone"));
            }
        });
    }

    private void forget(Feed feed, ErrorCondition why) {
        feeds.remove(feed.key(), feed);
        queues.remove(feed.key());
        feed.end(why);
        List<Draft> drafts = feed.place().removal();
        if (!drafts.isEmpty()) {
            table.commit(drafts).whenComplete((commit, failure) -> {
                if (failure != null) {
                    LOG.warn("a subscription could not be removed: feed={} reason={}", feed, failure.getMessage());
                }
            });
        }
    }

    private void sweep() {
        for (Feed feed : List.copyOf(feeds.values())) {
            if (feed.deserted() && feed.place().over()) {
                forget(feed, new ErrorCondition(AmqpError.RESOURCE_DELETED, "the subscription has ended"));
            } else {
                feed.place().advance(feed.log(), LAG);
            }
        }
    }

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
            feeds.values().forEach(feed -> {
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
