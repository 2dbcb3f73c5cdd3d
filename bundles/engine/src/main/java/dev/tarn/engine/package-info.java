// SPDX-License-Identifier: Apache-2.0
/** The one door: resolves paths, checks access, runs writes and reads, keeps subscriptions. */
@NullMarked
package dev.tarn.engine;

import org.jspecify.annotations.NullMarked;
