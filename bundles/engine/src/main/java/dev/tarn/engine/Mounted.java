// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Logic;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Logic in service, with the number of its calls that are under way: once it is replaced, no call begins, and the last one
 * that ends retires it. Safe on any thread.
 */
final class Mounted {

    /** Set once it is replaced; the bits below count calls. */
    private static final int RETIRED = 1 << 30;

    /** How long an answer may go on value by value once it is replaced. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(30);

    private final String application;
    private final boolean endpoint;
    private final Logic logic;
    private final Set<Action> actions;
    private final long limitNanos;
    private final ApplicationThreads threads;
    private final AtomicInteger calls = new AtomicInteger();

    /** Answers value by value that are under way. */
    private final Set<Flowing> flowing = ConcurrentHashMap.newKeySet();

    /** @param endpoint whether there is no table */
    Mounted(String application, Logic logic, boolean endpoint, ApplicationThreads threads) {
        this.application = application;
        this.endpoint = endpoint;
        this.logic = logic;
        this.actions = logic.actions().isEmpty() ? EnumSet.noneOf(Action.class) : EnumSet.copyOf(logic.actions());
        this.limitNanos = logic.limit().toNanos();
        this.threads = threads;
    }

    String application() {
        return application;
    }

    boolean endpoint() {
        return endpoint;
    }

    Logic logic() {
        return logic;
    }

    long limitNanos() {
        return limitNanos;
    }

    /** Whether the logic itself answers it. */
    boolean answers(Action action) {
        return actions.contains(action);
    }

    /** Whether the logic answers it, or what it ends in. */
    boolean governs(Action action) {
        return answers(action) || (action == Action.PATCH && answers(Action.PUT));
    }

    /** Counts a call; false when it is replaced and another one answers. */
    boolean enter() {
        for (int now = calls.get(); now < RETIRED; now = calls.get()) {
            if (calls.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    /** Values flow: counts as a call until {@link #closed}; false when it is replaced. */
    boolean opened(Flowing values) {
        if (!enter()) {
            return false;
        }
        flowing.add(values);
        if (calls.get() >= RETIRED && values.taken()) {
            // Replaced meanwhile, and perhaps not told.
            values.replaced();
        }
        return true;
    }

    /** They flow no more. */
    void closed(Flowing values) {
        if (flowing.remove(values)) {
            leave();
        }
    }

    /** A call has ended. */
    void leave() {
        if (calls.decrementAndGet() == RETIRED) {
            threads.later(logic::retired);
        }
    }

    /**
     * It is replaced: nothing leads to it any more. Connections that it took over end now; answers that are under way may
     * go on for a while.
     */
    void retire() {
        if (calls.addAndGet(RETIRED) == RETIRED) {
            threads.later(logic::retired);
        } else if (!flowing.isEmpty()) {
            flowing.forEach(values -> {
                if (values.taken()) {
                    values.replaced();
                }
            });
            threads.after(LAST_WORDS, () -> flowing.forEach(Flowing::replaced));
        }
    }
}
