// SPDX-License-Identifier: Apache-2.0
/** Load drivers that share no code with the server, so that they measure any server alike. */
@NullMarked
package dev.tarn.bench;

import org.jspecify.annotations.NullMarked;
