// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends turns that take too much processor time or memory, by ending the isolate that they run in. Looks every few
 * milliseconds while anything runs, on a thread of its own.
 */
final class Overseer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Overseer.class);
    private static final long TICK_MILLISECONDS = 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** One turn, made by the thread that runs it: who runs, and what he had used when he began. */
    static final class Turn {
        final Isolate isolate;
        final Limits limits;
        final long thread = Thread.currentThread().getId();
        final long cpu = THREADS.getCurrentThreadCpuTime();
        final long allocated = THREADS.getCurrentThreadAllocatedBytes();
        final AtomicBoolean ended = new AtomicBoolean();

        Turn(Isolate isolate, Limits limits) {
            this.isolate = isolate;
            this.limits = limits;
        }

        /** What it has too much of; empty for nothing. */
        String excess() {
            long time = THREADS.getThreadCpuTime(thread) - cpu;
            if (time > limits.cpuNanos()) {
                return "more than " + limits.cpuNanos() / 1_000_000 + " ms of processor time";
            }
            long bytes = THREADS.getThreadAllocatedBytes(thread) - allocated;
            return bytes > limits.allocated() ? "more than " + (limits.allocated() >> 20) + " MB of memory" : "";
        }
    }

    private final Set<Turn> turns = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor clock;

    Overseer() {
        clock = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "tarn-script-overseer");
            thread.setDaemon(true);
            return thread;
        });
        clock.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
        clock.scheduleWithFixedDelay(this::look, TICK_MILLISECONDS, TICK_MILLISECONDS, TimeUnit.MILLISECONDS);
    }

    /** A turn begins on this thread. */
    Turn begin(Isolate isolate, Limits limits) {
        Turn turn = new Turn(isolate, limits);
        turns.add(turn);
        return turn;
    }

    /** A turn is over. */
    void end(Turn turn) {
        turns.remove(turn);
    }

    private void look() {
        for (Turn turn : turns) {
            String excess = turn.excess();
            if (!excess.isEmpty() && turns.contains(turn) && turn.ended.compareAndSet(false, true)) {
                LOG.warn("a script is ended since it takes {}: application={}", excess, turn.isolate.application());
                Thread ending = new Thread(() -> turn.isolate.end(excess), "tarn-script-end");
                ending.setDaemon(true);
                ending.start();
            }
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
