// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls an application for one connection, one call at a time and in order, on threads for applications, none of which it
 * holds while there is nothing to do. Calls that take longer than a request may are interrupted. Safe on any thread.
 */
final class Serial implements Executor {

    /** Calls until another connection gets the thread. */
    private static final int MOST = 16;

    /** What becomes of a call that fails. */
    interface Trouble {
        /** It threw, or took too long. On any thread. */
        void happened(Throwable failure);
    }

    private final ApplicationThreads threads;
    private final Mounted mounted;
    private final Trouble trouble;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    /** Tasks that are not done. */
    private final AtomicInteger waiting = new AtomicInteger();

    Serial(ApplicationThreads threads, Mounted mounted, Trouble trouble) {
        this.threads = threads;
        this.mounted = mounted;
        this.trouble = trouble;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (waiting.getAndIncrement() == 0) {
            next();
        }
    }

    private void next() {
        try {
            threads.go(new Turn());
        } catch (Failure stopping) {
            trouble.happened(stopping);
        }
    }

    private void run() {
        for (int done = 1; ; done++) {
            once();
            if (waiting.decrementAndGet() == 0) {
                return;
            }
            if (done == MOST) {
                next();
                return;
            }
        }
    }

    @SuppressWarnings("CatchingUnchecked") // Applications throw whatever they like.
    private void once() {
        Runnable task = tasks.poll();
        try {
            if (task != null) {
                task.run();
            }
        } catch (Throwable thrown) {
            trouble.happened(thrown);
        }
    }

    private final class Turn extends Timed {
        Turn() {
            super(mounted);
        }

        @Override
        String what() {
            return "a connection";
        }

        @Override
        void work() {
            run();
        }

        @Override
        void expired() {
            trouble.happened(new Failure(
                    Failure.Code.UNAVAILABLE,
                    "the application took longer than " + mounted.limitNanos() / 1_000_000 + " ms"));
        }
    }
}
