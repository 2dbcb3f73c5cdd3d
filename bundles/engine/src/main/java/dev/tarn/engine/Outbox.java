// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a mailbox has for its subscriber and could not hand over yet, in order, bounded in changes and bytes; with marks
 * between deliveries that are passed when all before them are handed over. Confined to the mailbox's loop.
 */
final class Outbox {

    /** Deliveries that a list keeps room for between batches. */
    private static final int KEPT = 256;

    /** Something to do between two deliveries. */
    private static final class Mark {
        private final Runnable action;

        Mark(Runnable action) {
            this.action = action;
        }
    }

    /** Messages that were dropped in one place. */
    private static final class Missed {
        private final Subscriber subscriber;
        private long count;

        Missed(Subscriber subscriber) {
            this.subscriber = subscriber;
        }
    }

    /** A message that waits until the log has been read up to a sequence. */
    private record Held(Delivery delivery, long after) {}

    private final int changesBound;
    private final long bytesBound;

    /** Deliveries and marks; null while there are none, which is most of the time for most mailboxes. */
    private @Nullable ArrayDeque<Object> waiting;

    private @Nullable ArrayDeque<Held> held;
    private long bytes;

    /** Whether something may wait for a subscription that is cancelled. */
    private boolean sifting;

    private List<Delivery> batch = new ArrayList<>(1);

    Outbox(Settings settings) {
        this.changesBound = settings.mailboxChanges();
        this.bytesBound = settings.mailboxBytes();
    }

    boolean isEmpty() {
        return waiting == null || waiting.isEmpty();
    }

    /** Deliveries and marks that it holds. */
    int size() {
        return (waiting == null ? 0 : waiting.size()) + (held == null ? 0 : held.size());
    }

    /** Whether it has as much as it may have. */
    boolean full() {
        return size() >= changesBound || bytes >= bytesBound;
    }

    private ArrayDeque<Object> waiting() {
        ArrayDeque<Object> deque = waiting;
        if (deque == null) {
            deque = new ArrayDeque<>(4);
            waiting = deque;
        }
        return deque;
    }

    /** Appends a delivery if there is room. */
    boolean add(Delivery delivery) {
        if (full()) {
            return false;
        }
        force(delivery);
        return true;
    }

    /** Appends a delivery that was asked for, and so is bounded already. */
    void force(Delivery delivery) {
        waiting().add(delivery);
        bytes += Weight.of(delivery.change());
    }

    /** Appends something to do once all before it is handed over. */
    void mark(Runnable action) {
        waiting().add(new Mark(action));
    }

    /** Notes that a message was dropped here. */
    void missed(Subscriber subscriber) {
        ArrayDeque<Object> deque = waiting();
        if (deque.peekLast() instanceof Missed last) {
            last.count++;
        } else {
            Missed first = new Missed(subscriber);
            first.count = 1;
            deque.add(first);
        }
    }

    /** Keeps a message back until {@link #release} reaches the sequence. */
    void hold(Delivery delivery, long after) {
        ArrayDeque<Held> deque = held;
        if (deque == null) {
            deque = new ArrayDeque<>(4);
            held = deque;
        }
        deque.add(new Held(delivery, after));
        bytes += Weight.of(delivery.change());
    }

    /** Appends the messages that waited for this sequence or an earlier one. */
    void release(long reached) {
        ArrayDeque<Held> deque = held;
        while (deque != null && !deque.isEmpty() && deque.peek().after() <= reached) {
            waiting().add(deque.poll().delivery());
        }
    }

    /**
     * Takes back the logged changes at the end, since the log has them.
     *
     * @param next the logged change that would have come after them
     * @return the first one that has to be read from the log
     */
    long dropLogged(long next) {
        long first = next;
        ArrayDeque<Object> deque = waiting();
        // Only those that can be resumed from are in the log's order.
        while (deque.peekLast() instanceof Delivery last && last.resume() != 0) {
            deque.pollLast();
            bytes -= Weight.of(last.change());
            first = last.change().sequence();
        }
        return first;
    }

    /** The next deliveries, no more than the credit and none beyond a mark; valid until {@link #delivered}. */
    List<Delivery> batch(long credit) {
        ArrayDeque<Object> deque = waiting;
        if (deque != null) {
            while (batch.size() < credit && deque.peek() instanceof Delivery next) {
                deque.poll();
                bytes -= Weight.of(next.change());
                Delivery kept = sifting ? sifted(next) : next;
                if (kept != null) {
                    batch.add(kept);
                }
            }
            sifting = sifting && !(deque.isEmpty() && (held == null || held.isEmpty()));
        }
        return batch;
    }

    /** The batch has been handed over. */
    void delivered() {
        if (batch.size() > KEPT) {
            batch = new ArrayList<>(1);
        } else {
            batch.clear();
        }
    }

    /** Does what the marks at the front say; returns whether there was one. */
    boolean passMarks() {
        ArrayDeque<Object> deque = waiting;
        boolean passed = false;
        while (deque != null && !deque.isEmpty() && !(deque.peek() instanceof Delivery)) {
            Object front = deque.poll();
            passed = true;
            if (front instanceof Mark mark) {
                mark.action.run();
            } else if (front instanceof Missed missed) {
                missed.subscriber.missed(missed.count);
            }
        }
        return passed;
    }

    /** Everything that waits for this subscription. */
    List<Change> waitingFor(Subscription subscription) {
        List<Change> changes = new ArrayList<>();
        if (waiting != null) {
            for (Object each : waiting) {
                if (each instanceof Delivery delivery && delivery.matched().contains(subscription)) {
                    changes.add(delivery.change());
                }
            }
        }
        if (held != null) {
            for (Held each : held) {
                if (each.delivery().matched().contains(subscription)) {
                    changes.add(each.delivery().change());
                }
            }
        }
        return changes;
    }

    /** A subscription was cancelled: what waits for it alone is passed over when its turn comes. */
    void cancelled() {
        sifting = sifting || !isEmpty() || (held != null && !held.isEmpty());
    }

    /**
     * Looks at everything that waits.
     *
     * @param by the change as it may be handed over now; null when it may not
     */
    void sift(Function<Change, @Nullable Change> by) {
        ArrayDeque<Object> before = waiting;
        if (before != null) {
            waiting = null;
            for (Object each : before) {
                Object kept = each instanceof Delivery delivery ? seen(delivery, by) : each;
                if (kept != null) {
                    waiting().add(kept);
                }
            }
        }
        ArrayDeque<Held> heldBefore = held;
        if (heldBefore != null) {
            held = new ArrayDeque<>(4);
            for (Held each : heldBefore) {
                Delivery kept = seen(each.delivery(), by);
                if (kept != null) {
                    held.add(new Held(kept, each.after()));
                }
            }
        }
    }

    private @Nullable Delivery seen(Delivery delivery, Function<Change, @Nullable Change> by) {
        Change seen = by.apply(delivery.change());
        bytes += (seen == null ? 0 : Weight.of(seen)) - Weight.of(delivery.change());
        return seen == null ? null : new Delivery(seen, delivery.matched(), delivery.current(), delivery.resume());
    }

    private static @Nullable Delivery sifted(Delivery delivery) {
        List<Subscription> left = new ArrayList<>(delivery.matched());
        left.removeIf(each -> each instanceof FilterSubscription own && own.cancelled());
        if (left.size() == delivery.matched().size()) {
            return delivery;
        }
        return left.isEmpty()
                ? null
                : new Delivery(delivery.change(), List.copyOf(left), delivery.current(), delivery.resume());
    }

    /** Drops everything. */
    void clear() {
        waiting = null;
        held = null;
        bytes = 0;
        batch = new ArrayList<>(1);
    }
}
