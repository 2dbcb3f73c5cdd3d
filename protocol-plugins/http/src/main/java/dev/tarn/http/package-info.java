// SPDX-License-Identifier: Apache-2.0
/** Rows and static files over HTTP. */
@NullMarked
package dev.tarn.http;

import org.jspecify.annotations.NullMarked;
