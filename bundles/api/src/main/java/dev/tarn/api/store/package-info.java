// SPDX-License-Identifier: Apache-2.0
/** Durable storage: one writer, snapshots, and the commit log. */
@Export
@Version("1.0.0")
@NullMarked
package dev.tarn.api.store;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
