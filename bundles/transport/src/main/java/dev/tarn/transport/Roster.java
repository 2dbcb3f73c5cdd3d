// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * The HTTP protocols of a door, highest ranked first, and whether one may be about to come: a request that nobody takes is
 * then worth a wait, else it is for nothing that is here. Safe on any thread.
 */
final class Roster {
    /** A node that starts opens its doors before everything behind them is there. */
    static final Duration START = Duration.ofSeconds(10);

    /** An HTTP protocol that is here. */
    record Installed(HttpProtocol protocol, int ranking, OpenChannels upgraded, Traffic traffic) {}

    private final AtomicReference<List<Installed>> installed = new AtomicReference<>(List.of());
    private final Set<String> away = ConcurrentHashMap.newKeySet();
    private final LongSupplier nanos;
    private final long made;

    /** @param nanos the time, as of {@link System#nanoTime} */
    Roster(LongSupplier nanos) {
        this.nanos = nanos;
        this.made = nanos.getAsLong();
    }

    void add(Installed added) {
        installed.updateAndGet(before -> {
            List<Installed> after = new ArrayList<>(before);
            after.add(added);
            after.sort(Comparator.comparingInt(Installed::ranking).reversed());
            return List.copyOf(after);
        });
        away.remove(added.protocol().name());
    }

    /** The one that was here, if it was. */
    Optional<Installed> remove(HttpProtocol protocol) {
        away.add(protocol.name());
        List<Installed> before = installed.getAndUpdate(
                list -> list.stream().filter(one -> one.protocol() != protocol).toList());
        return before.stream().filter(one -> one.protocol() == protocol).findFirst();
    }

    List<Installed> all() {
        return Objects.requireNonNull(installed.get());
    }

    /** Whether a protocol was removed and has not come back, or the node has just started. */
    boolean expecting() {
        return !away.isEmpty() || nanos.getAsLong() - made < START.toNanos();
    }
}
