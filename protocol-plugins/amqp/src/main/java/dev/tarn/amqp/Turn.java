// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * What other threads have for a connection, in order. What has come by the time its loop gets to it is done in one go, with one
 * wake-up and one write for all: a commit tells of many messages at once.
 */
final class Turn {

    /** After so many, other connections of the loop have their turn. */
    private static final int MOST = 256;

    private final Executor loop;
    private final Consumer<Runnable> each;
    private final Runnable afterwards;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();

    /**
     * @param each does one of them, on the loop; must not throw
     * @param afterwards is done when several were
     */
    Turn(Executor loop, Consumer<Runnable> each, Runnable afterwards) {
        this.loop = loop;
        this.each = each;
        this.afterwards = afterwards;
    }

    /** Any thread. */
    void add(Runnable task) {
        tasks.add(task);
        wake();
    }

    private void wake() {
        if (awake.compareAndSet(false, true)) {
            loop.execute(this::take);
        }
    }

    private void take() {
        awake.set(false);
        int left = MOST;
        Runnable task = tasks.poll();
        while (task != null) {
            each.accept(task);
            left--;
            task = left > 0 ? tasks.poll() : null;
        }
        afterwards.run();
        if (!tasks.isEmpty()) {
            wake();
        }
    }
}
