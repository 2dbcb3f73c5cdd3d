// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.List;

/**
 * Changes that took effect together.
 *
 * @param sequence that of the last change; 0 when nothing was logged
 * @param timestamp when, in milliseconds since 1970
 */
public record Commit(long sequence, long timestamp, List<Change> changes) {
    public Commit {
        changes = List.copyOf(changes);
    }
}
