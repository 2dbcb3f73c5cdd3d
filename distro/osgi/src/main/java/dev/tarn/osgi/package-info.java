// SPDX-License-Identifier: Apache-2.0
/** Tests that run inside the framework. */
@NullMarked
package dev.tarn.osgi;

import org.jspecify.annotations.NullMarked;
