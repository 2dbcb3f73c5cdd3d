// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Row;
import org.jspecify.annotations.Nullable;

/** Decides inside the transaction whether a row may become what a draft makes of it. */
public interface Guard {
    /**
     * Looks at the row as it is, before anything else is looked at. Runs on the committer thread as {@link Edit} does.
     *
     * @param before the row, or null
     * @throws dev.tarn.api.data.Failure to refuse the write
     */
    void before(@Nullable Row before);

    /**
     * Looks at what the row is to be. Not asked when it is removed.
     *
     * @return the body to store
     * @throws dev.tarn.api.data.Failure to refuse the write
     */
    Body after(@Nullable Row before, Body after);
}
