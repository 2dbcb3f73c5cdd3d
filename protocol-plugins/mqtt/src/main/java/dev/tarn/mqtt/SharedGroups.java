// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.transport.Traffic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The shared subscriptions of all sessions, by group name and filter. Safe on any thread. */
final class SharedGroups {

    private record Key(String name, Filter filter) {}

    /** How many sessions have it, and how many of those outlast their connections. */
    private static final class Entry {
        private final SharedGroup group;
        private int sessions;
        private int lasting;

        Entry(SharedGroup group) {
            this.group = group;
        }
    }

    private final SessionTables tables;
    private final Resources resources;
    private final @Nullable DurableSessions durable;
    private final Traffic traffic;
    private final Context server;
    private final ConcurrentMap<Key, Entry> entries = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();

    SharedGroups(SessionTables tables, Resources resources, @Nullable DurableSessions durable, Traffic traffic) {
        this.tables = tables;
        this.resources = resources;
        this.durable = durable;
        this.traffic = traffic;
        this.server = resources.context(new User("mqtt", Set.of(), true), "mqtt", "mqtt", null);
    }

    /** Groups that were stored, by the number of their rows; sessions that have them enter them next. */
    Map<Long, SharedGroup> load() {
        Map<Long, SharedGroup> byNumber = new HashMap<>();
        DurableSessions engine = durable;
        if (engine != null) {
            tables.loadGroups((number, row) -> {
                SharedGroup group = new SharedGroup(this, row.group(), Filter.of(row.filter()));
                DurableSession owed = engine.open(owedName(group), row.cursor());
                owed.cover(group.filter(), 2, row.cursor());
                group.ledger().lasting(new GroupLedger.Lasting(number, owed, row.cursor()));
                group.ledger().restore(row.cursor(), row.settled());
                numbers.accumulateAndGet(number, Math::max);
                byNumber.put(number, group);
                entries.put(new Key(group.name(), group.filter()), new Entry(group));
            });
        }
        return byNumber;
    }

    /** Every session that was stored has entered: what none of them has is removed. */
    void loaded(List<Draft> drafts) {
        entries.values().removeIf(entry -> {
            GroupLedger.Lasting lasting = entry.group.ledger().lasting();
            if (entry.sessions == 0 && lasting != null) {
                lasting.owed().close();
                drafts.add(tables.deleteGroup(lasting.number()));
            }
            return entry.sessions == 0;
        });
    }

    private static String owedName(SharedGroup group) {
        return "mqtt-share/" + group;
    }

    /**
     * A session has this shared subscription.
     *
     * @param lasts whether the session outlasts its connection
     * @param drafts gets what has to be stored with it
     */
    SharedGroup enter(Packet.Wish wish, boolean lasts, List<Draft> drafts) {
        Key key = key(wish);
        Entry entered = entries.compute(key, (same, known) -> {
            Entry entry = known == null ? new Entry(new SharedGroup(this, key.name(), key.filter())) : known;
            entry.sessions++;
            if (lasts && durable != null) {
                entry.lasting++;
                if (entry.group.ledger().lasting() == null) {
                    drafts.add(last(entry.group, durable));
                }
            }
            return entry;
        });
        return entered.group;
    }

    private Draft last(SharedGroup group, DurableSessions engine) {
        DurableSession owed = engine.open(owedName(group), tables.sequence());
        long start = owed.cover(group.filter(), 2);
        GroupLedger.Lasting lasting = new GroupLedger.Lasting(numbers.incrementAndGet(), owed, start);
        group.ledger().lasting(lasting);
        return tables.put(
                lasting.number(), new GroupRow(group.name(), group.filter().text(), start, List.of()));
    }

    /**
     * A session has it no longer; the opposite of {@link #enter}.
     *
     * @param drafts gets what has to be removed from the store
     */
    void leave(Packet.Wish wish, boolean lasts, List<Draft> drafts) {
        entries.computeIfPresent(key(wish), (key, entry) -> {
            entry.sessions--;
            GroupLedger.Lasting lasting = entry.group.ledger().lasting();
            if (lasts && durable != null && --entry.lasting <= 0 && lasting != null) {
                entry.group.ledger().lasting(null);
                lasting.owed().close();
                drafts.add(tables.deleteGroup(lasting.number()));
            }
            return entry.sessions <= 0 ? null : entry;
        });
    }

    private static Key key(Packet.Wish wish) {
        return new Key(String.valueOf(wish.group()), wish.filter());
    }

    /** The group that a session has entered. */
    @Nullable
    SharedGroup find(Packet.Wish wish) {
        Entry entry = entries.get(key(wish));
        return entry == null ? null : entry.group;
    }

    /**
     * Whether a client may be told of changes that the group gets. To be asked on any thread.
     */
    Predicate<Change> allowed(Context client, Filter filter) {
        return client.user().administrator() ? change -> true : change -> resources.mayHear(client, filter, change);
    }

    CompletionStage<Commit> write(SharedGroup group, GroupLedger.Lasting lasting) {
        GroupRow row = new GroupRow(
                group.name(),
                group.filter().text(),
                group.ledger().cursor(),
                group.ledger().beyond());
        return tables.commit(List.of(tables.put(lasting.number(), row)));
    }

    /** Stores all groups for the last time; completes on any thread. */
    List<CompletableFuture<?>> stop() {
        List<CompletableFuture<?>> stopping = new ArrayList<>();
        entries.values().forEach(entry -> stopping.add(entry.group.ledger().stop()));
        return stopping;
    }

    /** The sequence of the last durable change. */
    long sequence() {
        return tables.sequence();
    }

    /** The log has nothing any more up to this sequence. */
    long gone() {
        return tables.oldest() - 1;
    }

    /** Lets what comes for a group be logged until what is returned is closed; null where nothing can be owed. */
    @Nullable
    DurableSession relief(SharedGroup group) {
        if (durable == null) {
            return null;
        }
        DurableSession relief = durable.open("mqtt-relief/" + group, tables.sequence());
        relief.cover(group.filter(), 2);
        return relief;
    }

    /** Lets go of the log where nothing in it is for the groups that are behind by more than this. */
    void advance(long lag) {
        for (Entry entry : entries.values()) {
            GroupLedger.Lasting lasting = entry.group.ledger().lasting();
            if (lasting != null) {
                long clear = lasting.owed().clearUpTo();
                if (clear - lasting.owed().cursor() > lag) {
                    entry.group.advance(clear);
                }
            }
        }
    }

    /** Members are asked one by one what they may have. */
    Mailbox mailbox(Executor loop, Subscriber subscriber) {
        return resources.mailbox(server, loop, subscriber);
    }

    void missed(long changes) {
        traffic.dropped.add(changes);
    }
}
