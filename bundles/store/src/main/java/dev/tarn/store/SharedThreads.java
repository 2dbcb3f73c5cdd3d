// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import jetbrains.exodus.core.execution.JobProcessor;
import jetbrains.exodus.core.execution.JobProcessorExceptionHandler;
import jetbrains.exodus.core.execution.ThreadJobProcessorPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that all environments of Xodus share and that nothing ends, such as its timer, which ticks each second. Once no store is open they
 * have nothing to do, and what they then fail with concerns nobody: in a framework that stops, the classes that a first tick needs
 * may be out of reach.
 */
final class SharedThreads {

    private static final Logger LOG = LoggerFactory.getLogger(SharedThreads.class);

    private static final JobProcessorExceptionHandler FAILED = (processor, job, failure) -> {
        if (DirectoryLock.held()) {
            LOG.error("a background job of Xodus failed thread=\"{}\"", processor, failure);
        } else {
            LOG.debug("a background job of Xodus failed after its end thread=\"{}\"", processor, failure);
        }
    };

    private SharedThreads() {}

    /** Hears of the failures of those that there are. */
    static void watch() {
        for (JobProcessor processor : ThreadJobProcessorPool.getProcessors()) {
            processor.setExceptionHandler(FAILED);
        }
    }
}
