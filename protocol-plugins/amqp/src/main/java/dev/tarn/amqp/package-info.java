// SPDX-License-Identifier: Apache-2.0
/** AMQP 1.0: links are paths, messages are changes. */
@NullMarked
package dev.tarn.amqp;

import org.jspecify.annotations.NullMarked;
