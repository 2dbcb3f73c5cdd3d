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
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
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

    private static final long MOMENT_MILLIS = 50;

    private final SharedGroups groups;
    private final String name;
    private final Filter filter;

    /** Set by whoever enters; guarded by the map that the group is in, read on its loop. */
    private volatile @Nullable Lasting lasting;

    private volatile @Nullable EventExecutor loop;

    private volatile long storedUpTo;

    private final List<SharedMember> members = new ArrayList<>();
    private final ArrayDeque<Change> waiting = new ArrayDeque<>();
    private final TreeSet<Long> outstanding = new TreeSet<>();
    private final TreeSet<Long> settled = new TreeSet<>();
    private @Nullable Mailbox mailbox;
    private @Nullable Subscription subscription;
    private int requested;
    private int turn;
    private long seen;
    private long awayUpTo;
    private boolean writing;
    private boolean scheduled;
    private boolean changed;
    private boolean stopped;

    /** Lets what comes be logged while the members are slower than the publishers. */
    private @Nullable DurableSession relief;

    /**
     * What makes a group outlast its members' connections.
     *
     * @param number names its row
     * @param start what came up to here is not for it
     */
    record Lasting(long number, DurableSession owed, long start) {}

    SharedGroup(SharedGroups groups, String name, Filter filter) {
        this.groups = groups;
        this.name = name;
        this.filter = filter;
    }

    String name() {
        return name;
    }

    Filter filter() {
        return filter;
    }

    @Nullable
    Lasting lasting() {
        return lasting;
    }

    void lasting(@Nullable Lasting now) {
        lasting = now;
    }

    /** Takes in what was stored; before anybody is connected. */
    void restore(long cursor, List<Long> beyond) {
        seen = Math.max(seen, cursor);
        settled.addAll(beyond);
    }

    /** Settled before the server ended, as a member's session knows. */
    void settledBefore(long sequence) {
        settled.add(sequence);
    }

    /** Everything up to here is settled. */
    long cursor() {
        long cursor = outstanding.isEmpty() ? seen : outstanding.first() - 1;
        Lasting now = lasting;
        return now == null ? cursor : Math.max(cursor, now.start());
    }

    /** Up to here it is stored that everything is settled. Any thread. */
    long storedUpTo() {
        return storedUpTo;
    }

    /** What is settled beyond the cursor. */
    List<Long> beyond() {
        return List.copyOf(settled);
    }

    void execute(Runnable task) {
        EventExecutor executor = loop;
        if (executor == null) {
            throw new IllegalStateException("nobody was ever connected to " + this);
        }
        executor.execute(task);
    }

    /** A member is connected. On the member's loop. */
    void join(SharedMember member, EventExecutor membersLoop) {
        synchronized (this) {
            if (loop == null) {
                loop = membersLoop;
            }
        }
        execute(() -> {
            members.add(member);
            if (mailbox == null) {
                open();
            }
            pump();
        });
    }

    private void open() {
        EventExecutor executor = loop;
        if (executor == null) {
            return;
        }
        Lasting now = lasting;
        awayUpTo = groups.sequence();
        Mailbox opened = groups.mailbox(executor, this);
        mailbox = opened;
        requested = 0;
        seen = now == null ? awayUpTo : resume(now);
        subscription = opened.subscribe(filter, now == null ? Start.LIVE : Start.after(seen), null);
    }

    /** From where to read on; what the log no longer has is lost, and no more than that. */
    private long resume(Lasting now) {
        long clear = Math.max(cursor(), now.owed().clearUpTo());
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
            Lasting now = lasting;
            if (executor == null && now != null) {
                // Nobody was here since the start, and nobody comes meanwhile.
                seen = Math.max(seen, clear);
                long cursor = cursor();
                groups.write(this, now).whenComplete((commit, failure) -> {
                    if (failure == null) {
                        now.owed().settled(cursor);
                    }
                });
            }
        }
        if (executor != null) {
            executor.execute(() -> {
                seen = Math.max(seen, clear);
                changed();
            });
        }
    }

    void left(SharedMember member) {
        members.remove(member);
        redeliver(member.takeBack());
        Mailbox open = mailbox;
        if (members.isEmpty() && open != null) {
            // What is not settled is read again from the log, by whoever comes.
            noteSeen();
            for (Change change : waiting) {
                if (change.logged()) {
                    outstanding.add(change.sequence());
                }
            }
            long cursor = cursor();
            outstanding.clear();
            waiting.clear();
            seen = cursor;
            mailbox = null;
            subscription = null;
            open.close();
            relieved();
            changed();
        }
    }

    /** The mailbox is full of messages that nothing else keeps: they are logged until there is room again. */
    @Override
    public boolean crowded() {
        if (lasting == null && relief == null) {
            relief = groups.relief(this);
        }
        return lasting != null || relief != null;
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
            running.settled(cursor());
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
            outstanding.remove(change.sequence());
            if (lasting != null) {
                settled.add(change.sequence());
            }
            relieve(false);
            changed();
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
                seen = Math.max(seen, change.sequence());
                if (settled.contains(change.sequence())
                        || change.kind() == Kind.EXPIRE
                        || (change.attributes().qos() == 0 && change.sequence() <= awayUpTo)) {
                    continue;
                }
                outstanding.add(change.sequence());
            }
            waiting.add(change);
        }
        boolean empty = requested > 0;
        pump();
        relieve(empty);
        changed();
    }

    private void pump() {
        for (Change next = waiting.peek(); next != null && !members.isEmpty(); next = waiting.peek()) {
            if (!mayHave(next)) {
                // Nobody who is here may have it, and those behind it must not wait for that.
                waiting.remove();
                settled(next);
                continue;
            }
            SharedMember member = next(next);
            if (member == null) {
                break;
            }
            waiting.remove();
            member.give(next);
        }
        Mailbox open = mailbox;
        if (open != null) {
            int room = -waiting.size() - requested;
            for (SharedMember member : members) {
                room += member.room();
            }
            if (room > 0) {
                requested += room;
                open.request(room);
            }
        }
    }

    private boolean mayHave(Change change) {
        for (SharedMember member : members) {
            if (member.mayHave(change)) {
                return true;
            }
        }
        return false;
    }

    /** Whose turn it is; null while nobody has room who may have it. */
    private @Nullable SharedMember next(Change change) {
        int count = members.size();
        for (int i = 0; i < count; i++) {
            SharedMember member = members.get(Math.floorMod(turn + i, count));
            if (member.room() > 0 && member.mayHave(change)) {
                turn = Math.floorMod(turn + i + 1, count);
                return member;
            }
        }
        return null;
    }

    // What is stored.

    private void changed() {
        changed = true;
        EventExecutor executor = loop;
        if (!writing && !scheduled && !stopped && executor != null && lasting != null) {
            scheduled = true;
            executor.schedule(this::write, MOMENT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void noteSeen() {
        Subscription open = subscription;
        if (open != null && waiting.isEmpty()) {
            seen = Math.max(seen, open.settled());
        }
    }

    private void write() {
        scheduled = false;
        Lasting now = lasting;
        if (now == null || writing || !changed || stopped) {
            return;
        }
        store(now);
    }

    private CompletionStage<?> store(Lasting now) {
        noteSeen();
        long cursor = cursor();
        settled.headSet(cursor, true).clear();
        changed = false;
        writing = true;
        return groups.write(this, now)
                .whenComplete((commit, failure) -> execute(() -> {
                    writing = false;
                    if (failure != null) {
                        LOG.warn("shared subscription not stored: group={} reason={}", name, failure.getMessage());
                        changed = true;
                    } else {
                        storedUpTo = cursor;
                        now.owed().settled(cursor);
                    }
                    if (changed) {
                        changed();
                    }
                }));
    }

    /** Stores what is not stored yet, for the last time. Any thread; completes on any. */
    CompletableFuture<?> stop() {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        EventExecutor executor = loop;
        if (executor == null) {
            done.complete(null);
            return done;
        }
        executor.execute(() -> {
            stopped = true;
            Lasting now = lasting;
            if (now == null) {
                done.complete(null);
            } else {
                store(now).whenComplete((stored, failure) -> done.complete(null));
            }
        });
        return done;
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
    }

    /** Its members were too slow, or the engine stops. */
    @Override
    public void ended(Failure why) {
        mailbox = null;
        subscription = null;
        if (why.code() != Failure.Code.UNAVAILABLE && !members.isEmpty()) {
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
