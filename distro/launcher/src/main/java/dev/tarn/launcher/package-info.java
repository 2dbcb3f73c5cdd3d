// SPDX-License-Identifier: Apache-2.0
/** Starts the framework with what the image holds and the configuration says, and watches it until it is ready. */
@NullMarked
package dev.tarn.launcher;

import org.jspecify.annotations.NullMarked;
