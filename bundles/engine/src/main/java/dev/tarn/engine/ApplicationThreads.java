// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.StuckCalls.StuckCall;
import dev.tarn.api.data.Failure;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that run what applications bring, apart from the workers, so that logic which waits for a worker never waits for
 * itself, and logic that hangs keeps no query waiting (decision 0190). Who takes longer than allowed is interrupted, and
 * replaced by another thread until it is back. Safe on any thread.
 */
final class ApplicationThreads implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ApplicationThreads.class);

    /** Threads that may hang at once before no more are added for them. */
    private static final int MOST_STUCK = 64;

    /** How often time limits are looked at. */
    private static final long TICK_MILLISECONDS = 50;

    /** From an interrupt until it is said that it did not help. */
    private static final long STUBBORN_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final ThreadPoolExecutor pool;
    private final ScheduledThreadPoolExecutor clock;
    private final int threads;
    private final int bound;
    private final Set<Timed> running = ConcurrentHashMap.newKeySet();
    private final AtomicInteger stuck = new AtomicInteger();
    private final AtomicBoolean ticking = new AtomicBoolean();

    /** Starts no thread yet. */
    ApplicationThreads(int threads, int bound) {
        this.threads = threads;
        this.bound = bound;
        AtomicInteger number = new AtomicInteger();
        this.pool =
                new ThreadPoolExecutor(threads, threads, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "tarn-application-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    thread.setContextClassLoader(ApplicationThreads.class.getClassLoader());
                    thread.setUncaughtExceptionHandler((where, bug) -> LOG.error("an application's task failed", bug));
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        this.clock = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "tarn-application-clock");
            thread.setDaemon(true);
            return thread;
        });
        clock.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        clock.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
    }

    /**
     * Runs a request's task.
     *
     * @throws Failure BUSY when too many wait, UNAVAILABLE when the engine is stopping
     */
    void begin(Timed task) {
        if (pool.getQueue().size() >= bound) {
            throw new Failure(Failure.Code.BUSY, "applications have too much to do at once, try again");
        }
        go(task);
    }

    /** As {@link #begin}, for what goes on: it is taken whatever waits. */
    void go(Timed task) {
        if (!ticking.get() && ticking.compareAndSet(false, true)) {
            clock.scheduleWithFixedDelay(this::tick, TICK_MILLISECONDS, TICK_MILLISECONDS, TimeUnit.MILLISECONDS);
        }
        try {
            pool.execute(() -> run(task));
        } catch (RejectedExecutionException closed) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the server is stopping");
        }
    }

    /** Runs something that has no limit and is nobody's request; dropped when the engine is stopping. */
    void later(Runnable task) {
        try {
            pool.execute(task);
        } catch (RejectedExecutionException closed) {
            LOG.debug("an application's task was dropped since the engine is stopping", closed);
        }
    }

    /** Does something short after a while; dropped when the engine is stopping. */
    void after(Duration time, Runnable task) {
        try {
            clock.schedule(task, time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            LOG.debug("an application's task was dropped since the engine is stopping", closed);
        }
    }

    private void run(Timed task) {
        running.add(task);
        try {
            task.start();
        } finally {
            running.remove(task);
            if (task.end()) {
                back();
            }
        }
    }

    private void tick() {
        if (running.isEmpty()) {
            return;
        }
        long now = System.nanoTime();
        for (Timed task : running) {
            if (task.late(now)) {
                // Counted first, so that the thread is never back before it is counted as gone.
                gone();
                task.interrupt();
            } else {
                task.tell(now, STUBBORN_NANOS);
            }
        }
    }

    /** What goes on although it was interrupted, the longest first. */
    List<StuckCall> stuck() {
        long now = System.nanoTime();
        return running.stream()
                .flatMap(task -> task.stuck(now).stream())
                .sorted(Comparator.comparing(StuckCall::running).reversed())
                .toList();
    }

    private void gone() {
        int now = stuck.incrementAndGet();
        if (now <= MOST_STUCK) {
            pool.setMaximumPoolSize(threads + now);
            pool.setCorePoolSize(threads + now);
        }
    }

    private void back() {
        int now = Math.min(MOST_STUCK, stuck.decrementAndGet());
        pool.setCorePoolSize(threads + Math.max(0, now));
        pool.setMaximumPoolSize(threads + Math.max(0, now));
    }

    /** Interrupts what runs and waits up to five seconds for it. */
    @Override
    public void close() {
        clock.shutdownNow();
        pool.shutdown();
        try {
            if (!pool.awaitTermination(200, TimeUnit.MILLISECONDS)) {
                pool.shutdownNow();
                if (!pool.awaitTermination(5, TimeUnit.SECONDS)) {
                    LOG.warn("logic of an application still runs after 5 s; its thread is left alone");
                }
            }
        } catch (InterruptedException interrupted) {
            pool.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
