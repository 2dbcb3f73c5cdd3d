// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Row;
import dev.tarn.api.store.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * Rows that may match, one after the other. It holds where it is and nothing else, so that it can go on under another
 * snapshot. For one thread at a time.
 */
interface Source {

    /** Goes on under this snapshot where it was when it was closed. */
    void open(Snapshot snapshot);

    /** The next row, or null at the end. Between open and close. */
    @Nullable
    Row next();

    void close();
}
