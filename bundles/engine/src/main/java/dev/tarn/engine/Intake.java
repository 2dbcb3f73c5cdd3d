// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What comes into a mailbox, from its loop's queue, from the log and from the tables' rows: decides who of its
 * subscriptions wants it and whether there is room, and puts it into the outbox. Confined to the mailbox's loop.
 */
final class Intake {

    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

    private final QueuedMailbox mailbox;
    private final CallContext context;
    private final Visibility visibility;
    private final HandingOn handing;
    private final Outbox outbox;
    private final LogReader log;
    private final RowReader rows;

    /** The last logged change that a condition has left out. */
    private long leftOut;

    Intake(
            QueuedMailbox mailbox,
            CallContext context,
            Visibility visibility,
            HandingOn handing,
            Outbox outbox,
            LogReader log,
            RowReader rows) {
        this.mailbox = mailbox;
        this.context = context;
        this.visibility = visibility;
        this.handing = handing;
        this.outbox = outbox;
        this.log = log;
        this.rows = rows;
    }

    /**
     * Takes a change that was routed here.
     *
     * @param after for an unlogged message, the last sequence that was durable when it was published: all that its
     *     publisher wrote before is at or below, all that he writes later is above
     */
    void take(Change change, List<FilterSubscription> matched, long after) {
        if (!mailbox.closed() && !rows.parks(change, matched, after, false)) {
            pass(change, matched, after, false);
        }
    }

    /** Takes a change that a group gave to its member here. */
    void takeShared(Change change, List<FilterSubscription> member, long after) {
        if (mailbox.closed()) {
            handing.change(change, member.get(0));
        } else if (!rows.parks(change, member, after, true)) {
            pass(change, member, after, true);
        }
    }

    /** Takes the number of a logged change that a group gave to its member here. */
    void assigned(long sequence, FilterSubscription member) {
        if (mailbox.closed() || member.cancelled()) {
            handing.logged(new long[] {sequence}, member);
        } else {
            rows.abandon();
            member.assign(sequence);
            log.assigned(sequence);
            mailbox.touch();
        }
    }

    /** Goes on with a change that is not parked, or no longer. */
    void pass(Change change, List<FilterSubscription> matched, long after, boolean shared) {
        if (mailbox.closed() && !shared) {
            return;
        }
        if (shared) {
            passShared(change, matched, after);
        } else if (!change.logged()) {
            passUnlogged(change, matched, after);
        } else if (!log.skips(change.sequence())) {
            passLogged(change, matched);
        }
    }

    private void passLogged(Change change, List<FilterSubscription> matched) {
        List<Subscription> wanting = wanting(change, matched);
        Change seen = wanting.isEmpty() ? null : visibility.seen(change);
        List<Subscription> selecting = seen == null ? List.of() : selecting(seen, wanting);
        if (seen == null || selecting.isEmpty() || outbox.add(delivery(seen, selecting))) {
            log.taken(change.sequence());
        } else {
            log.fallBack(outbox.dropLogged(change.sequence()) - 1, change.sequence());
        }
        mailbox.touch();
    }

    private void passUnlogged(Change change, List<FilterSubscription> matched, long after) {
        List<Subscription> covering = wanting(change, matched);
        Change seen = covering.isEmpty() ? null : visibility.seen(change);
        List<Subscription> wanting = seen == null ? List.of() : selecting(seen, covering);
        if (!wanting.isEmpty()) {
            if (outbox.full() && !mayKeep(change, wanting)) {
                outbox.missed(mailbox.subscriber());
            } else if (log.active()) {
                outbox.hold(new Delivery(change, wanting, false, 0), after);
            } else {
                outbox.force(new Delivery(change, wanting, false, 0));
            }
            mailbox.touch();
        }
    }

    private void passShared(Change change, List<FilterSubscription> member, long after) {
        FilterSubscription subscription = member.get(0);
        if (mailbox.closed() || !subscription.wants(change, context.origin())) {
            handing.change(change, subscription);
        } else if (!change.logged()) {
            passUnlogged(change, member, after);
        } else if (selects(change, subscription)) {
            boolean room = !log.active() && outbox.add(new Delivery(change, List.of(subscription), false, 0));
            if (!room) {
                // Kept as a number only: the log has the rest.
                subscription.assign(change.sequence());
                log.assigned(change.sequence());
            }
            mailbox.touch();
        }
    }

    /** One that can be resumed from, unless rows are still to come before it. */
    private Delivery delivery(Change change, List<Subscription> wanting) {
        return new Delivery(change, wanting, false, rows.isEmpty() ? change.sequence() : 0);
    }

    /** There is no room for an unlogged message: not kept where its service is at most once, else perhaps the end. */
    private boolean mayKeep(Change change, List<Subscription> wanting) {
        int qos = 0;
        for (Subscription subscription : wanting) {
            qos = Math.max(qos, ((FilterSubscription) subscription).interest().qos());
        }
        if (Math.min(qos, change.attributes().qos()) == 0) {
            return false;
        }
        if (!mailbox.ending() && !mailbox.subscriber().crowded()) {
            mailbox.end(new Failure(Failure.Code.BUSY, "messages came faster than they were taken"));
        }
        return !mailbox.ending();
    }

    /** Those subscriptions that want the change now; usually all, and then nothing is allocated. */
    @SuppressWarnings("unchecked")
    private List<Subscription> wanting(Change change, List<FilterSubscription> matched) {
        boolean all = true;
        for (int i = 0; i < matched.size(); i++) {
            all &= matched.get(i).plain();
        }
        if (all) {
            return (List<Subscription>) (List<?>) matched;
        }
        List<Subscription> wanting = new ArrayList<>(matched.size());
        for (FilterSubscription subscription : matched) {
            if (subscription.wants(change, context.origin())) {
                wanting.add(subscription);
            }
        }
        return wanting;
    }

    /** Takes a change that was read from the log. */
    void takeLogged(Change change, List<FilterSubscription> matched) {
        outbox.release(change.sequence() - 1);
        List<Subscription> covering = wanting(change, matched);
        Change seen = covering.isEmpty() ? null : visibility.seen(change);
        if (seen == null) {
            return;
        }
        List<Subscription> wanting = new ArrayList<>(selecting(seen, covering));
        for (FilterSubscription subscription : matched) {
            if (subscription.group() != null && wanting.remove(subscription)) {
                // Never taken back from the outbox, since nothing remembers that the group gave it to this one.
                outbox.force(new Delivery(change, List.of(subscription), false, 0));
            }
        }
        if (!wanting.isEmpty()) {
            outbox.force(delivery(seen, wanting));
        }
    }

    /** Takes a current row. */
    void takeRow(Change row, FilterSubscription subscription) {
        Change seen = visibility.seen(row);
        if (seen != null && selects(seen, subscription)) {
            outbox.force(new Delivery(seen, List.of(subscription), true, 0));
        }
    }

    /** Those whose condition is true of the change as it may be seen; usually all, and then nothing is allocated. */
    private List<Subscription> selecting(Change seen, List<Subscription> wanting) {
        List<Subscription> selecting = wanting;
        for (int i = wanting.size() - 1; i >= 0; i--) {
            if (!selects(seen, (FilterSubscription) wanting.get(i))) {
                selecting = selecting == wanting ? new ArrayList<>(wanting) : selecting;
                selecting.remove(i);
            }
        }
        return selecting;
    }

    /** Whether the condition of a subscription is true of a change; where it cannot be asked the mailbox ends. */
    private boolean selects(Change seen, FilterSubscription subscription) {
        Predicate<Change> where = subscription.interest().where();
        try {
            if (where == null || where.test(seen)) {
                return true;
            }
        } catch (Failure refused) {
            mailbox.end(refused);
        } catch (RuntimeException bug) {
            LOG.error("a condition failed: subscription={}", subscription, bug);
            mailbox.end(new Failure(Failure.Code.UNAVAILABLE, "a fault of the server; see its log"));
        }
        leftOut = Math.max(leftOut, seen.sequence());
        return false;
    }

    /** Tells the subscriber what conditions have left out, once all before that was handed over. */
    void tellPassed() {
        long upTo = log.active() ? Math.min(leftOut, log.cursor()) : leftOut;
        if (upTo > 0 && outbox.isEmpty()) {
            leftOut = upTo == leftOut ? 0 : leftOut;
            mailbox.subscriber().passed(upTo);
        }
    }

    /** Whether a change that a subscription covers is kept from it. */
    boolean refuses(FilterSubscription subscription, Change change) {
        return subscription.refuses(change, context.origin());
    }
}
