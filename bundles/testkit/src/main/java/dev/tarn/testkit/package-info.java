// SPDX-License-Identifier: Apache-2.0
/** For tests only: a whole node in plain Java, small wire clients that share no code with the server, packet corpora. */
@Export
@Version("1.0.0")
@NullMarked
package dev.tarn.testkit;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
