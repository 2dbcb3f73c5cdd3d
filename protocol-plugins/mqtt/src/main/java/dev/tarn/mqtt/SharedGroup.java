// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shared subscription: one mailbox, whose changes go to one member each, in turn, past those that have no room (§4.8.2).
 * While nobody is connected nothing is read; where a member's session is durable, the log has it all, and the group goes
 * on from its cursor, without what was settled beyond it. Everything is done on one loop, the first member's.
 */
final class SharedGroup implements Subscriber {

    private static final Logger LOG = LoggerFactory.getLogger(SharedGroup.class);

    private final SharedGroups groups;
    private final String name;
    private final Filter filter;

    private volatile @Nullable EventExecutor loop;

    private final GroupLedger ledger;
    private final Turns turns = new Turns();
    private final ArrayDeque<Change> waiting = new ArrayDeque<>();
    private @Nullable Mailbox mailbox;
    private @Nullable Subscription subscription;
    private int requested;
    private long awayUpTo;

    /** Lets what comes be logged while the members are slower than the publishers. */
    private @Nullable DurableSession relief;

    SharedGroup(SharedGroups groups, String name, Filter filter) {
        this.groups = groups;
        this.name = name;
        this.filter = filter;
        this.ledger = new GroupLedger(groups, this);
    }

    String name() {
        return name;
    }

    Filter filter() {
        return filter;
    }

    /** How far it is. */
    GroupLedger ledger() {
        return ledger;
    }

    /** Where everything is done; null before the first member. Any thread. */
    @Nullable
    EventExecutor loop() {
        return loop;
    }

    void execute(Runnable task) {
        EventExecutor executor = loop;
        if (executor == null) {
            throw new IllegalStateException("nobody was ever connected to " + this);
        }
        executor.execute(task);
    }

    /** A member is connected. On the member's loop; completes, on any, when the group listens. */
    CompletableFuture<@Nullable Void> join(SharedMember member, EventExecutor membersLoop) {
        EventExecutor executor;
        synchronized (this) {
            executor = loop == null ? membersLoop : loop;
            loop = executor;
        }
        return CompletableFuture.runAsync(
                () -> {
                    turns.add(member);
                    if (mailbox == null) {
                        open();
                    }
                    pump();
                },
                executor);
    }

    private void open() {
        EventExecutor executor = loop;
        if (executor == null) {
            return;
        }
        GroupLedger.Lasting now = ledger.lasting();
        awayUpTo = groups.sequence();
        Mailbox opened = groups.mailbox(executor, this);
        mailbox = opened;
        requested = 0;
        long after = now == null ? awayUpTo : resume(now);
        ledger.begin(after);
        subscription = opened.subscribe(filter, now == null ? Start.LIVE : Start.after(after), null);
    }

    /** From where to read on; what the log no longer has is lost, and no more than that. */
    private long resume(GroupLedger.Lasting now) {
        long clear = Math.max(ledger.cursor(), now.owed().clearUpTo());
        long gone = groups.gone();
        if (clear < gone) {
            LOG.warn("the log no longer has all that was for a shared subscription: group={}", name);
        }
        return Math.max(clear, gone);
    }

    /**
     * Nothing up to this sequence is for the group or waits in it: the log need not be kept for it. Any thread.
     */
    void advance(long clear) {
        EventExecutor executor;
        synchronized (this) {
            executor = loop;
            GroupLedger.Lasting now = ledger.lasting();
            if (executor == null && now != null) {
                ledger.advance(clear, now);
            }
        }
        if (executor != null) {
            executor.execute(() -> {
                ledger.seen(clear);
                ledger.changed();
            });
        }
    }

    void left(SharedMember member) {
        turns.remove(member);
        redeliver(member.takeBack());
        Mailbox open = mailbox;
        if (turns.isEmpty() && open != null) {
            // What is not settled is read again from the log, by whoever comes.
            noteSeen();
            for (Change change : waiting) {
                if (change.logged()) {
                    ledger.take(change.sequence());
                }
            }
            ledger.rewind();
            waiting.clear();
            mailbox = null;
            subscription = null;
            open.close();
            relieved();
            ledger.changed();
        }
    }

    /** The mailbox is full of messages that nothing else keeps: they are logged until there is room again. */
    @Override
    public boolean crowded() {
        boolean lasting = ledger.lasting() != null;
        if (!lasting && relief == null) {
            relief = groups.relief(this);
        }
        return lasting || relief != null;
    }

    private void relieved() {
        DurableSession over = relief;
        if (over != null) {
            relief = null;
            over.close();
        }
    }

    /** What was logged for the members' sake is settled as they settle it; all of it is when the mailbox is empty. */
    private void relieve(boolean empty) {
        DurableSession running = relief;
        if (running != null) {
            running.settled(ledger.cursor());
            if (empty && waiting.isEmpty() && running.owedChanges() == 0) {
                relieved();
            }
        }
    }

    /** These go to somebody else. */
    void redeliver(List<Change> changes) {
        List<Change> again = new ArrayList<>(changes);
        again.sort((a, b) -> Long.compare(b.sequence(), a.sequence()));
        again.forEach(waiting::addFirst);
        pump();
    }

    void roomAgain(SharedMember member) {
        member.roomAgain();
        pump();
    }

    void settled(Change change) {
        if (change.logged()) {
            ledger.settle(change.sequence());
            relieve(false);
            ledger.changed();
        }
    }

    @Override
    public void deliver(List<Delivery> batch) {
        requested -= batch.size();
        for (Delivery delivery : batch) {
            Change change = delivery.change();
            if (delivery.current()) {
                continue; // shared subscriptions get no rows that are there already
            }
            if (change.logged()) {
                ledger.seen(change.sequence());
                if (ledger.isSettled(change.sequence())
                        || change.kind() == Kind.EXPIRE
                        || (change.attributes().qos() == 0 && change.sequence() <= awayUpTo)) {
                    continue;
                }
                ledger.take(change.sequence());
            }
            waiting.add(change);
        }
        boolean empty = requested > 0;
        pump();
        relieve(empty);
        ledger.changed();
    }

    private void pump() {
        for (Change next = waiting.peek(); next != null && !turns.isEmpty(); next = waiting.peek()) {
            if (!turns.mayHave(next)) {
                // Nobody who is here may have it, and those behind it must not wait for that.
                waiting.remove();
                settled(next);
                continue;
            }
            SharedMember member = turns.next(next);
            if (member == null) {
                break;
            }
            waiting.remove();
            member.give(next);
        }
        Mailbox open = mailbox;
        if (open != null) {
            int room = turns.room() - waiting.size() - requested;
            if (room > 0) {
                requested += room;
                open.request(room);
            }
        }
    }

    /** What the mailbox is past, while nothing waits here. */
    void noteSeen() {
        Subscription open = subscription;
        if (open != null && waiting.isEmpty()) {
            ledger.seen(open.settled());
        }
    }

    @Override
    public void missed(long changes) {
        groups.missed(changes);
    }

    @Override
    public void current(Subscription scanned, long sequence) {
        // Shared subscriptions get no current rows.
    }

    @Override
    public void reset(Subscription begun) {
        LOG.warn("the log no longer has all that was for a shared subscription: group={}", name);
        Mailbox open = mailbox;
        if (open != null && ledger.lasting() != null && ledger.idle() && waiting.isEmpty()) {
            // The log was trimmed while its beginning was being read: what it still has is for the group.
            mailbox = null;
            subscription = null;
            open.close();
            open();
            pump();
        }
    }

    /** Its members were too slow, or the engine stops. */
    @Override
    public void ended(Failure why) {
        mailbox = null;
        subscription = null;
        if (why.code() != Failure.Code.UNAVAILABLE && !turns.isEmpty()) {
            LOG.warn("shared subscription begins anew: group={} reason={}", name, why.reason());
            open();
            pump();
        }
    }

    @Override
    public String toString() {
        return name + "/" + filter;
    }
}
