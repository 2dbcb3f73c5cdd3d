// SPDX-License-Identifier: Apache-2.0
/** The Felix Web Console on the administration's listener, and pages of our own. */
@NullMarked
package dev.tarn.console;

import org.jspecify.annotations.NullMarked;
