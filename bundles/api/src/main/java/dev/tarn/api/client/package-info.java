// SPDX-License-Identifier: Apache-2.0
/** What clients do, told to whoever registers for it. */
@Export
@Version("1.0.0")
@NullMarked
package dev.tarn.api.client;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
