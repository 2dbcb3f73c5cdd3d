// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

/**
 * A value as it is written in a query, decoded.
 *
 * @param strict no {@code null}, no {@code number:} and the like: the text itself, as the property's type
 * @param position where it begins in the query, for messages
 */
record Literal(String text, boolean strict, int position) {}
