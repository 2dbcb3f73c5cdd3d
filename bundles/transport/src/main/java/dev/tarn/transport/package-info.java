// SPDX-License-Identifier: Apache-2.0
/** The protocol SPI: what a bundle implements to bring a wire protocol, and what it is given. Netty types allowed. */
@Export
@Version("1.1.0")
@NullMarked
package dev.tarn.transport;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
