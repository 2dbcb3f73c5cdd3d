// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A connected member of a {@link SharedGroup}: for its client an ordinary subscription. What says whose turn it is belongs
 * to the group's loop, all else to the connection's.
 */
final class SharedMember implements Subscription {

    /** Changes that may be on their way to a member; the next are given to others. */
    static final int ROOM = 64;

    private final SharedGroup group;
    private final Held held;
    private final EventExecutor loop;
    private final Consumer<List<Delivery>> client;
    private final Predicate<Change> allowed;
    private final List<Subscription> matched = List.of(this);
    private final AtomicInteger returned = new AtomicInteger();
    private final Set<Change> unsettled = ConcurrentHashMap.newKeySet();
    private int room = ROOM;
    private volatile boolean gone;

    /**
     * @param client gets what is to be sent, on the loop
     * @param allowed whether the client may be told of a change; any thread
     */
    SharedMember(
            SharedGroup group,
            Held held,
            EventExecutor loop,
            Consumer<List<Delivery>> client,
            Predicate<Change> allowed) {
        this.group = group;
        this.held = held;
        this.loop = loop;
        this.client = client;
        this.allowed = allowed;
    }

    SharedGroup group() {
        return group;
    }

    // On the group's loop.

    /** How many more changes it can take now. */
    int room() {
        return gone ? 0 : room;
    }

    boolean mayHave(Change change) {
        return allowed.test(change);
    }

    /** Gives it a change. */
    void give(Change change) {
        room--;
        unsettled.add(change);
        loop.execute(() -> {
            if (!gone) {
                client.accept(List.of(new Delivery(change, matched, false, 0)));
            }
        });
    }

    /** Takes back what it was given and has not settled, in no order. */
    List<Change> takeBack() {
        return List.copyOf(unsettled);
    }

    void roomAgain() {
        room += returned.getAndSet(0);
    }

    // On the connection's loop.

    /** The change was sent, or there was no need to: another may come. */
    void taken() {
        if (returned.getAndIncrement() == 0) {
            group.execute(() -> group.roomAgain(this));
        }
    }

    /** Nobody else needs to get the change. */
    void settled(Change change) {
        if (unsettled.remove(change)) {
            group.execute(() -> group.settled(change));
        }
    }

    @Override
    public Filter filter() {
        return held.wish().filter();
    }

    @Override
    public Object tag() {
        return held;
    }

    @Override
    public String topic(Change change) {
        String first = filter().first();
        return filter().startsWithWildcard() || change.path().first().equals(first)
                ? change.path().text()
                : change.path().withFirst(first).text();
    }

    @Override
    public long settled() {
        return 0;
    }

    @Override
    public void renew(Start start, Interest interest, @Nullable Object tag) {
        // Its options are read from the tag, which stays the same; shared subscriptions get no current rows.
    }

    @Override
    public void giveBack(Change change) {
        group.execute(() -> group.redeliver(List.of(change)));
    }

    /** Leaves: what it has not settled goes to others. */
    @Override
    public void cancel() {
        if (!gone) {
            gone = true;
            group.execute(() -> group.left(this));
        }
    }
}
