// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.engine.query.Pool;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one pool of threads on which anything may block: cold reads, queries, catching up with the log. Requests beyond
 * the queue's bound are refused with BUSY; readers of mailboxes are always taken, since a mailbox has one at a time.
 * Safe on any thread.
 */
final class Workers implements Pool, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

    private final ThreadPoolExecutor pool;
    private final int bound;

    /** A thread that knows whose it is. */
    private static final class Worker extends Thread {
        private final Workers owner;

        Worker(Workers owner, Runnable task, String name) {
            super(task, name);
            this.owner = owner;
        }
    }

    Workers(int threads, int bound) {
        this("tarn-worker-", threads, bound);
    }

    /** @param name what the names of the threads begin with */
    Workers(String name, int threads, int bound) {
        this.bound = bound;
        AtomicInteger number = new AtomicInteger();
        this.pool =
                new ThreadPoolExecutor(threads, threads, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Worker(this, task, name + number.incrementAndGet());
                    thread.setDaemon(true);
                    thread.setUncaughtExceptionHandler((where, bug) -> LOG.error("a worker task failed", bug));
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
    }

    /** Runs a request's task, or throws {@link RejectedExecutionException} when too many wait or the pool is closed. */
    @Override
    public void execute(Runnable task) {
        if (pool.getQueue().size() >= bound) {
            throw new RejectedExecutionException("all workers are busy and " + bound + " tasks wait");
        }
        pool.execute(task);
    }

    /** What the call returns, or its failure; BUSY when too many wait. */
    <T> CompletableFuture<T> call(Supplier<T> task) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            execute(() -> {
                try {
                    answer.complete(task.get());
                } catch (Throwable failure) {
                    answer.completeExceptionally(failure);
                }
            });
        } catch (RejectedExecutionException busy) {
            answer.completeExceptionally(new Failure(Failure.Code.BUSY, "too much at once, try again"));
        }
        return answer;
    }

    @Override
    public boolean here() {
        return Thread.currentThread() instanceof Worker worker && worker.owner == this;
    }

    /** Runs the task of a mailbox or a query, whatever waits; after the pool is closed it is dropped. */
    @Override
    public void read(Runnable task) {
        try {
            pool.execute(task);
        } catch (RejectedExecutionException closed) {
            LOG.debug("a read was dropped since the engine is stopping", closed);
        }
    }

    /** Stops taking tasks and waits up to ten seconds for those that run. */
    @Override
    public void close() {
        pool.shutdown();
        try {
            if (!pool.awaitTermination(10, TimeUnit.SECONDS)) {
                LOG.warn("workers still run after 10 s; they are interrupted");
                pool.shutdownNow();
            }
        } catch (InterruptedException interrupted) {
            pool.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
