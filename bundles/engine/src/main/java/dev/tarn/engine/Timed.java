// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.StuckCalls.StuckCall;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task with a time limit. Whoever is first decides: the task that has done its work, or the clock that finds it late;
 * a thread is interrupted only while it runs this task.
 */
abstract class Timed {

    private static final Logger LOG = LoggerFactory.getLogger(Timed.class);

    private enum State {
        WAITING,
        RUNNING,
        DONE,
        /** The clock has found it late and is about to interrupt its thread. */
        LATE,
        INTERRUPTED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private final Mounted mounted;

    /** Whether somebody was told that it is stuck; only the clock asks. */
    private boolean told;

    /** Written before the task is among those that run. */
    private volatile long began;

    private volatile @Nullable Thread thread;

    /** @param mounted the logic that the work is done for, which says how long it may take */
    Timed(Mounted mounted) {
        this.mounted = mounted;
    }

    /** What is done, for an operator. */
    abstract String what();

    /** Does the work; asks {@link #inTime} before anything of it takes effect. Never throws. */
    abstract void work();

    /** The time is up: on the clock's thread, once, while the work may still go on. */
    abstract void expired();

    final void start() {
        began = System.nanoTime();
        thread = Thread.currentThread();
        if (state.compareAndSet(State.WAITING, State.RUNNING)) {
            work();
        }
    }

    /** Whether the work was done in time; from then on it is never late. */
    final boolean inTime() {
        return state.compareAndSet(State.RUNNING, State.DONE) || state.get() == State.DONE;
    }

    /** Whether it is late; true once. */
    final boolean late(long now) {
        return thread != null && now - began > mounted.limitNanos() && state.compareAndSet(State.RUNNING, State.LATE);
    }

    /** Interrupts the thread of a task that is late, and tells {@link #expired}. */
    final void interrupt() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
        state.set(State.INTERRUPTED);
        expired();
    }

    /** What the work is, if it goes on although it was interrupted. */
    final Optional<StuckCall> stuck(long now) {
        Thread running = thread;
        if (running == null || state.get() != State.INTERRUPTED) {
            return Optional.empty();
        }
        String at = Mishap.line(mounted.logic().code(), running.getStackTrace());
        return Optional.of(new StuckCall(mounted.application(), what(), Duration.ofNanos(now - began), at));
    }

    /** Says once in the log that the work goes on, this long after it was interrupted. On the clock's thread. */
    final void tell(long now, long afterNanos) {
        if (told || now - began < mounted.limitNanos() + afterNanos) {
            return;
        }
        stuck(now).ifPresent(call -> {
            told = true;
            LOG.error(
                    "logic goes on although it was interrupted: application={} what=\"{}\" at={} action=\"mend it and restart the"
                            + " node; until then it keeps a thread, and a core if it loops\"",
                    call.application(),
                    call.what(),
                    call.at());
        });
    }

    /** The thread is free again: whether it was counted as gone. */
    final boolean end() {
        inTime();
        while (state.get() == State.LATE) {
            // The clock is between two of its lines: the interrupt must not hit what the thread does next.
            Thread.onSpinWait();
        }
        boolean gone = state.get() == State.INTERRUPTED;
        if (gone && Thread.interrupted()) {
            LOG.debug("the interrupt came after the work");
        }
        return gone;
    }
}
