// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;

/** What a write expects of a row that it does not itself change; refused with PRECONDITION when it does not hold. */
public record Condition(Table table, Path path, Expectation expectation) {}
