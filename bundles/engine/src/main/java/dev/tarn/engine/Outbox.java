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

    /** Where only the newest change of a row is wanted; null while nothing of the kind has waited. */
    private @Nullable Newest newest;

    /** Whether something may wait for a subscription that is cancelled. */
    private boolean sifting;

    private List<Delivery> batch = new ArrayList<>(1);

    Outbox(Settings settings) {
        this.changesBound = settings.mailboxes().changes();
        this.bytesBound = settings.mailboxes().bytes();
    }

    boolean isEmpty() {
        return waiting == null || waiting.isEmpty();
    }

    /** Deliveries and marks that it holds. */
    int size() {
        int empty = newest == null ? 0 : newest.empty();
        return (waiting == null ? 0 : waiting.size()) - empty + (held == null ? 0 : held.size());
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
        if (full() && overtaken(delivery) == null) {
            return false;
        }
        force(delivery);
        return true;
    }

    /** What this would take the place of. */
    private @Nullable Delivery overtaken(Delivery delivery) {
        Newest rows = newest;
        return rows != null && !delivery.current() && Newest.isFor(delivery.change(), delivery.matched())
                ? rows.older(delivery)
                : null;
    }

    /** Appends a delivery that was asked for, and so is bounded already. */
    void force(Delivery delivery) {
        bytes += Weight.of(delivery.change());
        if (delivery.current() || !Newest.isFor(delivery.change(), delivery.matched())) {
            waiting().add(delivery);
            return;
        }
        Delivery older = overtaken(delivery);
        bytes -= older == null ? 0 : Weight.of(older.change());
        Newest rows = newest;
        if (rows == null) {
            rows = new Newest();
            newest = rows;
        }
        waiting().add(rows.place(delivery));
        if (rows.empty() > KEPT && rows.empty() > waiting().size() / 2) {
            waiting().removeIf(each -> each instanceof Newest.Slot slot && slot.delivery() == null && gone(slot));
        }
    }

    private boolean gone(Newest.Slot slot) {
        if (newest != null) {
            newest.gone(slot);
        }
        return true;
    }

    /** The delivery that is in a place; null for marks, and where there is none any more. */
    private static @Nullable Delivery delivery(@Nullable Object place) {
        return place instanceof Delivery delivery
                ? delivery
                : place instanceof Newest.Slot slot ? slot.delivery() : null;
    }

    /** Takes away places at the front that are empty. */
    private void passEmpty(ArrayDeque<Object> deque) {
        while (deque.peek() instanceof Newest.Slot slot && slot.delivery() == null) {
            deque.poll();
            gone(slot);
        }
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
        while (deque.peekLast() instanceof Newest.Slot
                || (deque.peekLast() instanceof Delivery delivery && delivery.resume() != 0)) {
            Delivery last = delivery(deque.peekLast());
            if (last != null && last.resume() == 0) {
                break;
            }
            if (deque.pollLast() instanceof Newest.Slot slot) {
                gone(slot);
            }
            if (last != null) {
                bytes -= Weight.of(last.change());
                first = last.change().sequence();
            }
        }
        return first;
    }

    /** The next deliveries, no more than the credit and none beyond a mark; valid until {@link #delivered}. */
    List<Delivery> batch(long credit) {
        ArrayDeque<Object> deque = waiting;
        if (deque != null) {
            passEmpty(deque);
            for (Delivery next = delivery(deque.peek());
                    next != null && batch.size() < credit;
                    next = delivery(deque.peek())) {
                if (deque.poll() instanceof Newest.Slot slot) {
                    gone(slot);
                }
                passEmpty(deque);
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
        if (deque != null) {
            passEmpty(deque);
        }
        while (deque != null && !deque.isEmpty() && delivery(deque.peek()) == null) {
            Object front = deque.poll();
            passed = true;
            if (front instanceof Mark mark) {
                mark.action.run();
            } else if (front instanceof Missed missed) {
                missed.subscriber.missed(missed.count);
            }
            passEmpty(deque);
        }
        return passed;
    }

    /** Everything that waits for this subscription. */
    List<Change> waitingFor(Subscription subscription) {
        List<Change> changes = new ArrayList<>();
        if (waiting != null) {
            for (Object each : waiting) {
                Delivery delivery = delivery(each);
                if (delivery != null && delivery.matched().contains(subscription)) {
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
                if (each instanceof Newest.Slot slot && !seen(slot, by)) {
                    continue;
                }
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

    /** Whether there still is something in a place. */
    private boolean seen(Newest.Slot slot, Function<Change, @Nullable Change> by) {
        Delivery delivery = slot.delivery();
        Delivery kept = delivery == null ? null : seen(delivery, by);
        if (delivery == null) {
            gone(slot);
        } else if (newest != null) {
            newest.set(slot, kept);
        }
        return kept != null;
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
        newest = null;
        bytes = 0;
        batch = new ArrayList<>(1);
    }
}
