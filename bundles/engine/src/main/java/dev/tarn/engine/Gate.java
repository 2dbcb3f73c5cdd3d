// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Keeps the order of one publisher: a message that needs no log waits until the writes before it are in the queues of
 * the loops, and a write waits until the messages before it are. Writes do not wait for each other, since the store keeps
 * their order; but all wait for the turn of what an application does before it is known what that will write. Bounded by whoever calls, who holds back once enough of his calls are not complete. Safe on any thread;
 * the lock is held for a few instructions and never while anything else is called.
 */
final class Gate {

    private enum Sort {
        MESSAGE,
        WRITE,
        TURN
    }

    private record Step(Runnable action, Sort sort) {}

    private final Deque<Step> held = new ArrayDeque<>(0);
    private int unsettled;
    private boolean releasing;

    /** Whether it is somebody's turn, so that nothing else begins. */
    private boolean turning;

    /** True while nothing is under way and nothing is held, so that a message need not look any further. */
    private volatile boolean idle = true;

    /** Runs the message now, or on the thread that settles what it waits for. */
    void message(Runnable action) {
        if (idle || passes(action, Sort.MESSAGE)) {
            action.run();
        }
    }

    /** Whether a message may go at once, without the cost of making a step. On the publisher's thread. */
    boolean idle() {
        return idle;
    }

    /** Runs the write now or later; {@link #settled} must be called once for it. */
    void write(Runnable action) {
        if (passes(action, Sort.WRITE)) {
            action.run();
        }
    }

    /**
     * Runs the task now or later; what comes after it waits until one of {@link #turned(Runnable)} and {@link #turned()} is
     * called, once.
     */
    void turn(Runnable action) {
        if (passes(action, Sort.TURN)) {
            action.run();
        }
    }

    private synchronized boolean passes(Runnable action, Sort sort) {
        if (held.isEmpty() && !releasing && !turning && (sort != Sort.MESSAGE || unsettled == 0)) {
            began(sort);
            return true;
        }
        held.add(new Step(action, sort));
        return false;
    }

    /** Holding the lock. */
    private void began(Sort sort) {
        if (sort != Sort.MESSAGE) {
            unsettled++;
            idle = false;
            turning = sort == Sort.TURN;
        }
    }

    /** Whose turn it was writes nothing; the message, if there is one, goes before what has come since. */
    void turned(@org.jspecify.annotations.Nullable Runnable message) {
        synchronized (this) {
            turning = false;
            unsettled--;
            if (message != null) {
                held.addFirst(new Step(message, Sort.MESSAGE));
            }
            if (releasing) {
                return;
            }
            releasing = true;
        }
        release();
    }

    /** Whose turn it was has handed to the store what it writes; {@link #settled} is still to come. */
    void turned() {
        synchronized (this) {
            turning = false;
            if (releasing) {
                return;
            }
            releasing = true;
        }
        release();
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
        release();
    }

    private void release() {
        Runnable next = next();
        while (next != null) {
            next.run();
            next = next();
        }
    }

    private synchronized @org.jspecify.annotations.Nullable Runnable next() {
        Step first = held.peek();
        if (first == null || turning || (first.sort() == Sort.MESSAGE && unsettled > 0)) {
            releasing = false;
            idle = held.isEmpty() && unsettled == 0 && !turning;
            return null;
        }
        held.poll();
        began(first.sort());
        return first.action();
    }
}
