// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Failure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Makes those wait who show wrong passwords: by name and address, and, later, by address alone. A table of fixed size:
 * where two keys meet by chance, they wait for one another; which keys do cannot be known from outside. Safe on any
 * thread.
 */
final class BackOff {

    private static final int SLOTS = 1 << 14;

    /** Wrong passwords for one name from one address before there is any waiting. */
    static final int FREE = 5;

    /** Wrong passwords from one address for whatever names before there is any waiting. */
    static final int FREE_PER_ADDRESS = 100;

    static final Duration LONGEST = Duration.ofSeconds(60);

    /** After this long without a wrong password everything is forgiven. */
    static final Duration FORGIVEN = Duration.ofMinutes(15);

    private record Wrong(int count, Instant last) {}

    private final AtomicReferenceArray<@Nullable Wrong> slots = new AtomicReferenceArray<>(SLOTS);
    private final int seed = new SecureRandom().nextInt();
    private final InstantSource clock;

    BackOff(InstantSource clock) {
        this.clock = clock;
    }

    /** How long this name from this address must still wait; zero when it may try. */
    Duration waiting(String name, @Nullable SocketAddress from) {
        Instant now = clock.instant();
        Duration forName = waiting(slots.get(slot(name, from)), FREE, now);
        Duration forAddress = waiting(slots.get(slot(null, from)), FREE_PER_ADDRESS, now);
        return forName.compareTo(forAddress) > 0 ? forName : forAddress;
    }

    /** What somebody is told who must wait. */
    static Failure busy(Duration waiting) {
        // RFC 6585 §4
        return Failure.of(429, "too many wrong passwords: try again in " + (waiting.toSeconds() + 1) + " seconds");
    }

    private static Duration waiting(@Nullable Wrong wrong, int free, Instant now) {
        if (wrong == null || wrong.count < free) {
            return Duration.ZERO;
        }
        Duration pause = Duration.ofSeconds(1L << Math.min(10, wrong.count - free));
        Instant until = wrong.last.plus(pause.compareTo(LONGEST) < 0 ? pause : LONGEST);
        return until.isAfter(now) ? Duration.between(now, until) : Duration.ZERO;
    }

    /** Counts a wrong password. */
    void wrong(String name, @Nullable SocketAddress from) {
        Instant now = clock.instant();
        count(slot(name, from), now);
        count(slot(null, from), now);
    }

    private void count(int slot, Instant now) {
        slots.updateAndGet(slot, before -> {
            boolean again = before != null && before.last.plus(FORGIVEN).isAfter(now);
            return new Wrong(again ? before.count + 1 : 1, now);
        });
    }

    /** Forgives this name at this address: its password was right. */
    void right(String name, @Nullable SocketAddress from) {
        slots.set(slot(name, from), null);
    }

    private int slot(@Nullable String name, @Nullable SocketAddress from) {
        int hash = seed;
        hash = hash * 0x9E3779B1 + (name == null ? 0 : name.hashCode() + 1);
        hash = hash * 0x9E3779B1 + address(from);
        hash ^= hash >>> 15;
        hash *= 0x85EBCA6B;
        hash ^= hash >>> 13;
        return hash & SLOTS - 1;
    }

    /** An IPv6 network of 64 bits counts as one address, since whoever has one has all of it. */
    static int address(@Nullable SocketAddress from) {
        if (!(from instanceof InetSocketAddress internet)) {
            return 0;
        }
        InetAddress address = internet.getAddress();
        if (address == null) {
            return internet.getHostString().hashCode();
        }
        byte[] bytes = address.getAddress();
        return Arrays.hashCode(bytes.length == 16 ? Arrays.copyOf(bytes, 8) : bytes);
    }
}
