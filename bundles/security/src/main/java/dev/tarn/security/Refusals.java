// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.net.SocketAddress;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * How many refusals are written down: so many a minute of a name at an address, of an address, and of all. Without that a stranger could fill the trail with them until
 * what matters has had to go. A table of fixed size, in which addresses that meet by chance share what is theirs. Safe on any
 * thread.
 */
final class Refusals {

    /** Refusals of one name at one address that are written down in a minute. */
    static final int EACH = 120;

    /** Refusals of one address that are. */
    static final int ADDRESS = 1_200;

    /** Refusals of all addresses that are. */
    static final int ALL = 3_000;

    private static final int SLOTS = 1 << 12;

    private static final long MINUTE_MILLIS = TimeUnit.MINUTES.toMillis(1);

    private record Window(long minute, int count) {}

    /** Those of names at addresses, then those of addresses; the last is that of all. */
    private final AtomicReferenceArray<@Nullable Window> slots = new AtomicReferenceArray<>(2 * SLOTS + 1);

    private final AtomicLong missed = new AtomicLong();
    private final AtomicLong told;
    private final InstantSource clock;

    Refusals(InstantSource clock) {
        this.clock = clock;
        this.told = new AtomicLong(clock.millis() / MINUTE_MILLIS);
    }

    /** Whether one more is written down; counted where it is not. */
    boolean take(String name, @Nullable SocketAddress from) {
        long minute = clock.millis() / MINUTE_MILLIS;
        int address = BackOff.address(from);
        if (within(slot(address * 31 + name.hashCode()), EACH, minute)
                && within(SLOTS + slot(address), ADDRESS, minute)
                && within(2 * SLOTS, ALL, minute)) {
            return true;
        }
        missed.incrementAndGet();
        return false;
    }

    private static int slot(int hash) {
        return (hash * 0x9E3779B1) >>> 20;
    }

    private boolean within(int slot, int most, long minute) {
        Window now = slots.updateAndGet(
                slot,
                before -> before == null || before.minute() != minute
                        ? new Window(minute, 1)
                        : before.count() > most ? before : new Window(minute, before.count() + 1));
        return now != null && now.count() <= most;
    }

    /** How many have not been written down since it was asked last; 0 but for once a minute. */
    long missed() {
        long minute = clock.millis() / MINUTE_MILLIS;
        long last = told.get();
        return minute != last && missed.get() > 0 && told.compareAndSet(last, minute) ? missed.getAndSet(0) : 0;
    }
}
