// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

/**
 * Rows that are looked for with the query language.
 *
 * @param resource the path of the resource itself, as in {@link Query}
 * @param prefix only rows whose id begins with it; empty for all
 * @param text the query as it stands in a URL after the question mark, still percent-encoded; empty for all rows
 * @param count whether it is to be told how many rows match in all
 */
public record Search(String resource, String prefix, String text, boolean count) {}
