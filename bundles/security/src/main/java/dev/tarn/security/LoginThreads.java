// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A few threads that check who somebody is, and a bounded queue before them. */
final class LoginThreads implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LoginThreads.class);

    private static final long IDLE_SECONDS = 30;
    private static final long CLOSE_SECONDS = 10;

    private record Task<T>(CompletableFuture<T> answer, Supplier<T> work) implements Runnable {
        @Override
        public void run() {
            try {
                answer.complete(work.get());
            } catch (Failure failure) {
                answer.completeExceptionally(failure);
            } catch (RuntimeException e) {
                LOG.error("login=unchecked", e);
                answer.completeExceptionally(new Failure(Failure.Code.UNAVAILABLE, "the login could not be checked"));
            } catch (Error e) {
                answer.completeExceptionally(new Failure(Failure.Code.UNAVAILABLE, "the login could not be checked"));
                throw e;
            }
        }
    }

    private final ThreadPoolExecutor pool;

    LoginThreads(String name, int threads, int queue) {
        pool = new ThreadPoolExecutor(
                threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(queue), task -> {
                    Thread thread = new Thread(task, name);
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
    }

    /** Completes the answer with what the work returns, or its failure; with BUSY at once when the queue is full. */
    <T> void run(CompletableFuture<T> answer, Supplier<T> work) {
        try {
            pool.execute(new Task<>(answer, work));
        } catch (RejectedExecutionException full) {
            answer.completeExceptionally(
                    pool.isShutdown()
                            ? stopped()
                            : new Failure(
                                    Failure.Code.BUSY, "too many logins are being checked: try again in a second"));
        }
    }

    private static Failure stopped() {
        return new Failure(Failure.Code.UNAVAILABLE, "users are not available any more");
    }

    /** Fails what waits, lets what runs end: a thread that reads the store must not be interrupted. */
    @Override
    public void close() {
        pool.shutdown();
        List<Runnable> waiting = new ArrayList<>();
        pool.getQueue().drainTo(waiting);
        for (Runnable task : waiting) {
            if (task instanceof Task<?> check) {
                check.answer.completeExceptionally(stopped());
            }
        }
        try {
            if (!pool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("logins=still-checking after-seconds={}", CLOSE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
