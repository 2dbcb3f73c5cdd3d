// SPDX-License-Identifier: Apache-2.0
/** What an application adds besides tables. */
@Export
@Version("1.2.0")
@NullMarked
package dev.tarn.api.application;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
