// SPDX-License-Identifier: Apache-2.0
/** Tables, indexes and the commit log in one Xodus environment. See FORMAT.md for what is on disk. */
@NullMarked
package dev.tarn.store;

import org.jspecify.annotations.NullMarked;
