// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What waits for one event loop, in the order in which it was offered. Any thread pushes onto a stack with one
 * compare-and-set; whoever finds it empty wakes the loop; the loop takes the whole stack at once and turns it round. So
 * a change costs one entry and at most one wake-up per loop, however many mailboxes live there. Bounded: publishers are
 * held back above the high-water mark, and above {@value Settings#HARD} times that mark logged changes are no longer
 * queued but read from the log by the mailboxes that missed them.
 */
final class LoopQueue {

    private static final Logger LOG = LoggerFactory.getLogger(LoopQueue.class);

    /** How many deliveries one run makes before input and output of the loop get their turn. */
    private static final int RUN = 4_096;

    /** Something to do on the loop. */
    private abstract static class Entry {
        @Nullable
        Entry next;

        int depth;
        long bytes;

        /** Does it; returns how many deliveries that was. */
        abstract int run(LoopQueue queue);
    }

    private static final class Offer extends Entry {
        private final Change change;
        private final Route.Target[] targets;
        private final long after;

        Offer(Change change, Route.Target[] targets, long after) {
            this.change = change;
            this.targets = targets;
            this.after = after;
        }

        @Override
        int run(LoopQueue queue) {
            for (Route.Target target : targets) {
                target.mailbox().intake().take(change, target.matched(), after);
            }
            queue.processed = Math.max(queue.processed, change.sequence());
            return targets.length;
        }
    }

    /** As Offer, for the member that a group has chosen. */
    private static final class SharedOffer extends Entry {
        private final Change change;
        private final Route.Target member;
        private final long after;

        SharedOffer(Change change, Route.Target member, long after) {
            this.change = change;
            this.member = member;
            this.after = after;
        }

        @Override
        int run(LoopQueue queue) {
            member.mailbox().intake().takeShared(change, member.matched(), after);
            return 1;
        }
    }

    private static final class Task extends Entry {
        private final Runnable task;

        Task(Runnable task) {
            this.task = task;
        }

        @Override
        int run(LoopQueue queue) {
            task.run();
            return 1;
        }
    }

    private final Executor loop;
    private final Horizon horizon;
    private final int highChanges;
    private final long highBytes;
    private final AtomicReference<@Nullable Entry> stack = new AtomicReference<>();
    private final ConcurrentLinkedQueue<CompletableFuture<Void>> heldBack = new ConcurrentLinkedQueue<>();
    private final Runnable drain = this::drain;

    /** Entries that the loop has taken and not run yet. Written on the loop. */
    private volatile int backlog;

    private volatile long backlogBytes;

    /** Set by the sync thread when it stops queueing logged changes, cleared by the loop when it knows. */
    private volatile boolean overrun;

    /** Set once the loop takes no tasks any more. */
    private volatile boolean dead;

    // On the loop only.
    private @Nullable Entry taken;
    private int takenBase;
    private final List<QueuedMailbox> touched = new ArrayList<>();
    private final Set<QueuedMailbox> mailboxes = new LinkedHashSet<>();
    private boolean draining;
    private boolean again;
    private boolean scheduled;
    private long processed;

    /** How many use it; guarded by the map that it is in. */
    private int users;

    LoopQueue(Executor loop, Horizon horizon, Settings settings) {
        this.loop = loop;
        this.horizon = horizon;
        this.highChanges = settings.loops().changes();
        this.highBytes = settings.loops().bytes();
    }

    /** Counts one more user, or one less; returns how many are left. Called within the map's compute. */
    int used(int more) {
        users += more;
        return users;
    }

    /**
     * Queues an unlogged message. On any thread.
     *
     * @return whether the queue is above its high-water mark now
     */
    boolean offer(Change change, Route.Target[] targets) {
        return offered(new Offer(change, targets, horizon.durable()), change);
    }

    /** As {@link #offer}, to the member that a group has chosen; also logged changes, which the log cannot give it. */
    boolean offerShared(Change change, Route.Target member) {
        return offered(new SharedOffer(change, member, horizon.durable()), change);
    }

    private boolean offered(Entry entry, Change change) {
        push(entry, Weight.of(change));
        return entry.depth + backlog > highChanges || entry.bytes + backlogBytes > highBytes;
    }

    /** Queues a logged change, or notes that the log has to be read for it. On the sync thread. */
    void offerLogged(Change change, Route.Target[] targets) {
        if (overrun) {
            return;
        }
        if (full()) {
            overrun = true;
            long last = change.sequence() - 1;
            pass(() -> overran(last));
            return;
        }
        push(new Offer(change, targets, 0), Weight.of(change));
    }

    /** Queues a logged change for the member that a group has chosen; only its number where there is no more room. */
    void offerLogged(Change change, Route.Target member) {
        if (full()) {
            long sequence = change.sequence();
            pass(() -> member.mailbox()
                    .intake()
                    .assigned(sequence, member.matched().get(0)));
        } else {
            push(new SharedOffer(change, member, 0), Weight.of(change));
        }
    }

    /** Runs a task on the loop after all that was offered so far. On any thread. */
    void pass(Runnable task) {
        push(new Task(task), 0);
    }

    /** Whether no more unlogged messages may be offered. */
    boolean full() {
        Entry top = stack.get();
        int changes = backlog + (top == null ? 0 : top.depth);
        long bytes = backlogBytes + (top == null ? 0 : top.bytes);
        return changes > highChanges * Settings.HARD || bytes > highBytes * Settings.HARD;
    }

    private boolean low() {
        Entry top = stack.get();
        return backlog + (top == null ? 0 : top.depth) <= highChanges / 2
                && backlogBytes + (top == null ? 0 : top.bytes) <= highBytes / 2;
    }

    /** Completes, on the loop or at once, when the queue has drained to half of its high-water mark. */
    CompletableFuture<Void> drained() {
        CompletableFuture<Void> drained = new CompletableFuture<>();
        heldBack.add(drained);
        if (dead || low()) {
            releaseHeldBack();
        }
        return drained;
    }

    private void releaseHeldBack() {
        CompletableFuture<Void> waiting = heldBack.poll();
        while (waiting != null) {
            waiting.complete(null);
            waiting = heldBack.poll();
        }
    }

    private void push(Entry entry, long bytes) {
        Entry top;
        do {
            top = stack.get();
            entry.next = top;
            entry.depth = top == null ? 1 : top.depth + 1;
            entry.bytes = top == null ? bytes : top.bytes + bytes;
        } while (!stack.compareAndSet(top, entry));
        if (top == null) {
            wake();
        }
    }

    private void wake() {
        try {
            loop.execute(drain);
        } catch (RejectedExecutionException stopped) {
            if (!dead) {
                dead = true;
                LOG.debug("an event loop has stopped; what waits for it is dropped", stopped);
            }
            stack.set(null);
            releaseHeldBack();
        }
    }

    /** One run: what was taken before, then what was pushed meanwhile, up to the bound. On the loop. */
    private void drain() {
        if (draining) {
            again = true;
            return;
        }
        draining = true;
        scheduled = false;
        try {
            int made = 0;
            Entry entry = next();
            while (entry != null) {
                made += run(entry);
                entry = made < RUN ? next() : null;
            }
            for (int i = 0; i < touched.size(); i++) {
                touched.get(i).flush();
            }
            touched.clear();
        } finally {
            draining = false;
        }
        if (taken == null) {
            backlog = 0;
            backlogBytes = 0;
        } else {
            backlog = takenBase - taken.depth + 1;
        }
        if (taken != null || again) {
            again = false;
            schedule();
        }
        if (!heldBack.isEmpty() && low()) {
            releaseHeldBack();
        }
    }

    private int run(Entry entry) {
        try {
            return entry.run(this);
        } catch (RuntimeException bug) {
            LOG.error("an entry of a loop's queue failed", bug);
            return 1;
        }
    }

    private @Nullable Entry next() {
        if (taken == null) {
            take();
        }
        Entry first = taken;
        if (first != null) {
            taken = first.next;
        }
        return first;
    }

    /** Takes the stack and turns it round. */
    private void take() {
        Entry top = stack.getAndSet(null);
        if (top == null) {
            return;
        }
        backlog = top.depth;
        backlogBytes = top.bytes;
        takenBase = top.depth;
        Entry first = null;
        while (top != null) {
            Entry below = top.next;
            top.next = first;
            first = top;
            top = below;
        }
        taken = first;
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            wake();
        }
    }

    /** Makes sure that the mailbox is flushed soon, but not within this call. On the loop. */
    void touch(QueuedMailbox mailbox) {
        touched.add(mailbox);
        if (!draining) {
            schedule();
        }
    }

    /** Every logged change up to here that was meant for this loop has been taken. On the loop. */
    long processed() {
        return processed;
    }

    /** On the loop. */
    void join(QueuedMailbox mailbox) {
        mailboxes.add(mailbox);
    }

    /** On the loop. */
    void leave(QueuedMailbox mailbox) {
        mailboxes.remove(mailbox);
    }

    /** The mailboxes of this loop. On the loop. */
    List<QueuedMailbox> mailboxes() {
        return List.copyOf(mailboxes);
    }

    /** Logged changes after this sequence were not queued; all mailboxes of the loop read the log instead. */
    private void overran(long last) {
        // First cleared, then the horizon read: a change that the sync thread still skipped is at or below the horizon,
        // since it moves the horizon before it offers.
        overrun = false;
        long skipped = horizon.durable();
        for (QueuedMailbox mailbox : mailboxes) {
            mailbox.overran(last, skipped);
        }
    }
}
