// SPDX-License-Identifier: Apache-2.0
/** Deploys application folders while the node runs. */
@NullMarked
package dev.tarn.applications;

import org.jspecify.annotations.NullMarked;
