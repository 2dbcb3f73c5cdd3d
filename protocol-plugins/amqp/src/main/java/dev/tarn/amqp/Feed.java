// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes that are kept for somebody by name: a durable subscription, a shared one, a queue. The log has them; a feed is a
 * place in it and what before that place is not settled. While clients are there it reads on and gives each change to one of
 * them. Everything but {@link #retirement} is done on the thread of the {@link Feeds}.
 */
final class Feed implements Subscriber {

    private static final Logger LOG = LoggerFactory.getLogger(Feed.class);

    /** Changes that may wait because nobody who is here wants them. */
    private static final int MOST_WAITING = 10_000;

    private static final long QUIET_NANOS = 1_000_000_000L;

    private final Feeds feeds;
    private final FeedKey key;
    private final FeedTerms terms;
    private final Filter filter;
    private final @Nullable Selector selector;
    private final DurableSession log;
    private final FeedPlace place;
    private final List<FeedMember> members = new ArrayList<>();
    private final TreeMap<Long, Parcel> waiting = new TreeMap<>();
    private final Map<Long, Integer> failures = new HashMap<>();
    private @Nullable Mailbox mailbox;
    private @Nullable Subscription main;
    private @Nullable Subscription rows;

    /** Current rows that were given or wait. */
    private int rowsOut;

    private long requested;
    private long lastArrival = System.nanoTime();
    private long orders;
    private int turn;

    Feed(Feeds feeds, FeedKey key, FeedTerms terms, DurableSession log, FeedPlace place) {
        this.feeds = feeds;
        this.key = key;
        this.terms = terms;
        this.filter = Filter.of(terms.filter());
        this.selector = terms.selector() == null ? null : Selector.of(terms.selector());
        this.log = log;
        this.place = place;
        place.of(this);
    }

    FeedKey key() {
        return key;
    }

    FeedTerms terms() {
        return terms;
    }

    FeedPlace place() {
        return place;
    }

    DurableSession log() {
        return log;
    }

    boolean deserted() {
        return members.isEmpty();
    }

    /**
     * Somebody comes. Who had what one client alone can have is told that it was stolen, AMQP 1.0 §2.6.1.
     *
     * @throws Failure when he may not have it
     */
    void join(FeedMember member) {
        if (key.exclusive()) {
            for (FeedMember before : List.copyOf(members)) {
                leave(before, false);
                before.link()
                        .ended()
                        .accept(new ErrorCondition(LinkError.STOLEN, "the link was attached again elsewhere"));
            }
        }
        if (!key.exclusive()) {
            // The subscription itself is the server's; who may not have one like it may not share it.
            try (Mailbox own = feeds.mailbox(member.link().context(), this)) {
                own.subscribe(filter, Start.LIVE, null);
            }
        }
        if (mailbox == null) {
            open(member);
        }
        member.joined(this, feeds.allowed(key, member.link().context(), filter));
        members.add(member);
        place.goneAt(0);
        pump();
    }

    private void open(FeedMember first) {
        place.begin(log);
        Mailbox opened = feeds.mailbox(key.exclusive() ? first.link().context() : null, this);
        Interest interest = new Interest(2, terms.noLocal(), null);
        try {
            main = opened.subscribe(filter, Start.after(place.cursor()), interest, null);
            rows = place.scanning() ? opened.subscribe(filter, Start.CURRENT, interest, null) : null;
        } catch (Failure refused) {
            opened.close();
            throw refused;
        }
        mailbox = opened;
        requested = 0;
        lastArrival = System.nanoTime();
        rowsOut = 0;
    }

    /**
     * Somebody goes; what he has not settled goes to others, or is read from the log again.
     *
     * @param lost without a word, so that what he was sent counts as a failure
     */
    void leave(FeedMember member, boolean lost) {
        if (!members.remove(member)) {
            return;
        }
        for (Parcel parcel : member.held()) {
            if (lost) {
                parcel.failed();
            }
            waiting.put(parcel.order(), parcel);
        }
        member.held().clear();
        if (members.isEmpty()) {
            for (Parcel parcel : waiting.values()) {
                if (parcel.failures() > 0 && parcel.change().logged() && !parcel.current()) {
                    failures.put(parcel.change().sequence(), parcel.failures());
                }
            }
            waiting.clear();
            place.goneAt(feeds.now());
            shut();
        } else {
            pump();
        }
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

    void request(FeedMember member, long changes) {
        member.room(changes);
        pump();
    }

    void recall(FeedMember member) {
        member.recall();
    }

    @Override
    public void deliver(List<Delivery> batch) {
        requested -= batch.size();
        lastArrival = System.nanoTime();
        for (Delivery delivery : batch) {
            Change change = delivery.change();
            boolean wanted = selector == null || selector.takes(change, feeds.codec());
            if (delivery.current()) {
                if (wanted && place.scanning()) {
                    rowsOut++;
                    add(delivery);
                }
            } else if (!change.logged()) {
                if (wanted) {
                    add(delivery);
                }
            } else if (place.comes(change, wanted)) {
                add(delivery);
            }
        }
        pump();
        place.changed();
    }

    private void add(Delivery delivery) {
        Change change = delivery.change();
        Integer failed = failures.isEmpty() || delivery.current() ? null : failures.remove(change.sequence());
        Parcel parcel = new Parcel(
                change,
                delivery.matched().get(0).topic(change),
                delivery.current(),
                ++orders,
                failed == null ? 0 : failed);
        waiting.put(parcel.order(), parcel);
    }

    /** Gives what waits to those who have room for it, in turn, and reads on. */
    private void pump() {
        Map<FeedMember, List<Parcel>> given = new LinkedHashMap<>(2);
        Iterator<Parcel> parcels = waiting.values().iterator();
        long room = room();
        while (parcels.hasNext() && room > 0) {
            Parcel next = parcels.next();
            FeedMember member = next(next, given);
            if (member != null) {
                parcels.remove();
                given.computeIfAbsent(member, any -> new ArrayList<>()).add(next);
                room--;
            } else if (!key.queue() && !mayHave(next.change())) {
                // Nobody who is here may have it, and those behind it must not wait for that.
                parcels.remove();
                over(next);
            }
        }
        given.forEach(FeedMember::give);
        Mailbox open = mailbox;
        long more = room() - requested;
        if (open != null && more > 0 && waiting.size() + requested < MOST_WAITING) {
            requested += more;
            open.request(more);
        }
    }

    private long room() {
        long room = 0;
        for (FeedMember member : members) {
            room += member.room();
        }
        return room;
    }

    private boolean mayHave(Change change) {
        return members.isEmpty() || members.stream().anyMatch(member -> member.mayHave(change));
    }

    private @Nullable FeedMember next(Parcel parcel, Map<FeedMember, List<Parcel>> given) {
        int count = members.size();
        for (int i = 0; i < count; i++) {
            FeedMember member = members.get(Math.floorMod(turn + i, count));
            List<Parcel> already = given.get(member);
            boolean room = member.room() > (already == null ? 0 : already.size());
            if (room && member.mayHave(parcel.change()) && member.wants(parcel, feeds.codec())) {
                turn = Math.floorMod(turn + i + 1, count);
                return member;
            }
        }
        return null;
    }

    void settled(FeedMember member, List<Parcel> parcels) {
        for (Parcel parcel : parcels) {
            if (member.held().remove(parcel)) {
                over(parcel);
            }
        }
    }

    private void over(Parcel parcel) {
        if (parcel.current()) {
            rowsOut--;
            rowsDone();
        } else if (parcel.change().logged()) {
            place.settled(parcel.change().sequence());
        }
    }

    /** What settles this change in the store; any thread. */
    @Nullable
    Draft retirement(Parcel parcel) {
        return parcel.current() || !parcel.change().logged()
                ? null
                : place.retirement(parcel.change().sequence());
    }

    /** A transaction has settled it. */
    void retired(FeedMember member, Parcel parcel) {
        if (!parcel.current() && parcel.change().logged()) {
            place.retired(parcel.change().sequence());
        }
        // The member may have left before the commit was known; then it waits for another.
        waiting.remove(parcel.order());
        settled(member, List.of(parcel));
    }

    void returned(FeedMember member, Parcel parcel, Supply.Fate fate) {
        if (member.held().remove(parcel)) {
            if (fate == Supply.Fate.BARRED) {
                parcel.bar(member);
            }
            if (fate != Supply.Fate.RELEASED) {
                parcel.failed();
            }
            if (fate == Supply.Fate.BARRED && key.exclusive()) {
                over(parcel);
            } else {
                waiting.put(parcel.order(), parcel);
            }
            pump();
        }
    }

    /**
     * Whether there is nothing at hand for a client that has room: all that is owed was read, as far as the log's counts tell,
     * or nothing has come for a while.
     */
    void idle(Consumer<Boolean> answer) {
        boolean read = log.owedChanges() <= place.owed() || waiting.size() + requested >= MOST_WAITING;
        answer.accept(rows == null && (read || System.nanoTime() - lastArrival > QUIET_NANOS));
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
            rowsDone();
        }
    }

    private void rowsDone() {
        if (rows == null && rowsOut == 0 && place.scanning() && mailbox != null) {
            place.scanned();
        }
    }

    /** Up to here everything that came was delivered to this; 0 when that is not known. */
    long read() {
        Subscription reading = main;
        return reading == null || !waiting.isEmpty() ? 0 : reading.settled();
    }

    @Override
    public void reset(Subscription from) {
        LOG.warn("the log no longer has all that was kept for a subscription: feed={}", key);
    }

    /** Rights were taken away, or the engine stops. */
    @Override
    public void ended(Failure why) {
        mailbox = null;
        main = null;
        rows = null;
        ErrorCondition told = new ErrorCondition(Failures.ended(why.code()), why.reason());
        for (FeedMember member : List.copyOf(members)) {
            leave(member, false);
            member.link().ended().accept(told);
        }
    }

    /** It is no more. */
    void end(ErrorCondition why) {
        for (FeedMember member : List.copyOf(members)) {
            leave(member, false);
            member.link().ended().accept(why);
        }
        place.close();
        log.close();
    }

    /** Whether a change is for those who were away: not what is served at most once, nor what is silent elsewhere. */
    static boolean lasting(Change change) {
        return change.attributes().qos() > 0 && change.kind() != Kind.EXPIRE;
    }

    @Override
    public String toString() {
        return key.toString();
    }
}
