// SPDX-License-Identifier: Apache-2.0
/** The one door for every protocol: reads, writes, subscriptions, and the tables behind it. */
@Export
@Version("1.0.0")
@NullMarked
package dev.tarn.api.resource;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
