// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.jspecify.annotations.Nullable;

/**
 * Changes that are kept for somebody by name: a durable subscription, a shared one, a queue. The log has them; a feed is a
 * place in it and what before that place is not settled. While clients are there it gives each change that its reading has to one of
 * them. Everything but {@link #retirement} is done on the thread of the {@link Feeds}.
 */
final class Feed {

    /** Changes that may wait because nobody who is here wants them. */
    static final int MOST_WAITING = 10_000;

    private final Feeds feeds;
    private final FeedKey key;
    private final FeedTerms terms;
    private final DurableSession log;
    private final FeedPlace place;
    private final FeedMembers members = new FeedMembers();
    private final TreeMap<Long, Parcel> waiting = new TreeMap<>();
    private final FeedReading reading;
    private final FeedPledges pledges;

    /** Current rows that were given or wait. */
    private int rowsOut;

    private long orders;

    Feed(Feeds feeds, FeedKey key, FeedTerms terms, DurableSession log, FeedPlace place) {
        this.feeds = feeds;
        this.key = key;
        this.terms = terms;
        this.log = log;
        this.place = place;
        this.pledges = new FeedPledges(place);
        place.of(this);
        this.reading = new FeedReading(feeds, this, place);
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
        return members.count() == 0;
    }

    /**
     * Somebody comes. Who had what one client alone can have is told that it was stolen, AMQP 1.0 §2.6.1.
     *
     * @throws Failure when he may not have it
     */
    void join(FeedMember member) {
        if (key.exclusive()) {
            for (FeedMember before : members.all()) {
                leave(before, false);
                before.link()
                        .ended()
                        .accept(new ErrorCondition(LinkError.STOLEN, "the link was attached again elsewhere"));
            }
        }
        if (!key.exclusive()) {
            // The subscription itself is the server's; who may not have one like it may not share it.
            reading.probe(member.link().context());
        }
        if (deserted()) {
            rowsOut = 0;
        }
        reading.open(key.exclusive() ? member.link().context() : null);
        member.joined(this, feeds.allowed(key, member.link().context(), reading.filter()));
        members.add(member);
        place.goneAt(0);
        pump();
    }

    /** Changes that are owed and were not settled. */
    long owed() {
        return log.owedChanges();
    }

    /** How many clients are here. */
    int clients() {
        return members.count();
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
            again(parcel);
        }
        member.held().clear();
        if (deserted()) {
            waiting.clear();
            place.goneAt(feeds.now());
            shut();
        } else {
            pump();
        }
    }

    /** Reads no more. */
    void shut() {
        reading.shut();
    }

    void request(FeedMember member, long changes) {
        member.room(changes);
        pump();
    }

    void recall(FeedMember member) {
        member.recall();
    }

    /** Something to give, of the reading. */
    void add(Delivery delivery) {
        Change change = delivery.change();
        if (!delivery.current() && pledges.has(change.sequence())) {
            return;
        }
        rowsOut += delivery.current() ? 1 : 0;
        Parcel parcel = new Parcel(
                change,
                delivery.matched().get(0).topic(change),
                delivery.current(),
                false, // no query
                ++orders,
                delivery.current() ? 0 : place.failures(change.sequence()));
        waiting.put(parcel.order(), parcel);
    }

    /** Gives what waits to those who have room for it, in turn, and reads on. */
    void pump() {
        Map<FeedMember, List<Parcel>> given = new LinkedHashMap<>(2);
        Iterator<Parcel> parcels = waiting.values().iterator();
        long room = members.room();
        while (parcels.hasNext() && room > 0) {
            Parcel next = parcels.next();
            FeedMember member = members.next(next, given, feeds.codec());
            if (member != null) {
                parcels.remove();
                given.computeIfAbsent(member, any -> new ArrayList<>()).add(next);
                room--;
            } else if (!key.queue() && !members.mayHave(next.change())) {
                // Nobody who is here may have it, and those behind it must not wait for that.
                parcels.remove();
                over(next);
            }
        }
        given.forEach(FeedMember::give);
        reading.request(members.room(), waiting.size());
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
        return FeedPledges.may(parcel) ? place.retirement(parcel.change().sequence()) : null;
    }

    /** A client has settled it in a transaction. */
    void pledge(FeedMember member, Parcel parcel) {
        pledges.add(member, parcel);
    }

    /** A transaction has settled it. */
    void retired(Parcel parcel) {
        pledges.retired(parcel);
        // The link may have been taken over before that was known here; then it waits for another.
        waiting.remove(parcel.order(), parcel);
    }

    /** A transaction that was rolled back would have settled it: its client has it again, or, if that has gone, others. */
    void restored(FeedMember member, Parcel parcel) {
        if (!pledges.restored(parcel)) {
            return;
        }
        if (members.has(member)) {
            member.held().add(parcel);
        } else {
            parcel.failed();
            again(parcel);
            pump();
        }
    }

    /** It goes to somebody else, if there is anybody, or is read from the log again. */
    private void again(Parcel parcel) {
        if (parcel.failures() > 0 && FeedPledges.may(parcel)) {
            place.failed(parcel.change().sequence(), parcel.failures());
        }
        if (!deserted()) {
            waiting.put(parcel.order(), parcel);
        }
    }

    void returned(FeedMember member, Parcel parcel, Supply.Fate fate) {
        if (member.held().remove(parcel)) {
            if (fate == Supply.Fate.BARRED) {
                parcel.bar(member);
            }
            if (fate == Supply.Fate.BARRED && key.exclusive()) {
                over(parcel);
            } else {
                again(parcel);
            }
            pump();
        }
    }

    /** Whether there is nothing at hand for a client that has room. */
    void idle(Consumer<Boolean> answer) {
        answer.accept(reading.idle(waiting.size()));
    }

    /** Perhaps clients have all current rows. */
    void rowsDone() {
        if (rowsOut == 0 && place.scanning() && reading.rowsRead()) {
            place.scanned();
        }
    }

    /** Up to here everything that came was delivered to this; 0 when that is not known. */
    long read() {
        return waiting.isEmpty() ? reading.read() : 0;
    }

    /** The reading has ended. */
    void ended(Failure why) {
        ErrorCondition told = new ErrorCondition(Failures.ended(why.code()), why.reason());
        for (FeedMember member : members.all()) {
            leave(member, false);
            member.link().ended().accept(told);
        }
    }

    /** It is no more. */
    void end(ErrorCondition why) {
        for (FeedMember member : members.all()) {
            leave(member, false);
            member.link().ended().accept(why);
        }
        place.close();
        log.close();
    }

    @Override
    public String toString() {
        return key.toString();
    }
}
