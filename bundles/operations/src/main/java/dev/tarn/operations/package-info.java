// SPDX-License-Identifier: Apache-2.0
/** The administration's listener: health, metrics, management verbs. */
@NullMarked
package dev.tarn.operations;

import org.jspecify.annotations.NullMarked;
