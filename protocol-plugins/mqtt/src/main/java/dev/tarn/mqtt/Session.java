// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.security.User;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * What the server knows about a client's session [MQTT-3.1.2-4 and §4.1]: its subscriptions, where it is in the log, and
 * what is under way in both directions. Belongs to the loop of the connection that has it; while there is none, to
 * {@link Sessions}.
 */
final class Session {

    /** An expiry that never comes, in seconds. */
    static final long NEVER = 0xFFFF_FFFFL;

    private static final int MOST_TAKEN = 1_024;

    private final String clientId;
    private final long number;
    private final @Nullable DurableSession owed;
    private final Map<String, Held> subscriptions = new LinkedHashMap<>();
    private final BitSet unreleased = new BitSet();
    private final InFlight inFlight = new InFlight();
    private final Set<Taken> taken = new LinkedHashSet<>();
    private int numbers;
    private long sentUpTo;
    private long expiry;
    private long disconnectedAt;
    private @Nullable User user;
    private @Nullable Context context;
    private Packet.@Nullable Will will;
    private @Nullable Bequest bequest;
    private @Nullable Future<?> watch;

    /**
     * A will that waits for its delay [MQTT-3.1.3-9].
     *
     * @param due in milliseconds since 1970
     */
    record Bequest(Packet.Will will, long due) {}

    /**
     * Something that a shared group gave to the client, so that the group need not give it to another.
     *
     * @param group the number of the group's row
     */
    record Taken(long group, long sequence) {}

    /**
     * @param number names its rows; 0 for a session that ends with its connection and has none
     * @param owed what the engine knows of it; null for a session that has no rows
     */
    Session(String clientId, long number, @Nullable DurableSession owed) {
        this.clientId = clientId;
        this.number = number;
        this.owed = owed;
    }

    String clientId() {
        return clientId;
    }

    long number() {
        return number;
    }

    /** Whether it is stored and can outlast its connection. */
    boolean durable() {
        return number != 0;
    }

    @Nullable
    DurableSession owed() {
        return owed;
    }

    /** Subscriptions by the filter as the client wrote it, in the order of their beginning. */
    Map<String, Held> subscriptions() {
        return subscriptions;
    }

    /** A subscription of this session, not yet among its subscriptions. */
    Held held(Packet.Wish wish) {
        return new Held(wish, ++numbers);
    }

    /** Takes in what was stored. */
    void restore(Held held) {
        subscriptions.put(held.wish().spelling(), held);
        numbers = Math.max(numbers, held.number());
    }

    /** Its subscriptions whose filters, as the client spelled them, cover this path. */
    List<Held> covering(Path path) {
        List<Held> covering = new ArrayList<>(1);
        for (Held held : subscriptions.values()) {
            if (held.wish().filter().covers(path)) {
                covering.add(held);
            }
        }
        return covering;
    }

    /** Packet identifiers of quality of service 2 that the client has not released [MQTT-4.3.3-10]. */
    BitSet unreleased() {
        return unreleased;
    }

    InFlight inFlight() {
        return inFlight;
    }

    /** What shared groups gave to it and may not have stored yet. */
    Set<Taken> taken() {
        return taken;
    }

    /** Remembers that a group gave it this; forgets what the group has stored by now. */
    void taken(SharedGroup group, Change change) {
        GroupLedger.Lasting lasting = group.ledger().lasting();
        if (lasting != null && change.logged()) {
            long stored = group.ledger().storedUpTo();
            taken.removeIf(one -> one.group() == lasting.number() && one.sequence() <= stored);
            if (taken.size() >= MOST_TAKEN) {
                taken.remove(taken.iterator().next());
            }
            taken.add(new Taken(lasting.number(), change.sequence()));
        }
    }

    /** Every change up to this sequence was sent, or was not for this session; what is in flight is another matter. */
    long sentUpTo() {
        return sentUpTo;
    }

    void sentUpTo(long sequence) {
        sentUpTo = Math.max(sentUpTo, sequence);
    }

    /** Goes on to where something is owed next; whether more is settled by that, and is to be stored. */
    boolean moveOn(DurableSession own) {
        sentUpTo(own.clearUpTo());
        return inFlight.settledUpTo(sentUpTo) > own.cursor();
    }

    /** How long it outlasts its connection, in seconds. */
    long expiry() {
        return expiry;
    }

    void expiry(long seconds) {
        expiry = seconds;
    }

    /** When it lost its connection, in milliseconds since 1970; 0 while it has one. */
    long disconnectedAt() {
        return disconnectedAt;
    }

    void disconnectedAt(long moment) {
        disconnectedAt = moment;
    }

    /** Whether its time is over. */
    boolean over(long now) {
        return disconnectedAt != 0 && expiry != NEVER && disconnectedAt + expiry * 1_000 <= now;
    }

    @Nullable
    User user() {
        return user;
    }

    void user(User known) {
        user = known;
    }

    /** On whose behalf the last connection acted; null when there was none since the start. */
    @Nullable
    Context context() {
        return context;
    }

    void context(Context used) {
        context = used;
    }

    /** Replaces what looks at the session when something is due; null for nothing. */
    void watch(@Nullable Future<?> next) {
        Future<?> before = watch;
        watch = next;
        if (before != null) {
            before.cancel(false);
        }
    }

    /** What is to be said when its connection is lost, while it has one [MQTT-3.1.2-7]. */
    Packet.@Nullable Will will() {
        return will;
    }

    void will(Packet.@Nullable Will left) {
        will = left;
    }

    /** Leaves the will to be published when its delay is over or the session ends, whichever is first. */
    void bequeath(Packet.Will left, long delaySeconds, long now) {
        long seconds = expiry == NEVER ? delaySeconds : Math.min(delaySeconds, expiry);
        bequest = new Bequest(left, now + seconds * 1_000);
    }

    @Nullable
    Bequest bequest() {
        return bequest;
    }

    void bequest(@Nullable Bequest waiting) {
        bequest = waiting;
    }
}
