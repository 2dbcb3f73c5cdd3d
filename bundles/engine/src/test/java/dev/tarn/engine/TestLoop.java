// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** An event loop for tests: one thread that runs tasks in order, and can be held up. */
final class TestLoop implements Executor, AutoCloseable {

    final AtomicLong wakeUps = new AtomicLong();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread loop = new Thread(task, "test-loop");
        loop.setDaemon(true);
        return loop;
    });

    @Override
    public void execute(Runnable task) {
        wakeUps.incrementAndGet();
        thread.execute(task);
    }

    /** What the call returns when it was made on the loop. */
    <T> T on(Callable<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        thread.execute(() -> {
            try {
                result.complete(call.call());
            } catch (Throwable failure) {
                result.completeExceptionally(failure);
            }
        });
        return TestDoor.done(result);
    }

    void run(Runnable task) {
        on(() -> {
            task.run();
            return true;
        });
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
