// SPDX-License-Identifier: Apache-2.0
/** Who somebody is, and what he may do. */
@NullMarked
package dev.tarn.security;

import org.jspecify.annotations.NullMarked;
