// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a {@link Feed} reads while clients are there: changes from its place in the log on, and the current rows where they have
 * not got all of them. For the feeds' thread.
 */
final class FeedReading implements Subscriber {

    private static final Logger LOG = LoggerFactory.getLogger(FeedReading.class);

    private static final long QUIET_NANOS = 1_000_000_000L;

    private final Feeds feeds;
    private final Feed feed;
    private final FeedPlace place;
    private final Filter filter;
    private @Nullable Mailbox mailbox;
    private @Nullable Subscription main;
    private @Nullable Subscription rows;

    /** Asked for and not come yet. */
    private long requested;

    private long lastArrival = System.nanoTime();

    /** Up to here there are changes that were read before and have to be read again. */
    private long againUpTo;

    private long reached;

    FeedReading(Feeds feeds, Feed feed, FeedPlace place) {
        this.feeds = feeds;
        this.feed = feed;
        this.place = place;
        this.filter = Filter.of(feed.terms().filter());
    }

    Filter filter() {
        return filter;
    }

    /** Whether this client may have such a subscription himself; fails with a {@link Failure} when not. */
    void probe(Context client) {
        try (Mailbox own = feeds.mailbox(client, this)) {
            own.subscribe(filter, Start.LIVE, null);
        }
    }

    /**
     * Begins, if it has not.
     *
     * @param client whose rights count; null for the server's own
     * @throws Failure when he may not
     */
    void open(@Nullable Context client) {
        if (mailbox != null) {
            return;
        }
        place.begin(feed.log());
        Mailbox opened = feeds.mailbox(client, this);
        String selector = feed.terms().selector();
        Interest interest = new Interest(2, feed.terms().noLocal(), null)
                .where(selector == null ? null : Selector.of(selector).on(feeds.codec()));
        try {
            main = opened.subscribe(filter, Start.after(place.cursor()), interest, null);
            rows = place.scanning() ? opened.subscribe(filter, Start.CURRENT, interest, null) : null;
        } catch (Failure refused) {
            opened.close();
            throw refused;
        }
        mailbox = opened;
        requested = 0;
        againUpTo = place.lastOwed();
        reached = 0;
        lastArrival = System.nanoTime();
    }

    /** Reads no more. */
    void shut() {
        Mailbox open = mailbox;
        mailbox = null;
        main = null;
        rows = null;
        if (open != null) {
            open.close();
        }
    }

    /**
     * Reads on.
     *
     * @param room for so many changes, those that are asked for already among them
     * @param waiting so many wait, of which there must not be too many
     */
    void request(long room, int waiting) {
        Mailbox open = mailbox;
        long more = room - requested;
        if (open != null && more > 0 && !full(waiting)) {
            requested += more;
            open.request(more);
        }
    }

    private boolean full(int waiting) {
        return waiting + requested >= Feed.MOST_WAITING;
    }

    /** Whether nothing more is at hand: all that is owed was read, as far as the log's counts tell, or nothing has come for a while. */
    boolean idle(int waiting) {
        boolean read = (reached >= againUpTo && feed.log().owedChanges() <= place.owed()) || full(waiting);
        return rows == null && (read || System.nanoTime() - lastArrival > QUIET_NANOS);
    }

    /** Up to here everything that came was delivered; 0 when that is not known. */
    long read() {
        Subscription reading = main;
        return reading == null ? 0 : reading.settled();
    }

    /** Whether all current rows were read, since clients have come. */
    boolean rowsRead() {
        return rows == null && mailbox != null;
    }

    @Override
    public void deliver(List<Delivery> batch) {
        requested -= batch.size();
        lastArrival = System.nanoTime();
        for (Delivery delivery : batch) {
            Change change = delivery.change();
            reached = delivery.current() ? reached : Math.max(reached, change.sequence());
            if (delivery.current() ? place.scanning() : !change.logged() || place.comes(change)) {
                feed.add(delivery);
            }
        }
        feed.pump();
        place.changed();
    }

    /** What the selector has left out needs nobody to settle it. */
    @Override
    public void passed(long sequence) {
        lastArrival = System.nanoTime();
        reached = Math.max(reached, sequence);
        place.passed(sequence);
    }

    @Override
    public void missed(long changes) {
        feeds.missed(changes);
    }

    /** All that is above quality of service 0 is in the log. */
    @Override
    public boolean crowded() {
        return true;
    }

    @Override
    public void current(Subscription scanned, long sequence) {
        if (rows == scanned) {
            rows = null;
            scanned.cancel();
            feed.rowsDone();
        }
    }

    @Override
    public void reset(Subscription from) {
        LOG.warn("the log no longer has all that was kept for a subscription: feed={}", feed);
    }

    /** Rights were taken away, or the engine stops. */
    @Override
    public void ended(Failure why) {
        mailbox = null;
        main = null;
        rows = null;
        feed.ended(why);
    }
}
