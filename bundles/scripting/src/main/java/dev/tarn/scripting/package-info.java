// SPDX-License-Identifier: Apache-2.0
/** Runs the scripts of applications in GraalJS. */
@NullMarked
package dev.tarn.scripting;

import org.jspecify.annotations.NullMarked;
