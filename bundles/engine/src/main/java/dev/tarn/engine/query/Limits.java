// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.time.Duration;

/**
 * What one query may take.
 *
 * @param rows that may be looked at without being returned
 * @param time of a worker; what the client takes to read does not count
 * @param memory bytes of rows and groups that are held for sorting and gathering
 * @param allMemory as memory, of all queries together
 */
public record Limits(long rows, Duration time, long memory, long allMemory) {

    /** As the configuration has it when it says nothing. */
    public static final Limits DEFAULT =
            new Limits(10_000_000, Duration.ofSeconds(30), 16L * 1024 * 1024, 64L * 1024 * 1024);

    public Limits {
        if (rows < 1 || time.isNegative() || time.isZero() || memory < 1_024 || allMemory < memory) {
            throw new IllegalArgumentException("limits of queries make no sense: rows=" + rows + " time=" + time
                    + " memory=" + memory + " allMemory=" + allMemory);
        }
    }
}
