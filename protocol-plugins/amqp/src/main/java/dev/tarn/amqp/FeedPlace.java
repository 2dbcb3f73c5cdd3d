// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Kind;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a {@link Feed} has come in the log, and its row. What is settled is written within a moment, so after a crash what was
 * settled last may come again. For the feeds' thread, but for {@link #retirement}.
 */
final class FeedPlace {

    private static final Logger LOG = LoggerFactory.getLogger(FeedPlace.class);

    private static final long MOMENT_MILLIS = 50;

    private final Feeds feeds;

    /** Names its row; 0 for none. */
    private final long number;

    private final long timeout;
    private final TreeSet<Long> owed = new TreeSet<>();
    private final TreeSet<Long> retired = new TreeSet<>();

    /** How often of what is owed each was sent and not taken, where it was. */
    private final Map<Long, Integer> failures = new HashMap<>();

    private @Nullable Feed feed;
    private long seen;
    private long awayUpTo;
    private long goneAt;
    private boolean scanning;
    private boolean dirty;
    private boolean writing;
    private boolean scheduled;
    private boolean closed;
    private CompletionStage<?> stored = CompletableFuture.completedFuture(null);

    /** @param timeout seconds that the feed outlasts its last client; -1 for ever */
    FeedPlace(Feeds feeds, long number, long timeout, long seen, boolean scanning) {
        this.feeds = feeds;
        this.number = number;
        this.timeout = timeout;
        this.seen = seen;
        this.scanning = scanning;
    }

    /** As it was stored. */
    static FeedPlace of(Feeds feeds, long number, FeedRow row) {
        FeedPlace place = new FeedPlace(
                feeds, number, row.timeout(), row.place().seen(), row.place().scanning());
        place.owed.addAll(row.place().owed());
        place.failures.putAll(row.place().failures());
        place.goneAt = row.goneAt() == 0 ? feeds.now() : row.goneAt();
        return place;
    }

    void of(Feed owner) {
        feed = owner;
    }

    private Feed feed() {
        return java.util.Objects.requireNonNull(feed, "a place of no feed");
    }

    long number() {
        return number;
    }

    /** A transaction had settled this before the server ended. */
    void retiredBefore(long sequence) {
        owed.remove(sequence);
        failures.remove(sequence);
        retired.add(sequence);
        dirty = true;
    }

    /** Everything up to here is settled. */
    long cursor() {
        return owed.isEmpty() ? seen : Math.min(seen, owed.first() - 1);
    }

    /** How many changes were read and are not settled. */
    int owed() {
        return owed.size();
    }

    /** The last of them; 0 for none. */
    long lastOwed() {
        return owed.isEmpty() ? 0 : owed.last();
    }

    boolean scanning() {
        return scanning;
    }

    /** Clients have all current rows. */
    void scanned() {
        scanning = false;
        changed();
    }

    /** Reading begins: at what the log still has and somebody is owed. */
    void begin(DurableSession log) {
        awayUpTo = feeds.sequence();
        long gone = feeds.gone();
        if (owed.isEmpty()) {
            seen = Math.max(seen, log.clearUpTo());
        }
        if (cursor() < gone) {
            LOG.warn("the log no longer has all that was kept for a subscription: feed={}", feed);
            owed.headSet(gone, true).clear();
            failures.keySet().removeIf(sequence -> sequence <= gone);
            seen = Math.max(seen, gone);
        }
    }

    /** Whether a change is to be given to somebody; not what was settled before, nor what is only for those who were there. */
    boolean comes(Change change) {
        long sequence = change.sequence();
        if (sequence <= seen && !owed.contains(sequence)) {
            return false;
        }
        seen = Math.max(seen, sequence);
        if (sequence <= awayUpTo && !lasting(change)) {
            owed.remove(sequence);
            failures.remove(sequence);
            return false;
        }
        owed.add(sequence);
        return true;
    }

    /** Whether a change is for those who were away: not what is served at most once, nor what is silent elsewhere. */
    private static boolean lasting(Change change) {
        return change.attributes().qos() > 0 && change.kind() != Kind.EXPIRE;
    }

    /** How often a change that is owed was sent and not taken. */
    int failures(long sequence) {
        return failures.isEmpty() ? 0 : failures.getOrDefault(sequence, 0);
    }

    /** It was sent so often and not taken. */
    void failed(long sequence, int times) {
        if (owed.contains(sequence)) {
            failures.put(sequence, times);
            changed();
        }
    }

    /** All up to here has come, or is not wanted. */
    void passed(long sequence) {
        if (sequence > seen) {
            seen = sequence;
            changed();
        }
    }

    void settled(long sequence) {
        failures.remove(sequence);
        if (owed.remove(sequence)) {
            changed();
        }
    }

    /** What settles a change in a transaction; any thread. Null where nothing is stored. */
    @Nullable
    Draft retirement(long sequence) {
        return number == 0 ? null : feeds.table().retired(number, sequence);
    }

    void retired(long sequence) {
        if (number != 0) {
            retired.add(sequence);
        }
        settled(sequence);
        changed();
    }

    /** @param moment when the last client went, in milliseconds since 1970; 0 while there is one */
    void goneAt(long moment) {
        goneAt = moment;
        changed();
    }

    /** When the last client went, in milliseconds since 1970; 0 while there is one. */
    long goneAt() {
        return goneAt;
    }

    /** Whether the feed ends, since nobody has come for it in time. */
    boolean over() {
        return timeout >= 0 && goneAt != 0 && goneAt + timeout * 1_000 <= feeds.now();
    }

    /** Lets go of the log where nothing in it is for the feed, if it is behind by more than this. */
    void advance(DurableSession log, long lag) {
        long clear = log.clearUpTo();
        if (owed.isEmpty() && clear - seen > lag) {
            seen = clear;
            changed();
        }
    }

    /** Something is to be written within a moment. */
    void changed() {
        dirty = true;
        if (!writing && !scheduled && !closed) {
            scheduled = true;
            feeds.later(this::write, MOMENT_MILLIS);
        }
    }

    private void write() {
        scheduled = false;
        if (dirty && !writing && !closed) {
            store();
        }
    }

    /** The row as it is to be now. */
    FeedRow row() {
        long read = feed().read();
        if (read > seen) {
            seen = read;
        }
        return new FeedRow(
                feed().key(),
                feed().terms(),
                timeout,
                goneAt,
                new FeedRow.Place(seen, List.copyOf(owed), Map.copyOf(failures), scanning));
    }

    /** Writes the row for the first time; completes on any thread. */
    CompletionStage<?> first() {
        stored = store();
        return stored;
    }

    /** Complete once the row was written for the first time. */
    CompletionStage<?> stored() {
        return stored;
    }

    private CompletionStage<?> store() {
        FeedRow row = row();
        long cursor = cursor();
        dirty = false;
        if (number == 0) {
            feed().log().settled(cursor);
            return CompletableFuture.completedFuture(null);
        }
        List<Long> said = List.copyOf(retired);
        List<Draft> drafts = new ArrayList<>(1 + said.size());
        drafts.add(feeds.table().put(number, row));
        said.forEach(sequence -> drafts.add(feeds.table().forgotten(number, sequence)));
        writing = true;
        return feeds.table()
                .commit(drafts)
                .whenComplete((commit, failure) -> feeds.execute(() -> {
                    writing = false;
                    if (failure != null) {
                        LOG.warn("a subscription could not be stored: feed={} reason={}", feed, failure.getMessage());
                        dirty = true;
                    } else {
                        retired.removeAll(said);
                        feed().log().settled(cursor);
                    }
                    if (dirty && !closed) {
                        changed();
                    }
                }));
    }

    /** Writes what is not written yet, for the last time. */
    CompletableFuture<?> stop() {
        if (closed || number == 0) {
            return CompletableFuture.completedFuture(null);
        }
        closed = true;
        return store().toCompletableFuture();
    }

    /** Writes nothing more. */
    void close() {
        closed = true;
    }

    /** Everything that has to go for the feed to be gone. */
    List<Draft> removal() {
        List<Draft> drafts = new ArrayList<>();
        if (number != 0) {
            drafts.add(feeds.table().delete(number));
            retired.forEach(sequence -> drafts.add(feeds.table().forgotten(number, sequence)));
        }
        return drafts;
    }
}
