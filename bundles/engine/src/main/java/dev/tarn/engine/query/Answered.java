// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Row;
import org.jspecify.annotations.Nullable;

/**
 * One row of the answer.
 *
 * @param row as it is returned
 * @param place where it is in the order, for a cursor; null where there is none
 */
record Answered(Row row, Sorting.@Nullable Place place) {}
