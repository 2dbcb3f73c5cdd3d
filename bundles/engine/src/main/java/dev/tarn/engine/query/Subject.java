// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The table that is asked.
 *
 * @param reaches whether a row is reachable, and not hidden behind another table
 * @param shown a row as readers get it
 */
public record Subject(Table table, Predicate<Path> reaches, UnaryOperator<Row> shown, Bodies bodies) {}
