// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mailbox of one subscriber, touched on its loop only, but for what says otherwise. Changes come from the loop's
 * queue, or from the log while its {@link LogReader} is active; current rows from its {@link RowReader}; all of them leave
 * through one {@link Outbox} in one order.
 */
final class QueuedMailbox implements Mailbox {

    private static final Logger LOG = LoggerFactory.getLogger(QueuedMailbox.class);

    /** The fewest rows or changes worth a trip to a worker. */
    private static final int LEAST_READ = 64;

    private final Commons commons;
    private final LoopQueue queue;
    private final CallContext context;
    private final Subscriber subscriber;
    private final Runnable gone;
    private final Outbox outbox;
    private final LiveQueries live;
    private final Set<FilterSubscription> subscriptions = new LinkedHashSet<>();
    private final LogReader log;
    private final RowReader rows;
    private final Visibility visibility;
    private final HandingOn handing;
    private final Intake intake;

    private boolean reading;
    private boolean closed;
    private boolean touched;
    private boolean flushing;
    private long credit;
    private @Nullable Failure ending;

    /** Whether there is room for more right now. Written on the loop when it changes, read by publishers of groups. */
    private volatile boolean ready;

    /** Calls gone once it is closed. */
    QueuedMailbox(Commons commons, LoopQueue queue, CallContext context, Subscriber subscriber, Runnable gone) {
        this.commons = commons;
        this.queue = queue;
        this.context = context;
        this.subscriber = subscriber;
        this.gone = gone;
        this.outbox = new Outbox(commons.settings());
        this.live = new LiveQueries(outbox);
        this.log = new LogReader(commons, queue, this, subscriptions);
        this.rows = new RowReader(commons, queue, this);
        this.visibility = new Visibility(commons, context);
        this.handing = new HandingOn(commons);
        this.intake = new Intake(this, context, visibility, handing, outbox, log, rows);
    }

    /** The queue of its loop. Any thread. */
    LoopQueue queue() {
        return queue;
    }

    /** What comes in. */
    Intake intake() {
        return intake;
    }

    Subscriber subscriber() {
        return subscriber;
    }

    /** Whether its user may see some things only, or subscriptions go by rights that are no longer so. Any thread. */
    boolean doubtful() {
        return visibility.restricted() || visibility.outdated();
    }

    /** Whether it would hand over a change at once. A hint, on any thread. */
    boolean ready() {
        return ready;
    }

    boolean closed() {
        return closed;
    }

    /** How much waits in memory for the subscriber. */
    int waiting() {
        return outbox.size();
    }

    // What the subscriber asks for.

    @Override
    public Subscription subscribe(Filter filter, Start start, Interest interest, @Nullable Object tag) {
        if (closed) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the mailbox is closed");
        }
        if (subscriptions.size() >= commons.settings().mailboxes().subscriptions()) {
            throw new Failure(
                    Failure.Code.FULL,
                    "no more than " + commons.settings().mailboxes().subscriptions() + " subscriptions");
        }
        Set<String> allowed = visibility.tables(filter);
        String name = interest.group();
        // What a member of a group must not see would have to be given back for ever.
        if (allowed != null && (allowed.isEmpty() || (name != null && !visibility.wholly(filter)))) {
            throw visibility.forbidden(filter);
        }
        LiveQuery query = LiveQuery.of(commons, visibility, filter, interest);
        if (query != null) {
            live.joined();
        }
        SharedGroup group = name == null ? null : commons.routing().groups().join(name, filter.text());
        FilterSubscription subscription = new FilterSubscription(this, filter, group, interest, query, tag);
        subscription.allowed(allowed);
        long durable = commons.horizon().durable();
        commons.routing().add(subscription);
        log.joined(subscription, durable);
        if (subscriptions.isEmpty()) {
            queue.join(this);
        }
        subscriptions.add(subscription);
        begin(subscription, start);
        return subscription;
    }

    /** Other tables were deployed, or other rights are in force, so the same filter may cover others. */
    void reconsider(FilterSubscription subscription) {
        if (closed || subscription.cancelled()) {
            return;
        }
        if (visibility.outdated()) {
            visibility.renew();
            outbox.sift(visibility::seen);
        }
        Filter filter = subscription.filter();
        try {
            Set<String> allowed = visibility.tables(filter);
            subscription.allowed(allowed);
            boolean lost = allowed != null
                    && ((subscription.group() != null && !visibility.wholly(filter))
                            || (subscription.query() != null && !visibility.rowsWholly(filter)));
            if (lost || !visibility.known()) {
                end(visibility.forbidden(filter));
            }
        } catch (Failure unmapped) {
            subscription.allowed(Set.of());
        }
    }

    private void begin(FilterSubscription subscription, Start start) {
        LiveQuery query = subscription.query();
        if (query != null) {
            boolean current = start.from() == Start.From.CURRENT;
            // What waits is of before.
            mark(subscription, () -> query.begin(current));
        }
        if (subscription.group() != null || start.from() == Start.From.LIVE) {
            return;
        }
        subscription.every(start.from() == Start.From.EVERY);
        if (start.from() == Start.From.CURRENT || subscription.every()) {
            rows.begin(subscription, start.progress());
        }
        if (subscription.every() ? start.value() >= 0 : start.from() != Start.From.CURRENT) {
            rows.abandon();
            log.begin(subscription, start);
        }
    }

    /** A subscription was renewed; see {@link Subscription#renew}. */
    void renewed(FilterSubscription subscription, Start start) {
        boolean again = start.from() == Start.From.CURRENT || start.from() == Start.From.EVERY;
        if (again && !closed && !subscription.cancelled()) {
            begin(subscription, start);
        }
    }

    /** Ends one subscription. */
    void cancel(FilterSubscription subscription) {
        if (subscriptions.remove(subscription)) {
            rows.drop(subscription);
            subscription.cancelled(true);
            if (subscription.query() != null) {
                live.left(subscription);
            }
            commons.routing().remove(subscription);
            SharedGroup group = subscription.group();
            if (group != null) {
                handing.left(subscription, group, outbox.waitingFor(subscription));
            }
            outbox.cancelled();
            if (subscriptions.isEmpty()) {
                queue.leave(this);
            }
        }
    }

    @Override
    public void request(long changes) {
        if (changes < 0) {
            throw new IllegalArgumentException("credit of " + changes);
        }
        long sum = credit + changes;
        credit = sum < 0 ? Long.MAX_VALUE : sum;
        if (!outbox.isEmpty() || !live.isEmpty() || log.active() || !rows.isEmpty()) {
            touch();
        } else if (!ready && credit > 0) {
            ready = true;
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            ready = false;
            for (FilterSubscription subscription : List.copyOf(subscriptions)) {
                cancel(subscription);
            }
            outbox.clear();
            gone.run();
        }
    }

    /** The subscriber gives back what was delivered to it as the member of a group. */
    void giveBack(Change change, FilterSubscription subscription) {
        handing.change(change, subscription);
    }

    /** Whether it is about to be closed from the server's side. */
    boolean ending() {
        return ending != null;
    }

    /** Closes it from the server's side; the subscriber is told. */
    void end(Failure why) {
        if (!closed && ending == null) {
            ending = why;
            touch();
        }
    }

    /** Logged changes after a sequence were not queued for this loop. */
    void overran(long last, long durable) {
        if (!closed) {
            rows.abandon();
            log.overran(last, durable);
        }
    }

    // What its readers bring.

    /** The log has been read up to here: what waited for that may pass. */
    void release(long reached) {
        outbox.release(reached);
        rows.finish(reached);
    }

    /** Whether the loop's queue brings all that is new. */
    boolean live() {
        return !log.active();
    }

    /** Whether a logged change of the loop's queue is not for this mailbox, which is past it. */
    boolean passed(long sequence) {
        return log.passed(sequence);
    }

    /** All current rows of a subscription have been taken. */
    void current(FilterSubscription subscription, long sequence) {
        mark(subscription, () -> subscriber.current(subscription, sequence));
    }

    /** The log does not reach back far enough for a subscription: it begins anew with its current rows. */
    void reset(FilterSubscription subscription) {
        mark(subscription, () -> {
            LiveQuery query = subscription.query();
            if (query != null) {
                query.begin(true);
            }
            subscriber.reset(subscription);
        });
        if (subscription.group() == null) {
            rows.begin(subscription, Start.Progress.NONE);
        }
    }

    /** Tells something about a subscription once what is before it is handed over, if it still lives then. */
    private void mark(FilterSubscription subscription, Runnable telling) {
        outbox.mark(() -> {
            if (!subscription.cancelled()) {
                telling.run();
            }
        });
    }

    /** Whether a worker reads for this mailbox; one at a time. */
    void reading(boolean now) {
        reading = now;
    }

    // What goes out.

    /** Makes sure that it is flushed soon, and not within this call. */
    void touch() {
        if (!touched && !flushing) {
            touched = true;
            queue.touch(this);
        }
    }

    /** Hands over what credit allows, then reads more if there is room. At the end of each run of the loop's queue. */
    void flush() {
        touched = false;
        if (closed) {
            return;
        }
        flushing = true;
        try {
            send();
            if (!closed && live.isEmpty()) {
                intake.tellPassed();
            }
        } catch (Failure full) {
            ending = full;
        } catch (RuntimeException bug) {
            LOG.error("a subscriber failed and is closed: mailbox={}", this, bug);
            ending = new Failure(Failure.Code.UNAVAILABLE, "a fault of the server; see its log");
        } finally {
            flushing = false;
        }
        Failure why = ending;
        if (why != null && !closed) {
            close();
            subscriber.ended(why);
        }
        boolean room = !closed && credit > 0 && outbox.isEmpty() && !log.active();
        if (room != ready) {
            ready = room;
        }
    }

    private void send() {
        boolean more = ending == null;
        while (more && !closed) {
            List<Delivery> batch = live.batch(credit);
            credit = credit == Long.MAX_VALUE ? credit : credit - batch.size();
            if (!batch.isEmpty()) {
                subscriber.deliver(batch);
                outbox.delivered();
            }
            more = !closed
                    && ((live.isEmpty() && outbox.passMarks())
                            || (credit > 0 && !(outbox.isEmpty() && live.isEmpty())));
            if (!more && !closed && ending == null && !reading && credit > 0) {
                readOn();
                more = !outbox.isEmpty();
            }
        }
    }

    private void readOn() {
        int limit = (int) Math.max(LEAST_READ, Math.min(credit, CurrentScan.ROWS));
        if (!log.readOn(limit) && outbox.isEmpty()) {
            rows.readOn(limit);
        }
    }

    @Override
    public String toString() {
        return context.toString();
    }
}
