// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Routes by the text of the path, of one epoch: when subscriptions or exports change, a new one takes its place. Each
 * text has one slot and the last one asked for keeps it. Grows with use up to {@value #LARGEST} slots, and is emptied
 * when its routes name more than {@value #TARGETS} mailboxes in all. Safe on any thread, without locks.
 */
final class RouteCache {

    static final int LARGEST = 1 << 15;
    static final int TARGETS = 1 << 20;
    private static final int SMALLEST = 1 << 7;

    private volatile AtomicReferenceArray<@Nullable Route> slots = new AtomicReferenceArray<>(SMALLEST);
    private final AtomicInteger puts = new AtomicInteger();
    private final AtomicInteger targets = new AtomicInteger();

    @Nullable
    Route get(String spelled) {
        AtomicReferenceArray<@Nullable Route> now = slots;
        Route route = now.getAcquire(slot(spelled, now.length()));
        return route != null && route.spelled().equals(spelled) ? route : null;
    }

    void put(Route route) {
        AtomicReferenceArray<@Nullable Route> now = slots;
        int added = puts.incrementAndGet();
        boolean tooWide = targets.addAndGet(route.targets()) > TARGETS;
        if (tooWide || (added > now.length() / 2 && now.length() < LARGEST)) {
            now = new AtomicReferenceArray<>(tooWide ? SMALLEST : Math.min(LARGEST, now.length() * 4));
            puts.set(0);
            targets.set(route.targets());
            slots = now;
        }
        now.setRelease(slot(route.spelled(), now.length()), route);
    }

    private static int slot(String spelled, int length) {
        int hash = spelled.hashCode() * 0x9E3779B9;
        return (hash ^ (hash >>> 15)) & (length - 1);
    }
}
