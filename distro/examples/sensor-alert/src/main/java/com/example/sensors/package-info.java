// SPDX-License-Identifier: Apache-2.0
/** Sensors, and an alert where one is too hot. */
@NullMarked
package com.example.sensors;

import org.jspecify.annotations.NullMarked;
