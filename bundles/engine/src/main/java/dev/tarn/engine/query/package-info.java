// SPDX-License-Identifier: Apache-2.0
/** The query language: parsed, bound to a table, planned over its indexes, run. Knows the api only; the engine calls it. */
@NullMarked
package dev.tarn.engine.query;

import org.jspecify.annotations.NullMarked;
