// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Start;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mailbox's place in the log. While it is active, the mailbox gets its logged changes from here, read in chunks on a
 * worker, and not from the loop's queue: because it was full, or because a subscription begins in the past. It ends when
 * it has passed the last change that the queue had meanwhile. Confined to the mailbox's loop.
 */
final class LogReader {

    private static final Logger LOG = LoggerFactory.getLogger(LogReader.class);

    /** A subscription whose place in the log has to be looked up. */
    private record Lookup(FilterSubscription subscription, Start start) {}

    private final Commons commons;
    private final LoopQueue queue;
    private final QueuedMailbox mailbox;
    private final Collection<FilterSubscription> subscriptions;
    private final Deque<Lookup> lookups = new ArrayDeque<>(0);

    /** Every logged change up to this one has been taken or was of no interest. */
    private long cursor;

    /** While active: the last logged change that the queue had for this mailbox. */
    private long skipped;

    private boolean active;

    /** What is being read now is thrown away when this has changed since the read began. */
    private int epoch;

    LogReader(Commons commons, LoopQueue queue, QueuedMailbox mailbox, Collection<FilterSubscription> subscriptions) {
        this.commons = commons;
        this.queue = queue;
        this.mailbox = mailbox;
        this.subscriptions = subscriptions;
    }

    boolean active() {
        return active;
    }

    /** Every logged change up to this one has been taken or was of no interest. */
    long cursor() {
        return cursor;
    }

    /** Whether a logged change of the queue is not to be taken from it: it will be read from the log, or was. */
    boolean skips(long sequence) {
        if (active) {
            skipped = Math.max(skipped, sequence);
            return true;
        }
        return sequence <= cursor;
    }

    /** Whether it is past a sequence. */
    boolean passed(long sequence) {
        return sequence <= cursor;
    }

    /** A logged change of the queue was taken. */
    void taken(long sequence) {
        cursor = sequence;
    }

    /** A subscription has joined that wants changes after this sequence only. */
    void joined(FilterSubscription subscription, long durable) {
        subscription.from(durable);
        if (subscriptions.isEmpty()) {
            cursor = Math.max(cursor, durable);
        }
        epoch++;
    }

    /** A member of a group here was given a logged change that it has to read from the log. */
    void assigned(long sequence) {
        if (active && sequence > cursor) {
            skipped = Math.max(skipped, sequence);
        } else {
            rewind(sequence - 1);
        }
    }

    /** Begins to read for a subscription that starts in the past. */
    void begin(FilterSubscription subscription, Start start) {
        if (start.from() == Start.From.AFTER || start.from() == Start.From.EVERY) {
            begin(subscription, start.value());
        } else {
            lookups.add(new Lookup(subscription, start));
            fallBack(position(), commons.horizon().durable());
        }
    }

    private void begin(FilterSubscription subscription, long sequence) {
        long durable = commons.horizon().durable();
        if (sequence > durable) {
            // A sequence that was never given out: from another node, or from before the data was lost.
            mailbox.reset(subscription);
            return;
        }
        rewind(sequence);
        subscription.from(sequence);
    }

    /** Up to where all subscriptions have what they want. */
    private long position() {
        return active ? cursor : Math.max(cursor, queue.processed());
    }

    /** Reads from a sequence on that may be in the past for some subscriptions, without a repeat for these. */
    void rewind(long after) {
        long position = position();
        boolean alone = true;
        for (FilterSubscription subscription : subscriptions) {
            subscription.from(Math.max(subscription.from(), position));
            alone &= subscription.group() != null;
        }
        // Members of groups know one by one what they read, so there is nothing before it for them.
        fallBack(
                alone && !active ? after : Math.min(after, position),
                commons.horizon().durable());
    }

    /** Reads on from the log after a sequence, at least as far as the last one. */
    void fallBack(long after, long last) {
        skipped = active ? Math.max(skipped, last) : last;
        active = true;
        cursor = after;
        epoch++;
        mailbox.touch();
    }

    /** The loop's queue did not have what came after this sequence. */
    void overran(long last, long durable) {
        fallBack(active ? cursor : Math.max(last, cursor), durable);
    }

    /** Starts the next read; false when there is nothing left to read and the mailbox is live. */
    boolean readOn(int limit) {
        if (!active) {
            return false;
        }
        Lookup lookup = lookups.poll();
        if (lookup != null) {
            look(lookup);
            return true;
        }
        if (cursor >= skipped) {
            active = false;
            mailbox.release(Long.MAX_VALUE);
            return false;
        }
        read(limit);
        return true;
    }

    private void look(Lookup lookup) {
        mailbox.reading(true);
        LogLookup search = new LogLookup(
                commons.store(),
                lookup.subscription().canonical(),
                commons.horizon().durable());
        commons.workers().read(() -> {
            try {
                long after = search.find(lookup.start());
                queue.pass(() -> found(lookup.subscription(), after));
            } catch (RuntimeException failure) {
                queue.pass(() -> failed(failure, epoch));
            }
        });
    }

    private void found(FilterSubscription subscription, long after) {
        mailbox.reading(false);
        if (!mailbox.closed() && !subscription.cancelled()) {
            begin(subscription, after);
        }
    }

    private void read(int limit) {
        int started = epoch;
        mailbox.reading(true);
        CatchUp read = new CatchUp(commons.payloads(), commons.routing().exports(), subscriptions, cursor, limit);
        commons.workers().read(() -> {
            Runnable arrival;
            try {
                long durable = commons.horizon().durable();
                try (var snapshot = commons.store().snapshot()) {
                    CatchUp.Read result = read.read(snapshot, durable);
                    arrival = () -> arrived(read, result, started);
                }
            } catch (RuntimeException failure) {
                arrival = () -> failed(failure, started);
            }
            queue.pass(arrival);
        });
    }

    private void arrived(CatchUp read, CatchUp.Read result, int started) {
        mailbox.reading(false);
        if (!mailbox.closed() && started == epoch) {
            for (CatchUp.Found found : result.found()) {
                mailbox.intake().takeLogged(found.change(), found.matched());
            }
            cursor = result.cursor();
            mailbox.release(cursor);
            long left = read.settle(cursor);
            if (left <= cursor) {
                // A group gave it to a member here while the log was read past it.
                rewind(left - 1);
            }
        }
        mailbox.touch();
    }

    private void failed(RuntimeException failure, int started) {
        mailbox.reading(false);
        if (mailbox.closed()) {
            return;
        }
        if (!(failure instanceof Failure refusal)) {
            LOG.error("reading the log failed: mailbox={}", mailbox, failure);
            mailbox.end(new Failure(Failure.Code.UNAVAILABLE, "the log cannot be read"));
        } else if (refusal.code() != Failure.Code.NOT_FOUND) {
            mailbox.end(refusal);
        } else if (started == epoch) {
            // The log was trimmed past the cursor: what it had is gone, the rows as they are now take its place.
            cursor = skipped;
            for (FilterSubscription subscription : subscriptions) {
                subscription.from(Math.max(subscription.from(), cursor));
                subscription.settle(cursor, subscription.assigned());
                mailbox.reset(subscription);
            }
        }
        mailbox.touch();
    }
}
