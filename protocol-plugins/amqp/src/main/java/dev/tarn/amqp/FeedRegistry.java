// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which feeds there are, by name: how they begin, and end. For the feeds' thread, but for what says otherwise. */
final class FeedRegistry {

    private static final Logger LOG = LoggerFactory.getLogger(FeedRegistry.class);

    /** A feed that holds so much of the log for nothing moves on. */
    private static final long LAG = 10_000;

    private final Feeds feeds;
    private final DurableSessions durable;
    private final FeedTable table;
    private final int most;
    private final Map<FeedKey, Feed> byKey = new LinkedHashMap<>();
    private final Set<FeedKey> queues = ConcurrentHashMap.newKeySet();
    private long numbers;

    /** @param most feeds of the node */
    FeedRegistry(Feeds feeds, DurableSessions durable, FeedTable table, int most) {
        this.feeds = feeds;
        this.durable = durable;
        this.table = table;
        this.most = most;
    }

    /** Reads what is stored, before the thread begins; blocks while it does. */
    void load() {
        Map<Long, FeedPlace> places = new HashMap<>();
        List<Draft> strays = new ArrayList<>();
        table.load(
                (number, row) -> {
                    FeedPlace place = FeedPlace.of(feeds, number, row);
                    places.put(number, place);
                    numbers = Math.max(numbers, number);
                    feed(row.key(), row.terms(), place, place.cursor());
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
        if (!places.isEmpty()) {
            LOG.info("subscriptions and queues restored: count={}", places.size());
        }
    }

    private Feed feed(FeedKey key, FeedTerms terms, FeedPlace place, long start) {
        DurableSession log = durable.open("amqp/" + key, start);
        log.cover(Filter.of(terms.filter()), 2, start);
        Feed feed = new Feed(feeds, key, terms, log, place);
        byKey.put(key, feed);
        return feed;
    }

    /** What has this name; null for nothing. */
    @Nullable
    Feed get(FeedKey key) {
        return byKey.get(key);
    }

    /** All of them. */
    List<Feed> all() {
        return List.copyOf(byKey.values());
    }

    /**
     * What somebody asks for, if it is there as he wants it; else null, and what was there is gone.
     *
     * @throws Refusal when he may not have it so
     */
    @Nullable
    Feed found(FeedRequest asked) {
        Feed known = byKey.get(asked.key());
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

    /**
     * A new one.
     *
     * @throws Failure FULL when there are too many
     */
    Feed made(FeedRequest asked) {
        if (byKey.size() >= most) {
            throw new Failure(
                    Failure.Code.FULL, "there are " + most + " subscriptions and queues, the most there may be");
        }
        long start = asked.start() < 0 ? table.sequence() : asked.start();
        FeedPlace place =
                new FeedPlace(feeds, asked.key().stored() ? ++numbers : 0, asked.timeout(), start, asked.rows());
        return feed(asked.key(), asked.terms(), place, start);
    }

    /** It is stored, so what is sent to it is kept. Any thread. */
    void stored(Feed feed) {
        if (feed.key().queue()) {
            queues.add(feed.key());
        }
    }

    /** Whether there is surely such a queue. Any thread. */
    boolean declared(FeedKey key) {
        return queues.contains(key);
    }

    /** A client goes. */
    void leave(FeedMember member, boolean lost, boolean forGood) {
        Feed feed = member.feed();
        if (feed == null || byKey.get(feed.key()) != feed) {
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

    /** Ends one for good. Completes once that is durable. */
    CompletionStage<?> forget(Feed feed, ErrorCondition why) {
        byKey.remove(feed.key(), feed);
        queues.remove(feed.key());
        feed.end(why);
        List<Draft> drafts = feed.place().removal();
        if (drafts.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return table.commit(drafts).whenComplete((commit, failure) -> {
            if (failure != null) {
                LOG.warn("a subscription could not be removed: feed={} reason={}", feed, failure.getMessage());
            }
        });
    }

    /** Now and then: ends what is over, and lets go of the log where it has nothing for somebody. */
    void sweep() {
        for (Feed feed : all()) {
            if (feed.deserted() && feed.place().over()) {
                forget(feed, new ErrorCondition(AmqpError.RESOURCE_DELETED, "the subscription has ended"));
            } else {
                feed.place().advance(feed.log(), LAG);
            }
        }
    }
}
