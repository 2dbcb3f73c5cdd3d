// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Write;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** What waits for the {@link Committer}, bounded in number and in bytes. Any thread adds, the committer's takes. */
final class WriteQueue {

    private static final long PAUSE_MILLIS = 200;

    private final Limits limits;
    private final Fence fence;
    private final BlockingQueue<Job> queue;
    private final AtomicLong queuedBytes = new AtomicLong();
    private volatile boolean closing;

    /** So many have to be there to wake the committer while it gathers; 0 while it does not. */
    private volatile int wanted;

    private volatile @Nullable Thread gathering;

    /**
     * @param writes the most that wait
     * @param bytes the most that the bodies of those have together
     * @param batch the most writes in one transaction
     */
    record Limits(int writes, long bytes, int batch) {}

    /** Something for the committer to do. */
    sealed interface Job {}

    /**
     * A write that waits.
     *
     * @param prepared of its drafts, or empty
     */
    record Pending(Write write, List<Prepared> prepared, CompletableFuture<Commit> stage, long bytes) implements Job {}

    /** A piece of a content. */
    record Arriving(ChunkUpload.Piece piece, CompletableFuture<Boolean> stage) implements Job {}

    /** Work of another kind. */
    record Task(Runnable work, CompletableFuture<Boolean> stage) implements Job {}

    /** Nothing to do but to look whether the store is closing. */
    record Look() implements Job {}

    WriteQueue(Limits limits, Fence fence) {
        this.limits = limits;
        this.fence = fence;
        this.queue = new ArrayBlockingQueue<>(limits.writes());
    }

    /** Queues a write. Never blocks. On any thread. */
    CompletableFuture<Commit> commit(Write write, List<Prepared> prepared, long bytes) {
        Failure refused = refused();
        if (refused != null) {
            return CompletableFuture.failedFuture(refused);
        }
        Pending pending = new Pending(write, prepared, new CompletableFuture<>(), bytes);
        long waiting = queuedBytes.addAndGet(bytes);
        if ((waiting > limits.bytes() && waiting > bytes) || !queue.offer(pending)) {
            queuedBytes.addAndGet(-bytes);
            return CompletableFuture.failedFuture(
                    new Failure(Failure.Code.BUSY, "too many writes are waiting; try again later"));
        }
        wake();
        if (closing) {
            // The thread may have looked into the queue for the last time.
            pending.stage().completeExceptionally(stopped());
        }
        return pending.stage();
    }

    /** Runs work that changes the store by itself on this thread, between two batches; completes when that is durable. */
    CompletableFuture<Boolean> run(Runnable work) {
        Task task = new Task(work, new CompletableFuture<>());
        return queued(task, task.stage());
    }

    /** Puts a piece of a content that is being taken in where it belongs; completes when that is durable. */
    CompletableFuture<Boolean> add(ChunkUpload.Piece piece) {
        Arriving arriving = new Arriving(piece, new CompletableFuture<>());
        return queued(arriving, arriving.stage());
    }

    private CompletableFuture<Boolean> queued(Job job, CompletableFuture<Boolean> stage) {
        Failure refused = refused();
        if (refused != null || !queue.offer(job)) {
            return CompletableFuture.failedFuture(
                    refused != null ? refused : new Failure(Failure.Code.BUSY, "too many writes are waiting"));
        }
        wake();
        if (closing) {
            stage.completeExceptionally(stopped());
        }
        return stage;
    }

    private void wake() {
        int enough = wanted;
        Thread committer = gathering;
        if (enough > 0 && committer != null && queue.size() >= enough) {
            LockSupport.unpark(committer);
        }
    }

    /** Waits until so many are there, at most so long, and perhaps not even that. On the committer thread. */
    void await(int enough, long nanos) {
        gathering = Thread.currentThread();
        wanted = enough;
        if (queue.size() < enough && !closing) {
            LockSupport.parkNanos(this, nanos);
        }
        wanted = 0;
        gathering = null;
    }

    private @Nullable Failure refused() {
        return closing ? stopped() : fence.reason();
    }

    private static Failure stopped() {
        return new Failure(Failure.Code.UNAVAILABLE, "the store is stopped");
    }

    /** Makes the thread end when it has written what is queued. */
    void close() {
        closing = true;
        // Where there is no room, the thread does not wait for anything.
        queue.offer(new Look());
        LockSupport.unpark(gathering);
    }

    boolean closing() {
        return closing;
    }

    Limits limits() {
        return limits;
    }

    int size() {
        return queue.size();
    }

    /** What the bodies of the waiting writes have. */
    long bytes() {
        return queuedBytes.get();
    }

    /**
     * The next one; waits a moment for it when there is nothing else to do.
     *
     * @param busy whether there is
     */
    @Nullable
    Job poll(boolean busy) {
        try {
            return closing || busy ? queue.poll() : queue.poll(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // Nobody has a reason to; close() ends the thread.
            return queue.poll();
        }
    }

    /** Takes those that wait, at most so many and no more than fit one transaction beside the first. */
    void drainTo(List<Job> target, int most) {
        queue.drainTo(target, Math.min(most, limits.batch() - 1));
        for (Job job : target) {
            if (job instanceof Pending pending) {
                queuedBytes.addAndGet(-pending.bytes());
            }
        }
    }
}
