// SPDX-License-Identifier: Apache-2.0
/** Live rows as Server-Sent Events. */
@NullMarked
package dev.tarn.sse;

import org.jspecify.annotations.NullMarked;
