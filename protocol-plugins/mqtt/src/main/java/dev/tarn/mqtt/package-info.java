// SPDX-License-Identifier: Apache-2.0
/** MQTT 3.1, 3.1.1 and 5.0: a publish is a message or a row, a subscription is told of both. */
@NullMarked
package dev.tarn.mqtt;

import org.jspecify.annotations.NullMarked;
