// SPDX-License-Identifier: Apache-2.0
/** Users, credentials and what they may do. */
@Export
@Version("1.0.0")
@NullMarked
package dev.tarn.api.security;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
