// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** The threads on which queries run. Safe on any thread. */
public interface Pool extends Executor {

    /**
     * Runs a task that begins something.
     *
     * @throws RejectedExecutionException when too many wait
     */
    @Override
    void execute(Runnable task);

    /** Runs a task that goes on with something, however many wait. */
    void read(Runnable task);

    /** Whether the caller is on one of these threads. */
    boolean here();
}
