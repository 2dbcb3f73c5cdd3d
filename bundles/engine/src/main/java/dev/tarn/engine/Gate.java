// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Keeps the order of one publisher: a message that needs no log waits until the writes before it are in the queues of
 * the loops, and a write waits until the messages before it are. Writes do not wait for each other, since the store keeps
 * their order. Bounded by whoever calls, who holds back once enough of his calls are not complete. Safe on any thread;
 * the lock is held for a few instructions and never while anything else is called.
 */
final class Gate {

    private record Step(Runnable action, boolean write) {}

    private final Deque<Step> held = new ArrayDeque<>(0);
    private int unsettled;
    private boolean releasing;

    /** True while nothing is under way and nothing is held, so that a message need not look any further. */
    private volatile boolean idle = true;

    /** Runs the message now, or on the thread that settles what it waits for. */
    void message(Runnable action) {
        if (idle || passes(action, false)) {
            action.run();
        }
    }

    /** Whether a message may go at once, without the cost of making a step. On the publisher's thread. */
    boolean idle() {
        return idle;
    }

    /** Runs the write now or later; {@link #settled} must be called once for it. */
    void write(Runnable action) {
        if (passes(action, true)) {
            action.run();
        }
    }

    private synchronized boolean passes(Runnable action, boolean write) {
        if (held.isEmpty() && !releasing && (write || unsettled == 0)) {
            if (write) {
                unsettled++;
                idle = false;
            }
            return true;
        }
        held.add(new Step(action, write));
        return false;
    }

    /** A write is in the queues of the loops, or was refused. */
    void settled() {
        synchronized (this) {
            unsettled--;
            if (releasing) {
                return;
            }
            releasing = true;
        }
        Runnable next = next();
        while (next != null) {
            next.run();
            next = next();
        }
    }

    private synchronized @org.jspecify.annotations.Nullable Runnable next() {
        Step first = held.peek();
        if (first == null || (!first.write() && unsettled > 0)) {
            releasing = false;
            idle = held.isEmpty() && unsettled == 0;
            return null;
        }
        held.poll();
        if (first.write()) {
            unsettled++;
        }
        return first.action();
    }
}
