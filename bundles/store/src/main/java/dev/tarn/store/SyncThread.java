// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Store.CommitObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forces what the committer has committed to the disk, then tells observers, then answers writers, all in commit order,
 * while the committer fills the next batch.
 */
final class SyncThread implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(SyncThread.class);

    /** Batches that may wait: more would only be more memory. */
    private static final int WAITING = 8;

    private final Database database;
    private final Fence fence;
    private final BlockingQueue<Done> queue = new ArrayBlockingQueue<>(WAITING);
    private final List<CommitObserver> observers = new CopyOnWriteArrayList<>();
    private final List<Runnable> followers = new CopyOnWriteArrayList<>();
    private final Tally timing = Tally.ofDurations();

    private volatile long sequence;
    private volatile long sealed;
    private volatile boolean busy;
    private volatile long forcing;
    private volatile @Nullable Thread waiting;

    /**
     * A committed batch.
     *
     * @param logged what observers are told
     * @param early answers that do not wait for the disk
     * @param answers answers that do
     * @param sequence the last in the log
     * @param sealed where the sealed part of the files ends; 0 until that is known
     * @param written whether there is anything to force
     */
    record Done(
            List<Commit> logged,
            List<Answer<?>> early,
            List<Answer<?>> answers,
            long sequence,
            long sealed,
            boolean written) {

        /** The same with the end of the sealed part. */
        Done sealed(long end) {
            return new Done(logged, early, answers, sequence, end, written);
        }

        /** Ends the thread. */
        static final Done LAST = new Done(List.of(), List.of(), List.of(), -1, -1, false);
    }

    SyncThread(Database database, Fence fence, long sequence) {
        this.database = database;
        this.fence = fence;
        this.sequence = sequence;
        this.sealed = database.opened();
    }

    /** Takes over a batch; waits while too many are not yet synced. On the committer thread. */
    void accept(Done done) {
        boolean interrupted = false;
        while (true) {
            try {
                queue.put(done);
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits until nothing is being forced to the disk, at most so long: a few writes that are committed meanwhile would have to wait for
     * the next time anyway, and one large transaction costs less than several small ones. On the committer thread.
     */
    void await(long nanos) {
        long end = System.nanoTime() + nanos;
        waiting = Thread.currentThread();
        while (busy && end - System.nanoTime() > 0) {
            LockSupport.parkNanos(this, end - System.nanoTime());
        }
        waiting = null;
    }

    /** Nanoseconds that forcing the disk took of late. */
    long forcing() {
        return forcing;
    }

    /** Whether nothing is being forced and nothing waits to be. */
    boolean isIdle() {
        return !busy && queue.isEmpty();
    }

    /** The sequence of the last durable change. */
    long sequence() {
        return sequence;
    }

    /** Everything before this address in the files is sealed and durable. */
    long sealed() {
        return sealed;
    }

    /** Nanoseconds that forcing the disk took. */
    Tally timing() {
        return timing;
    }

    /** Adds an observer; close what is returned to remove it. */
    AutoCloseable observe(CommitObserver observer) {
        observers.add(observer);
        return () -> observers.remove(observer);
    }

    /** Runs this whenever there are more durable changes. */
    void follow(Runnable follower) {
        followers.add(follower);
    }

    void unfollow(Runnable follower) {
        followers.remove(follower);
    }

    @Override
    public void run() {
        List<Done> batches = new ArrayList<>();
        boolean last = false;
        while (!last) {
            batches.clear();
            try {
                batches.add(queue.take());
            } catch (InterruptedException e) {
                // Nobody has a reason to; the thread ends with the last batch.
                continue;
            }
            busy = true;
            queue.drainTo(batches);
            last = batches.remove(Done.LAST);
            finish(batches);
        }
    }

    private void finish(List<Done> batches) {
        boolean written = false;
        Failure failure = fence.reason();
        for (Done done : batches) {
            if (failure == null) {
                done.early().forEach(Answer::give);
            }
            written |= done.written();
        }
        if (failure == null && written) {
            long began = System.nanoTime();
            try {
                database.sync();
            } catch (RuntimeException | Error e) {
                failure = fence.close("the disk did not take what was written", e);
                database.fenced(sealed);
            }
            long took = System.nanoTime() - began;
            timing.add(took);
            forcing = (3 * forcing + took) / 4;
        }
        idle();
        if (failure != null) {
            for (Done done : batches) {
                for (Answer<?> answer : done.early()) {
                    answer.refuse(failure);
                }
                for (Answer<?> answer : done.answers()) {
                    answer.refuse(failure);
                }
            }
            return;
        }
        for (Done done : batches) {
            if (done.written()) {
                sealed = done.sealed();
            }
            if (!done.logged().isEmpty()) {
                sequence = done.sequence();
                tell(done.logged());
            }
            done.answers().forEach(Answer::give);
        }
        database.durable(sealed);
        for (Runnable follower : followers) {
            follower.run();
        }
    }

    private void idle() {
        busy = false;
        Thread committer = waiting;
        if (committer != null) {
            LockSupport.unpark(committer);
        }
    }

    private void tell(List<Commit> commits) {
        for (CommitObserver observer : observers) {
            try {
                observer.committed(commits);
            } catch (RuntimeException | Error e) {
                LOG.error("observer={} threw and was told on nevertheless", observer, e);
            }
        }
    }
}
