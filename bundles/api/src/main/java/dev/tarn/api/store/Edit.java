// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Row;
import org.jspecify.annotations.Nullable;

/** Makes a row's next body from its present one. */
@FunctionalInterface
public interface Edit {
    /**
     * Runs on the committer thread: it must not block, and may run again when a batch is retried.
     *
     * @param row the row as it is in this transaction, or null
     * @return null to leave everything as it is, as if there were no such draft
     * @throws dev.tarn.api.data.Failure to refuse the write, which alone then fails
     */
    @Nullable
    Body apply(@Nullable Row row);
}
