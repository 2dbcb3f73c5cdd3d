// SPDX-License-Identifier: Apache-2.0
/** A bundle that the tests add to the image. */
@NullMarked
package dev.tarn.itest.probe;

import org.jspecify.annotations.NullMarked;
