// SPDX-License-Identifier: Apache-2.0
/** Paths, bodies, rows and changes: what every protocol reads and writes. */
@Export
@Version("1.0.0")
@NullMarked
package dev.tarn.api.data;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
