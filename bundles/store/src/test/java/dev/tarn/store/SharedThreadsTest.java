// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import jetbrains.exodus.core.execution.DefaultExceptionHandler;
import jetbrains.exodus.core.execution.JobProcessor;
import jetbrains.exodus.core.execution.ThreadJobProcessorPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Xodus's shared threads tell us what fails, and nobody else. */
class SharedThreadsTest {

    @TempDir
    Path directory;

    @Test
    void what_fails_in_them_is_told_here() {
        try (XodusStore store = Stores.open(directory)) {
            assertThat(store.sequence()).isNotNegative();
            assertThat(ThreadJobProcessorPool.getProcessors()).isNotEmpty();
            for (JobProcessor processor : ThreadJobProcessorPool.getProcessors()) {
                assertThat(processor.getExceptionHandler())
                        .as(processor.toString())
                        .isNotNull()
                        .isNotInstanceOf(DefaultExceptionHandler.class);
            }
        }
    }
}
