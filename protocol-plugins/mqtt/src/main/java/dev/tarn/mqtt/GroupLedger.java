// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.DurableSession;
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a shared group is in the log: what it has seen, what its members have not settled, and what is settled beyond
 * that. Of a group that lasts it keeps the row true, within a moment. For the group's loop, but for what says otherwise.
 */
final class GroupLedger {

    private static final Logger LOG = LoggerFactory.getLogger(GroupLedger.class);

    private static final long MOMENT_MILLIS = 50;

    private final SharedGroups groups;
    private final SharedGroup group;

    /** Set by whoever enters; guarded by the map that the group is in, read on its loop. */
    private volatile @Nullable Lasting lasting;

    private volatile long storedUpTo;

    private final TreeSet<Long> outstanding = new TreeSet<>();
    private final TreeSet<Long> settled = new TreeSet<>();
    private long seen;
    private boolean writing;
    private boolean scheduled;
    private boolean changed;
    private boolean stopped;

    /**
     * What makes a group outlast its members' connections.
     *
     * @param number names its row
     * @param start what came up to here is not for it
     */
    record Lasting(long number, DurableSession owed, long start) {}

    GroupLedger(SharedGroups groups, SharedGroup group) {
        this.groups = groups;
        this.group = group;
    }

    /** What makes the group last; null where nothing does. Any thread. */
    @Nullable
    Lasting lasting() {
        return lasting;
    }

    /** Any thread. */
    void lasting(@Nullable Lasting now) {
        lasting = now;
    }

    /** Takes in what was stored; before anybody is connected. */
    void restore(long cursor, List<Long> beyond) {
        seen(cursor);
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

    /** Nothing up to here is still to come. */
    void seen(long sequence) {
        seen = Math.max(seen, sequence);
    }

    /** Goes on reading after this. */
    void begin(long sequence) {
        seen = sequence;
    }

    boolean isSettled(long sequence) {
        return settled.contains(sequence);
    }

    /** Whether nothing is with the members. */
    boolean idle() {
        return outstanding.isEmpty();
    }

    /** This is for the members. */
    void take(long sequence) {
        outstanding.add(sequence);
    }

    /** Nobody else needs to get this. */
    void settle(long sequence) {
        outstanding.remove(sequence);
        if (lasting != null) {
            settled.add(sequence);
        }
    }

    /** What is not settled is read again from the log. */
    void rewind() {
        long cursor = cursor();
        outstanding.clear();
        seen = cursor;
    }

    /** Nobody was here since the start, and nobody comes meanwhile: lets go of the log up to here. */
    void advance(long clear, Lasting now) {
        seen(clear);
        long cursor = cursor();
        groups.write(group, now).whenComplete((commit, failure) -> {
            if (failure == null) {
                now.owed().settled(cursor);
            }
        });
    }

    /** Something changed: it is stored soon. */
    void changed() {
        changed = true;
        EventExecutor executor = group.loop();
        if (!writing && !scheduled && !stopped && executor != null && lasting != null) {
            scheduled = true;
            executor.schedule(this::write, MOMENT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void write() {
        scheduled = false;
        Lasting now = lasting;
        if (now != null && !writing && changed && !stopped) {
            store(now);
        }
    }

    private CompletionStage<?> store(Lasting now) {
        group.noteSeen();
        long cursor = cursor();
        settled.headSet(cursor, true).clear();
        changed = false;
        writing = true;
        return groups.write(group, now)
                .whenComplete((commit, failure) -> group.execute(() -> {
                    writing = false;
                    if (failure != null) {
                        LOG.warn(
                                "shared subscription not stored: group={} reason={}",
                                group.name(),
                                failure.getMessage());
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
        EventExecutor executor = group.loop();
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
}
