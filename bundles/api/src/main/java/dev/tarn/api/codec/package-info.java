// SPDX-License-Identifier: Apache-2.0
/** Formats of bodies. */
@Export
@Version("1.0.0")
@NullMarked
package dev.tarn.api.codec;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
