// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import org.jspecify.annotations.Nullable;

/**
 * Logic and where it answers.
 *
 * @param export the first segment of its paths; for a table its export, which the table gets where it has none itself
 * @param table the table's qualified name; null for a resource without one
 */
public record Mount(String export, @Nullable String table, Logic logic) {}
