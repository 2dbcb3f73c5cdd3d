// SPDX-License-Identifier: Apache-2.0
/** Formats of bodies: each is read into a {@link dev.tarn.codec.Sink} and written by one. */
@NullMarked
package dev.tarn.codec;

import org.jspecify.annotations.NullMarked;
