// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Path;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a resource.
 *
 * @param resource the path of the resource itself: one segment, or any path of the root table
 * @param prefix only rows whose id begins with it; empty for all
 * @param after only rows after this one in key order; null from the start
 * @param offset how many rows to pass over first
 * @param limit at most so many rows; {@link Long#MAX_VALUE} for all
 */
public record Query(
        String resource, String prefix, @Nullable Path after, long offset, long limit) {
    public static Query all(String resource) {
        return new Query(resource, "", null, 0, Long.MAX_VALUE);
    }
}
