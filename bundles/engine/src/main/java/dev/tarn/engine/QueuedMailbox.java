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
import dev.tarn.api.security.Access;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mailbox of one subscriber. Everything in it is touched on its loop only. It is live while it takes changes from
 * the loop's queue, and catches up while it reads them from the log: after it was full, or when a subscription starts in
 * the past. Unlogged messages that come while it catches up wait for the logged changes that came before them.
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
    private final Set<FilterSubscription> subscriptions = new LinkedHashSet<>();
    private final List<CurrentScan> scans = new ArrayList<>();

    /** Every logged change up to this one has been taken or was of no interest. */
    private long cursor;

    /** While catching up: the last logged change that the loop's queue had for this mailbox. */
    private long skipped;

    private boolean catchingUp;
    private boolean reading;
    private boolean closed;
    private boolean touched;
    private boolean flushing;
    private long credit;

    /** A chunk of rows is thrown away when this has changed since its read began. */
    private int rowEpoch;

    /** As rowEpoch, for a read of the log. */
    private int logEpoch;

    private @Nullable Failure ending;

    /** Calls gone once it is closed. */
    QueuedMailbox(Commons commons, LoopQueue queue, CallContext context, Subscriber subscriber, Runnable gone) {
        this.commons = commons;
        this.queue = queue;
        this.context = context;
        this.subscriber = subscriber;
        this.gone = gone;
        this.outbox = new Outbox(commons.settings());
    }

    /** The queue of its loop. Any thread. */
    LoopQueue queue() {
        return queue;
    }

    // What the subscriber asks for.

    @Override
    public Subscription subscribe(Filter filter, Start start, Interest interest, @Nullable Object tag) {
        if (closed) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the mailbox is closed");
        }
        if (subscriptions.size() >= commons.settings().subscriptions()) {
            throw new Failure(
                    Failure.Code.FULL, "no more than " + commons.settings().subscriptions() + " subscriptions");
        }
        FilterSubscription subscription = new FilterSubscription(this, filter, interest, tag);
        subscription.denied(denied(filter));
        long durable = commons.horizon().durable();
        subscription.from(durable);
        commons.routing().add(subscription);
        if (subscriptions.isEmpty()) {
            queue.join(this);
            cursor = Math.max(cursor, durable);
        }
        subscriptions.add(subscription);
        logEpoch++;
        begin(subscription, start);
        return subscription;
    }

    /** Tables that the filter covers and the user may not subscribe to; fails when there are no others. */
    private Set<String> denied(Filter filter) {
        Exports exports = commons.routing().exports();
        Filter canonical = exports.canonical(filter);
        Set<String> denied = new HashSet<>();
        List<Exported> covered = exports.covered(canonical);
        for (Exported exported : covered) {
            if (!commons.permissions().allows(context, Access.Verb.SUBSCRIBE, exported.table(), canonical.text())) {
                denied.add(exported.name());
            }
        }
        if (!denied.isEmpty() && denied.size() == covered.size()) {
            throw Permissions.forbidden(context, Access.Verb.SUBSCRIBE, filter.text());
        }
        return Set.copyOf(denied);
    }

    private void begin(FilterSubscription subscription, Start start) {
        switch (start.from()) {
            case LIVE -> {}
            case CURRENT -> beginScan(subscription);
            case AFTER -> beginAfter(subscription, start.value());
            case SINCE, LAST -> {
                cancel(subscription);
                throw new Failure(Failure.Code.UNSUPPORTED, "a subscription cannot start with " + start.from());
            }
        }
    }

    private void beginScan(FilterSubscription subscription) {
        CurrentScan old = subscription.scan();
        if (old != null) {
            scans.remove(old);
        }
        Exports exports = commons.routing().exports();
        List<Exported> tables = new ArrayList<>(exports.covered(subscription.canonical()));
        tables.removeIf(exported -> subscription.denied(exported.name()));
        CurrentScan scan = new CurrentScan(
                subscription,
                commons.payloads(),
                exports,
                tables,
                commons.settings().mailboxChanges());
        subscription.scan(scan);
        scans.add(scan);
        touch();
    }

    private void beginAfter(FilterSubscription subscription, long sequence) {
        if (sequence > commons.horizon().durable()) {
            // A sequence that was never given out: from another node, or from before the data was lost.
            resetLater(subscription);
            return;
        }
        // The others have what comes before this; the log is read for them from there on only.
        long position = catchingUp ? cursor : Math.max(cursor, queue.processed());
        for (FilterSubscription other : subscriptions) {
            other.from(Math.max(other.from(), position));
        }
        subscription.from(sequence);
        long after = subscriptions.size() == 1 ? sequence : Math.min(sequence, position);
        catchUpFrom(after, commons.horizon().durable());
    }

    private void resetLater(FilterSubscription subscription) {
        mark(subscription, () -> subscriber.reset(subscription));
        beginScan(subscription);
    }

    /** Tells something about a subscription once what is before it is handed over, if it still lives then. */
    private void mark(FilterSubscription subscription, Runnable telling) {
        outbox.mark(() -> {
            if (!subscription.cancelled()) {
                telling.run();
            }
        });
    }

    /** A subscription was renewed; see {@link Subscription#renew}. */
    void renewed(FilterSubscription subscription, Start start) {
        if (!closed && !subscription.cancelled() && start.from() == Start.From.CURRENT) {
            beginScan(subscription);
        }
    }

    /** Ends one subscription. */
    void cancel(FilterSubscription subscription) {
        if (subscriptions.remove(subscription)) {
            subscription.cancelled(true);
            commons.routing().remove(subscription);
            CurrentScan scan = subscription.scan();
            if (scan != null) {
                scans.remove(scan);
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
        if (!outbox.isEmpty() || catchingUp || !scans.isEmpty()) {
            touch();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            for (FilterSubscription subscription : List.copyOf(subscriptions)) {
                cancel(subscription);
            }
            outbox.clear();
            gone.run();
        }
    }

    /** Closes it from the server's side; the subscriber is told. */
    void end(Failure why) {
        if (!closed && ending == null) {
            ending = why;
            touch();
        }
    }

    // What the loop's queue brings.

    /** Takes a change that was routed here. */
    void take(Change change, List<FilterSubscription> matched) {
        if (closed) {
            return;
        }
        long sequence = change.sequence();
        if (sequence == 0) {
            if (catchingUp) {
                hold(change, matched);
            } else {
                unlogged(change, matched);
            }
            return;
        }
        if (catchingUp) {
            skipped = Math.max(skipped, sequence);
        } else if (sequence > cursor) {
            List<Subscription> wanting = wanting(change, matched);
            if (!wanting.isEmpty() && !outbox.add(delivery(change, wanting))) {
                long first = outbox.dropLogged(sequence);
                catchUpFrom(first - 1, sequence);
            } else {
                cursor = sequence;
            }
            touch();
        }
    }

    private Delivery delivery(Change change, List<Subscription> wanting) {
        return new Delivery(change, wanting, false, scans.isEmpty() ? change.sequence() : 0);
    }

    private void unlogged(Change change, List<FilterSubscription> matched) {
        List<Subscription> wanting = wanting(change, matched);
        if (!wanting.isEmpty()) {
            if (!outbox.add(new Delivery(change, wanting, false, 0))) {
                drop(change, wanting);
            }
            touch();
        }
    }

    private void hold(Change change, List<FilterSubscription> matched) {
        List<Subscription> wanting = wanting(change, matched);
        if (!wanting.isEmpty() && !outbox.hold(new Delivery(change, wanting, false, 0), skipped)) {
            drop(change, wanting);
            touch();
        }
    }

    /** There is no room for an unlogged message: counted where its service is at most once, else the end. */
    private void drop(Change change, List<Subscription> wanting) {
        int qos = 0;
        for (Subscription subscription : wanting) {
            qos = Math.max(qos, ((FilterSubscription) subscription).interest().qos());
        }
        if (Math.min(qos, change.attributes().qos()) == 0) {
            outbox.missed(subscriber);
        } else {
            end(new Failure(Failure.Code.BUSY, "messages came faster than they were taken"));
        }
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

    /** Logged changes after a sequence were not queued for this loop. */
    void overran(long last, long durable) {
        if (!closed) {
            catchUpFrom(catchingUp ? cursor : Math.max(last, cursor), durable);
        }
    }

    private void catchUpFrom(long after, long last) {
        catchingUp = true;
        cursor = after;
        skipped = Math.max(skipped, last);
        rowEpoch++;
        logEpoch++;
        touch();
    }

    // What it sends and reads.

    private void touch() {
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
            Failure why = ending;
            if (why != null) {
                close();
                subscriber.ended(why);
                return;
            }
            boolean more = true;
            while (more && !closed) {
                List<Delivery> batch = outbox.batch(credit);
                credit = credit == Long.MAX_VALUE ? credit : credit - batch.size();
                if (!batch.isEmpty()) {
                    subscriber.deliver(batch);
                    outbox.delivered();
                }
                more = !closed && (outbox.passMarks() || (credit > 0 && !outbox.isEmpty()));
            }
            if (!closed && ending == null && credit > 0 && outbox.isEmpty() && !reading) {
                readOn();
            }
        } catch (RuntimeException bug) {
            LOG.error("a subscriber failed and is closed: origin={}", context.origin(), bug);
            if (!closed) {
                close();
                subscriber.ended(new Failure(Failure.Code.UNAVAILABLE, "a fault of the server; see its log"));
            }
        } finally {
            flushing = false;
        }
        if (!closed && ending != null) {
            touch();
        }
    }

    private void readOn() {
        if (catchingUp && cursor >= skipped) {
            live();
        }
        if (catchingUp) {
            readLog();
        } else if (!scans.isEmpty() && outbox.isEmpty()) {
            readRows(scans.get(0));
        }
    }

    private void live() {
        catchingUp = false;
        outbox.release(Long.MAX_VALUE);
        if (!outbox.isEmpty()) {
            touchAgain();
        }
    }

    private void touchAgain() {
        if (!touched) {
            touched = true;
            queue.pass(this::flush);
        }
    }

    private int readLimit() {
        return (int) Math.max(LEAST_READ, Math.min(credit, CurrentScan.ROWS));
    }

    private void readLog() {
        int started = logEpoch;
        reading = true;
        CatchUp read = new CatchUp(commons.payloads(), commons.routing().exports(), subscriptions, cursor, readLimit());
        commons.workers().read(() -> {
            Runnable arrival;
            try {
                long durable = commons.horizon().durable();
                try (var snapshot = commons.store().snapshot()) {
                    CatchUp.Read result = read.read(snapshot, durable);
                    arrival = () -> caughtUp(result, started);
                }
            } catch (RuntimeException failure) {
                arrival = () -> logFailed(failure, started);
            }
            queue.pass(arrival);
        });
    }

    private void caughtUp(CatchUp.Read read, int started) {
        reading = false;
        if (closed) {
            return;
        }
        if (started == logEpoch) {
            for (CatchUp.Found found : read.found()) {
                Change change = found.change();
                outbox.release(change.sequence() - 1);
                List<Subscription> wanting = wanting(change, found.matched());
                if (!wanting.isEmpty()) {
                    outbox.force(delivery(change, wanting));
                }
            }
            cursor = read.cursor();
            outbox.release(cursor);
        }
        touch();
    }

    private void logFailed(RuntimeException failure, int started) {
        reading = false;
        if (closed) {
            return;
        }
        if (!(failure instanceof Failure refusal)) {
            LOG.error("reading the log failed: origin={}", context.origin(), failure);
            end(new Failure(Failure.Code.UNAVAILABLE, "the log cannot be read"));
        } else if (refusal.code() != Failure.Code.NOT_FOUND) {
            end(refusal);
        } else if (started == logEpoch) {
            // The log was trimmed past the cursor: what it had is gone, the rows as they are now take its place.
            cursor = skipped;
            for (FilterSubscription subscription : subscriptions) {
                subscription.from(Math.max(subscription.from(), cursor));
                resetLater(subscription);
            }
        }
        touch();
    }

    private void readRows(CurrentScan scan) {
        int started = rowEpoch;
        int limit = readLimit();
        reading = true;
        scan.begin();
        commons.workers().read(() -> {
            try (var snapshot = commons.store().snapshot()) {
                CurrentScan.Chunk chunk = scan.read(snapshot, limit);
                // Rows that are not durable yet are nobody's business; and with them come the changes before them.
                commons.horizon().whenOffered(chunk.sequence(), () -> queue.pass(() -> rowsRead(scan, chunk, started)));
            } catch (RuntimeException failure) {
                queue.pass(() -> rowsFailed(scan, failure));
            }
        });
    }

    private void rowsRead(CurrentScan scan, CurrentScan.Chunk chunk, int started) {
        reading = false;
        FilterSubscription subscription = scan.subscription();
        if (closed) {
            return;
        }
        if (started != rowEpoch || subscription.scan() != scan || scan.tooManyParked()) {
            scan.discard();
        } else {
            List<Subscription> matched = List.of(subscription);
            for (Change row : chunk.rows()) {
                outbox.force(new Delivery(row, matched, true, 0));
            }
            for (Change after : scan.advance(chunk)) {
                outbox.force(new Delivery(after, matched, false, 0));
            }
            if (chunk.last()) {
                scans.remove(scan);
                subscription.scan(null);
                mark(subscription, () -> subscriber.current(subscription, chunk.sequence()));
            }
        }
        touch();
    }

    private void rowsFailed(CurrentScan scan, RuntimeException failure) {
        reading = false;
        scan.discard();
        if (failure instanceof Failure refusal) {
            end(refusal);
        } else {
            LOG.error("reading current rows failed: origin={}", context.origin(), failure);
            end(new Failure(Failure.Code.UNAVAILABLE, "current rows cannot be read"));
        }
    }

    @Override
    public String toString() {
        return context.origin();
    }
}
