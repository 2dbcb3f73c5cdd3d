// SPDX-License-Identifier: Apache-2.0
/** Management verbs. */
@Export
@Version("1.0.0")
@NullMarked
package dev.tarn.api.operation;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
